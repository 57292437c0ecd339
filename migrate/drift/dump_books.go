package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// bookRows are the statements that record the migrations that are applied, as if
// they had been applied when the snapshot is loaded.
func (in *inspector) bookRows() ([]string, error) {
	var out []string
	for _, source := range in.out.Sources {
		table := versionTable
		if source != "shared" {
			table += "_" + source
		}
		rows, err := in.all(`SELECT t.version_id FROM ` + table + ` t WHERE t.is_applied
			AND t.id = (SELECT MAX(u.id) FROM ` + table + ` u WHERE u.version_id = t.version_id) ORDER BY t.id`)
		if err != nil {
			return nil, fmt.Errorf("read the versions of source %s: %w", source, err)
		}
		values := make([]string, len(rows))
		for i, r := range rows {
			if _, err := strconv.ParseInt(r[0], 10, 64); err != nil {
				return nil, fmt.Errorf("version of source %s: %w", source, err)
			}
			values[i] = "(" + r[0] + ", " + map[bool]string{true: "true", false: "1"}[in.out.Dialect == "postgres"] + ")"
		}
		if len(values) > 0 {
			out = append(out, "INSERT INTO "+table+" (version_id, is_applied) VALUES\n    "+strings.Join(values, ",\n    "))
		}
	}
	if !in.out.hasTable(historyTable) {
		return out, nil
	}
	history, err := in.historyRows()
	if err != nil || history == "" {
		return out, err
	}
	return append(out, history), nil
}

// historyFrom are the rows of the history from what differs among them: texts of
// SQL with that many values would take a database several times as long to read.
var historyFrom = map[string]string{
	"postgres": `SELECT r->>0, (r->>1)::bigint, 'up', 'applied', r->>2, r->>3, r->>4, 'snapshot', r->>5, '', (r->>6)::bigint,
    (r->>7)::bigint, (r->>7)::bigint, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '' FROM jsonb_array_elements(%s) AS r`,
	"sqlite": `SELECT column1, column2, 'up', 'applied', column3, column4, column5, 'snapshot', column6, '', column7,
    column8, column8, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '' FROM (VALUES
%s)`,
	"mysql": `SELECT source, version, 'up', 'applied', file, checksum, prefix, 'snapshot', module, '', statements,
    done, done, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '' FROM JSON_TABLE(%s, '$[*]' COLUMNS (source varchar(255) PATH '$[0]',
    version bigint PATH '$[1]', file varchar(255) PATH '$[2]', checksum varchar(255) PATH '$[3]', prefix varchar(255) PATH '$[4]',
    module varchar(255) PATH '$[5]', statements bigint PATH '$[6]', done bigint PATH '$[7]')) AS r`,
}

// numeric are the columns of the history's query that hold numbers.
func numeric(column int) bool { return column == 1 || column > 5 }

func (in *inspector) historyRows() (string, error) {
	half, err := in.all(`SELECT source, version FROM ` + historyTable + ` WHERE state <> 'applied'`)
	if err != nil {
		return "", err
	}
	if len(half) > 0 {
		return "", errors.New("dump: migration " + half[0][1] + " of source " + half[0][0] + " ended between its statements: finish it first")
	}
	rows, err := in.all(`SELECT h.source, h.version, h.file, h.checksum, h.prefix_checksum, h.module_version, h.statements, h.statements_done
		FROM ` + historyTable + ` h WHERE h.direction = 'up'
		AND h.id = (SELECT MAX(i.id) FROM ` + historyTable + ` i WHERE i.source = h.source AND i.version = h.version) ORDER BY h.id`)
	if err != nil {
		return "", fmt.Errorf("read the history: %w", err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	values, err := in.historyValues(rows)
	if err != nil {
		return "", fmt.Errorf("read the history: %w", err)
	}
	return "INSERT INTO " + historyTable + " (source, version, direction, state, file, checksum, prefix_checksum, application, module_version, host,\n" +
		"    statements, statements_started, statements_done, duration_us, started_at, updated_at, message)\n    " +
		fmt.Sprintf(historyFrom[in.out.Dialect], values), nil
}

// historyValues are a line for each migration: of JSON, on SQLite of SQL.
func (in *inspector) historyValues(rows [][]string) (string, error) {
	lines := make([]string, len(rows))
	for i, r := range rows {
		list, plain := make([]any, len(r)), make([]string, len(r))
		for j, text := range r {
			list[j], plain[j] = text, in.text(text)
			if numeric(j) {
				list[j], plain[j] = json.Number(text), text
			}
		}
		line, err := json.Marshal(list)
		if err != nil {
			return "", err
		}
		lines[i] = string(line)
		if in.out.Dialect == "sqlite" {
			lines[i] = "(" + strings.Join(plain, ", ") + ")"
		}
	}
	text := strings.Join(lines, ",\n")
	if in.out.Dialect == "sqlite" {
		return text, nil
	}
	return in.text("[\n" + text + "\n]"), nil
}

// text writes a literal; MySQL takes a backslash for more than itself.
func (in *inspector) text(s string) string {
	if in.out.Dialect == "mysql" {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return literal(s)
}
