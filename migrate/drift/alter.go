package drift

import (
	"cmp"
	"slices"
	"strings"
)

// alter is the SQL that turns the live object into what the migrations make, or
// "" where that is not certain: what could lose or refuse rows is left to people.
func alter(dialect string, want, live *Object, facts []string) string {
	switch want.Kind {
	case KindIndex:
		return alterIndex(dialect, want, live, facts)
	case KindColumn:
		return alterColumn(dialect, want, facts)
	case KindForeignKey, KindCheck:
		if slices.Equal(facts, []string{"validated"}) && live.value("validated") == "no" {
			return "ALTER TABLE " + pgQuote(want.Table) + " VALIDATE CONSTRAINT " + pgQuote(live.value("name"))
		}
	case KindTable:
		return alterTable(dialect, want, facts)
	case KindView:
		if dialect == "sqlite" {
			return "DROP VIEW " + liteQuote(want.Name) + "; " + want.Create
		}
		return strings.Replace(want.Create, "CREATE ", "CREATE OR REPLACE ", 1)
	case KindSequence:
		if dialect == "postgres" {
			definition := want.value("definition")
			if !strings.HasSuffix(definition, " CYCLE") {
				definition += " NO CYCLE"
			}
			return "ALTER SEQUENCE " + pgQuote(want.Name) + " " + definition
		}
	case KindFunction:
		if dialect == "postgres" {
			return want.Create // CREATE OR REPLACE
		}
		return "DROP " + strings.ToUpper(want.value("type")) + " " + myQuote(want.Name) + "; " + want.Create
	case KindTrigger:
		if slices.Equal(facts, []string{"enabled"}) && want.value("enabled") == "yes" {
			return "ALTER TABLE " + pgQuote(want.Table) + " ENABLE TRIGGER " + pgQuote(want.Name)
		}
		drop := "DROP TRIGGER " + quote(dialect, want.Name)
		if dialect == "postgres" {
			drop += " ON " + pgQuote(want.Table)
		}
		return drop + "; " + want.Create
	default: // what is left is not altered but decided on
	}
	return ""
}

// alterTable knows what is said of a table without touching its rows.
func alterTable(dialect string, want *Object, facts []string) string {
	if dialect != "postgres" {
		return ""
	}
	var parts []string
	for _, name := range facts {
		value := want.value(name)
		switch name {
		case "comment":
			parts = append(parts, "COMMENT ON TABLE "+pgQuote(want.Name)+" IS "+pgText(value)) // '' is none
		case "replica identity":
			parts = append(parts, "ALTER TABLE "+pgQuote(want.Name)+" REPLICA IDENTITY "+cmp.Or(value, "DEFAULT"))
		default:
			return ""
		}
	}
	return strings.Join(parts, "; ")
}

func alterIndex(dialect string, want, live *Object, facts []string) string {
	if want.Create == "" || want.value("constraint") != live.value("constraint") {
		return ""
	}
	drop, create := "DROP INDEX "+quote(dialect, want.Name), want.Create
	switch dialect {
	case "mysql":
		drop += " ON " + myQuote(want.Table)
	case "postgres":
		if want.value("constraint") != "" {
			return ""
		}
		drop = strings.Replace(drop, "INDEX", "INDEX CONCURRENTLY", 1)
		create = strings.Replace(create, "INDEX", "INDEX CONCURRENTLY", 1)
		if slices.Equal(facts, []string{"valid"}) {
			return "REINDEX INDEX CONCURRENTLY " + pgQuote(want.Name)
		}
	}
	return drop + "; " + create
}

func alterColumn(dialect string, want *Object, facts []string) string {
	if slices.Contains(facts, "type") || dialect == "sqlite" {
		return "" // may lose what the new type cannot hold
	}
	if dialect == "mysql" {
		_, definition, _ := strings.Cut(want.Create, " ADD COLUMN ")
		return "ALTER TABLE " + myQuote(want.Table) + " MODIFY COLUMN " + definition
	}
	if slices.Equal(facts, []string{"comment"}) {
		return "COMMENT ON COLUMN " + pgQuote(want.Table) + "." + pgQuote(want.Name) + " IS " + pgText(want.value("comment")) // '' is none
	}
	var parts []string
	column := "ALTER COLUMN " + pgQuote(want.Name)
	for _, name := range facts {
		switch name {
		case "nullable":
			parts = append(parts, column+map[string]string{"yes": " DROP NOT NULL", "no": " SET NOT NULL"}[want.value(name)])
		case "default":
			part := column + " DROP DEFAULT"
			if value := want.value(name); value != "" {
				part = column + " SET DEFAULT " + value
			}
			parts = append(parts, part)
		default:
			return ""
		}
	}
	return "ALTER TABLE " + pgQuote(want.Table) + " " + strings.Join(parts, ", ")
}
