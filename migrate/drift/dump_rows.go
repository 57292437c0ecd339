package drift

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// versionRows are the statements that record the migrations that are applied,
// as if they had been applied when the snapshot is loaded.
func (s *Schema) versionRows(ctx context.Context, db *gorm.DB) ([]string, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	in := &inspector{ctx: ctx, db: pool, out: s}
	var out []string
	for _, source := range s.Sources {
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
			values[i] = "(" + r[0] + ", " + map[bool]string{true: "true", false: "1"}[s.Dialect == "postgres"] + ")"
		}
		if len(values) > 0 {
			out = append(out, "INSERT INTO "+table+" (version_id, is_applied) VALUES\n    "+strings.Join(values, ",\n    "))
		}
	}
	if !s.hasTable(historyTable) {
		return out, nil
	}
	history, err := in.historyRows()
	if err != nil || history == "" {
		return out, err
	}
	return append(out, history), nil
}

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
	values := make([]string, len(rows))
	for i, r := range rows {
		values[i] = fmt.Sprintf("(%s, %s, 'up', 'applied', %s, %s, %s, 'snapshot', %s, '', %s, %s, %s, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '')",
			in.text(r[0]), r[1], in.text(r[2]), in.text(r[3]), in.text(r[4]), in.text(r[5]), r[6], r[7], r[7])
	}
	if len(values) == 0 {
		return "", nil
	}
	return "INSERT INTO " + historyTable + " (source, version, direction, state, file, checksum, prefix_checksum, application, module_version, host,\n" +
		"    statements, statements_started, statements_done, duration_us, started_at, updated_at, message) VALUES\n    " +
		strings.Join(values, ",\n    "), nil
}

// text writes a literal; MySQL takes a backslash for more than itself.
func (in *inspector) text(s string) string {
	if in.out.Dialect == "mysql" {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return literal(s)
}
