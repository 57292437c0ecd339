package drift

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Bounds on the rows that a snapshot takes along: they are reference data, which
// somebody wrote into migrations.
const (
	maxDataRows  = 50_000
	maxDataBytes = 32 << 20
	// Rows go in statements of at most this many, or of this many bytes, which
	// every server's limit on one message allows.
	batchRows  = 500
	batchBytes = 1 << 20
)

// dataRows are the statements that put the rows of all tables where they are,
// each table's by its primary key, and counters and sequences where they stand.
// It is for a database in which only migrations have worked.
func (in *inspector) dataRows() ([]string, error) {
	var out []string
	if err := in.exactTexts(); err != nil {
		return nil, err
	}
	rows, bytes := 0, 0
	for _, t := range in.out.of(KindTable, "") {
		if strings.HasPrefix(t.Name, versionTable) || t.Name == historyTable {
			continue
		}
		lines, err := in.tableRows(t, maxDataRows-rows)
		if err != nil {
			return nil, err
		}
		rows += len(lines)
		for batch := range batches(lines) {
			text := in.insertInto(t.Name) + strings.Join(batch, ",\n    ")
			bytes += len(text)
			out = append(out, text)
		}
		if bytes > maxDataBytes {
			return nil, fmt.Errorf("dump: migrations leave rows of more than %d MB, the last of them in table %s: "+
				"that is too much for a snapshot; use --schema-only and bring the rows another way", maxDataBytes>>20, t.Name)
		}
	}
	counters, err := in.counters()
	if err != nil {
		return nil, err
	}
	if len(out) > 0 && in.out.Dialect == "mysql" {
		// An id of 0 is one, times are UTC, and every date may be.
		out = slices.Concat([]string{"SET @sql_mode_before = @@sql_mode, @time_zone_before = @@time_zone, sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"},
			out, []string{"SET sql_mode = @sql_mode_before, time_zone = @time_zone_before"})
	}
	if len(out) > 0 && in.out.Dialect == "sqlite" {
		out = slices.Insert(out, 0, "PRAGMA defer_foreign_keys = 1")
	}
	return append(out, counters...), nil
}

// exactTexts makes the session write values without loss.
func (in *inspector) exactTexts() error {
	set := map[string]string{
		"postgres": "SELECT set_config('datestyle', 'ISO', false), set_config('intervalstyle', 'postgres', false), set_config('bytea_output', 'hex', false), " +
			"set_config('extra_float_digits', '3', false), set_config('row_security', 'off', false), set_config('timezone', 'UTC', false)",
		"mysql":  "SET time_zone = '+00:00'",
		"sqlite": "SELECT 1",
	}[in.out.Dialect]
	_, err := in.all(set)
	return err
}

// batches cuts a list of rows.
func batches(lines []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for len(lines) > 0 {
			n, size := 0, 0
			for n < len(lines) && n < batchRows && (n == 0 || size+len(lines[n]) <= batchBytes) {
				size += len(lines[n])
				n++
			}
			if !yield(lines[:n]) {
				return
			}
			lines = lines[n:]
		}
	}
}

// stored are the columns of a table that hold values of their own.
func (s *Schema) stored(table string) []*Object {
	return slices.DeleteFunc(s.of(KindColumn, table), func(c *Object) bool {
		attributes := c.value("attributes")
		return c.value("generated") != "" || strings.Contains(attributes, "GENERATED") || strings.HasPrefix(attributes, "AS (")
	})
}

func (in *inspector) insertInto(table string) string {
	var names []string
	overriding := ""
	for _, c := range in.out.stored(table) {
		names = append(names, quote(in.out.Dialect, c.Name))
		if strings.HasPrefix(c.value("auto-increment"), "GENERATED ALWAYS") {
			overriding = " OVERRIDING SYSTEM VALUE"
		}
	}
	return "INSERT INTO " + quote(in.out.Dialect, table) + " (" + strings.Join(names, ", ") + ")" + overriding + " VALUES\n    "
}

// tableRows are the rows of a table as SQL, at most limit.
func (in *inspector) tableRows(t *Object, limit int) ([]string, error) {
	columns := in.out.stored(t.Name)
	from := " FROM " + quote(in.out.Dialect, t.Name)
	if len(columns) == 0 || t.value("kind") == "virtual" {
		some, err := in.all("SELECT 1" + from + " LIMIT 1")
		if err == nil && len(some) > 0 {
			err = fmt.Errorf("dump: migrations leave rows in table %s, which is virtual or has no column that can be written: "+
				"a snapshot cannot hold them; use --schema-only", t.Name)
		}
		return nil, err
	}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = in.valueText(c)
	}
	query := fmt.Sprintf("SELECT %s%s ORDER BY %s LIMIT %d", strings.Join(texts, ", "), from, in.rowOrder(t.Name, columns), limit+1)
	var lines []string
	err := in.each(query, nil, func(row []string) error {
		lines = append(lines, "("+strings.Join(row, ", ")+")")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the rows of table %s: %w", t.Name, err)
	}
	if len(lines) > limit {
		return nil, fmt.Errorf("dump: migrations leave more than %d rows, the last of them in table %s: "+
			"that is too much for a snapshot; use --schema-only and bring the rows another way", maxDataRows, t.Name)
	}
	return lines, nil
}

// keyPrefix is the length of a part of a key of MySQL.
var keyPrefix = regexp.MustCompile(`\(\d+\)`)

// rowOrder is by primary key, or by all columns where there is none.
func (in *inspector) rowOrder(table string, columns []*Object) string {
	if key := in.out.find(identity{KindPrimaryKey, table, ""}); key != nil {
		_, list, _ := strings.Cut(key.value("definition"), "(")
		switch in.out.Dialect {
		case "postgres":
			list, _, _ = strings.Cut(list, ") INCLUDE")
			return strings.TrimSuffix(list, ")")
		case "mysql":
			list = keyPrefix.ReplaceAllString(list, "")
			return list[:strings.LastIndex(list, ")")]
		}
		names := strings.Split(strings.TrimSuffix(list, ")"), ", ") // written without quotes there
		for i := range names {
			names[i] = liteQuote(names[i])
		}
		return strings.Join(names, ", ")
	}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = in.valueText(c)
	}
	return strings.Join(texts, ", ")
}

var binaryType = regexp.MustCompile(`^(tiny|medium|long)?blob|^(var)?binary|^(multi)?(point|linestring|polygon)|^geom|^vector`)

// valueText is an expression whose text is the value as a literal of SQL, exact
// for every type.
func (in *inspector) valueText(c *Object) string {
	name, kind := quote(in.out.Dialect, c.Name), c.value("type")
	switch in.out.Dialect {
	case "postgres": // the type's own text, in which it reads itself
		return "coalesce(quote_literal(" + name + "::text), 'NULL')"
	case "sqlite": // quote ends at a zero byte
		return "CASE WHEN typeof(" + name + ") = 'text' AND instr(" + name + ", char(0)) THEN 'CAST(' || quote(CAST(" + name +
			" AS BLOB)) || ' AS TEXT)' ELSE quote(" + name + ") END"
	}
	switch {
	case binaryType.MatchString(kind):
		return "CASE WHEN " + name + " IS NULL THEN 'NULL' ELSE CONCAT('X''', HEX(" + name + "), '''') END"
	case strings.HasPrefix(kind, "bit"):
		return "COALESCE(CAST(" + name + " + 0 AS CHAR), 'NULL')"
	case strings.HasPrefix(kind, "float"): // whose own text has six digits
		return "QUOTE(" + name + " + 0e0)"
	}
	return "QUOTE(" + name + ")"
}
