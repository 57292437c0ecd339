package drift

import (
	"fmt"
	"strings"
)

// counters put sequences and the counters of tables where they stand, so that
// the next id is the one that it would be after the migrations.
func (in *inspector) counters() ([]string, error) {
	switch in.out.Dialect {
	case "postgres":
		return in.pgCounters()
	case "sqlite":
		return in.liteCounters()
	}
	return in.myCounters()
}

// myCounters are those of MariaDB's sequences; a table's stands in its CREATE.
func (in *inspector) myCounters() ([]string, error) {
	var out []string
	for _, o := range in.out.of(KindSequence, "") {
		state, err := in.all("SELECT next_not_cached_value, start_value FROM " + myQuote(o.Name))
		if err != nil {
			return nil, fmt.Errorf("read sequence %s: %w", o.Name, err)
		}
		if state[0][0] != state[0][1] {
			out = append(out, "DO SETVAL("+myQuote(o.Name)+", "+state[0][0]+", 0)")
		}
	}
	return out, nil
}

func (in *inspector) pgCounters() ([]string, error) {
	names, err := in.all(`SELECT c.relname, quote_literal(quote_ident(c.relname)), t.relname, q.seqstart FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid
		LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
		LEFT JOIN pg_class t ON t.oid = d.refobjid
		WHERE c.relnamespace = current_schema()::regnamespace` + notOfExtension("c", "pg_class") + `ORDER BY c.relname`)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		if n[2] != "" && (strings.HasPrefix(n[2], versionTable) || strings.HasPrefix(n[2], "schemactl_")) {
			continue
		}
		state, err := in.all("SELECT last_value, is_called FROM " + pgQuote(n[0]))
		if err != nil {
			return nil, fmt.Errorf("read sequence %s: %w", n[0], err)
		}
		if state[0][1] == "true" || state[0][0] != n[3] {
			out = append(out, "SELECT setval("+n[1]+", "+state[0][0]+", "+state[0][1]+")")
		}
	}
	return out, nil
}

// liteCounters writes sqlite_sequence, the counters of AUTOINCREMENT. A table
// that is empty now may have counted.
func (in *inspector) liteCounters() ([]string, error) {
	there, err := in.all(`SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'`)
	if err != nil || len(there) == 0 {
		return nil, err
	}
	rows, err := in.all(`SELECT name, quote(name), seq FROM sqlite_sequence ORDER BY name`)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		if !in.out.hasTable(r[0]) || strings.HasPrefix(r[0], versionTable) || strings.HasPrefix(r[0], "schemactl_") {
			continue
		}
		out = append(out, "DELETE FROM sqlite_sequence WHERE name = "+r[1], "INSERT INTO sqlite_sequence (name, seq) VALUES ("+r[1]+", "+r[2]+")")
	}
	return out, nil
}
