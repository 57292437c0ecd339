package migrate

import (
	"strconv"
	"strings"
)

// presence asks the catalogue of MySQL or MariaDB whether a thing is there:
// [absent] if not. Schema and table are compared with values, so that the server
// looks at one table instead of all.
func presence(m mark) (query string, args []any) {
	schema := "DATABASE()"
	if m.schema != "" {
		schema, args = "?", []any{m.schema}
	}
	from := func(view, condition string) string {
		return "SELECT COUNT(*) FROM information_schema." + view + " WHERE " + strings.ReplaceAll(condition, "$schema", schema)
	}
	const inTable = "TABLE_SCHEMA = $schema AND TABLE_NAME = ? AND "
	switch m.kind {
	case markTable:
		query = strings.Replace(from("TABLES", "TABLE_SCHEMA = $schema AND TABLE_NAME = ?"), "COUNT(*)",
			"COALESCE(MAX(UNIX_TIMESTAMP(CREATE_TIME)), COUNT(*))", 1)
		return query, append(args, m.name)
	case markColumn:
		query = from("COLUMNS", inTable+"COLUMN_NAME = ?")
	case markIndex: // once, however many columns it has
		query = from("STATISTICS", inTable+"INDEX_NAME = ? AND SEQ_IN_INDEX = 1")
	case markConstraint:
		query = from("TABLE_CONSTRAINTS", inTable+"CONSTRAINT_NAME = ?")
	case markCheck:
		query = from("TABLE_CONSTRAINTS", inTable+"CONSTRAINT_NAME = ? AND CONSTRAINT_TYPE = 'CHECK'")
	case markForeignKey:
		query = from("TABLE_CONSTRAINTS", inTable+"CONSTRAINT_NAME = ? AND CONSTRAINT_TYPE = 'FOREIGN KEY'")
	case markTrigger:
		// Of the table's schema, which is the trigger's, so that others are not read.
		return from("TRIGGERS", "EVENT_OBJECT_SCHEMA = $schema AND TRIGGER_NAME = ?"), append(args, m.name)
	case markProcedure:
		return from("ROUTINES", "ROUTINE_SCHEMA = $schema AND ROUTINE_NAME = ? AND ROUTINE_TYPE = 'PROCEDURE'"), append(args, m.name)
	case markFunction:
		return from("ROUTINES", "ROUTINE_SCHEMA = $schema AND ROUTINE_NAME = ? AND ROUTINE_TYPE = 'FUNCTION'"), append(args, m.name)
	}
	return query, append(args, m.table, m.name)
}

// atomicDDL reports whether a server of this version does data definition as a
// whole or not at all, also when it crashes: MariaDB from 10.6, MySQL from 8.0.
func atomicDDL(version string) bool {
	number := version
	mariadb := strings.Contains(strings.ToLower(version), "mariadb")
	if mariadb {
		number = strings.TrimPrefix(number, "5.5.5-") // some put it before their own
	}
	parts := strings.SplitN(number, ".", 3)
	if len(parts) < 3 {
		return false
	}
	major, err := strconv.Atoi(parts[0])
	minor, merr := strconv.Atoi(parts[1])
	if err != nil || merr != nil {
		return false
	}
	if mariadb {
		return major > 10 || major == 10 && minor >= 6
	}
	return major >= 8
}
