package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// querier is a *sql.DB, a *sql.Conn or a *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

const historyTable = "schemactl_history"

// key identifies a migration in a database.
type key struct {
	source  string
	version int64
}

// record is a row of the history.
type record struct {
	id             int64
	key            key
	direction      Direction
	state          string
	file           string
	checksum       string
	prefixChecksum string // of the statements that are done
	application    string
	moduleVersion  string
	host           string
	statements     int
	started        int // statements begun
	done           int // statements known to have taken effect
	// stored is what of these two the run has last written.
	stored    struct{ started, done int }
	duration  time.Duration
	startedAt time.Time
	updatedAt time.Time
	message   string
	// note, if any, is SQL for the message instead: see [run.noteBefore].
	note     string
	noteArgs []any
}

// States of a history row.
const (
	rowApplied = "applied" // the whole file in the row's direction
	rowRunning = "running" // begun and not heard of since
	rowFailed  = "failed"  // stopped, and what is done is known for certain
)

// known reports whether this version writes such rows.
func known(d Direction, state string) bool {
	return (d == DirectionUp || d == DirectionDown) && (state == rowApplied || state == rowRunning || state == rowFailed)
}

// complete reports whether the row's run went through.
func (rec *record) complete() bool { return rec.state == rowApplied }

// versionRow is the newest row of a version in goose's table.
type versionRow struct {
	id      int64
	applied bool
	at      time.Time
}

// state is what the tables say about this migrator's sources.
type state struct {
	missing  []string           // tables that do not exist
	versions map[key]versionRow // the newest row of each version, zero rows too
	history  map[key]*record    // the newest row of each migration
	turns    []turn             // all rows of runs that went through
	here     []string           // on PostgreSQL: those of the tables that are where tables are made
}

// applied reports whether goose's table has the migration as applied: that
// table decides, so that goose's own command can be used as well.
func (s *state) applied(k key) bool { return s.versions[k].applied }

// half is the history row of a run that ended inside the migration's file, if
// the run's direction still makes sense; else nil.
func (s *state) half(k key) *record {
	r := s.history[k]
	if r == nil || r.complete() || s.applied(k) != (r.direction == DirectionDown) {
		return nil
	}
	return r
}

// unrecorded lists the migrations whose newest history row does not say what
// goose's table says: goose has worked on the database.
func (s *state) unrecorded() []key {
	var out []key
	for k, v := range s.versions {
		r := s.history[k]
		recorded := r != nil && r.complete() && r.direction == DirectionUp
		if k.version > 0 && s.half(k) == nil && v.applied != recorded {
			out = append(out, k)
		}
	}
	for k, r := range s.history {
		if _, ok := s.versions[k]; !ok && r.complete() && r.direction == DirectionUp {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b key) int { return s.compareApplied(a, b) })
	return out
}

// compareApplied orders migrations as goose's tables say they were applied.
func (s *state) compareApplied(a, b key) int {
	va, vb := s.versions[a], s.versions[b]
	if c := va.at.Compare(vb.at); c != 0 {
		return c
	}
	if a.source == b.source && va.id != vb.id {
		return int(va.id - vb.id)
	}
	return compareKeys(a, b)
}

func compareKeys(a, b key) int {
	switch {
	case a.version != b.version:
		return int(min(1, max(-1, a.version-b.version)))
	default:
		return strings.Compare(a.source, b.source)
	}
}

// read gets the state in one query, or, when a table is missing, by asking
// first which tables there are. A table that is elsewhere in PostgreSQL's search
// path than where new ones are made counts as missing, as it does for goose. It
// writes nothing.
func (m *Migrator) read(ctx context.Context, q querier) (*state, error) {
	tables := m.tables()
	s, err := m.query(ctx, q, tables)
	if err == nil && (m.name != "postgres" || len(s.here) == len(tables)) {
		return s, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if m.hiddenTables(err) {
		return nil, fmt.Errorf("read migration tables: %w", err)
	}
	if err := m.seesSchema(ctx, q); err != nil {
		return nil, fmt.Errorf("read migration tables: %w", err)
	}
	existing, lerr := m.existing(ctx, q)
	if lerr != nil {
		return nil, fmt.Errorf("read migration tables: %w", lerr)
	}
	var missing []string
	for _, t := range tables {
		if !slices.Contains(existing, t) {
			missing = append(missing, t)
		}
	}
	// None missing may mean that they were made just now: the second answer counts.
	if s, err = m.query(ctx, q, existing); err != nil {
		return nil, fmt.Errorf("read migration tables: %w", err)
	}
	s.missing = missing
	return s, nil
}

// tables are the tables that this migrator reads, the history first.
func (m *Migrator) tables() []string {
	out := []string{historyTable}
	for _, s := range m.sources {
		out = append(out, s.table)
	}
	return out
}

func (m *Migrator) existing(ctx context.Context, q querier) (out []string, err error) {
	rows, err := q.QueryContext(ctx, m.dialect.listTables(m.tables()))
	if err != nil {
		return nil, err
	}
	defer func() { err = firstError(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// query reads the given tables. Names of tables and sources are checked to be
// plain when the migrator is made, so they are printed into the text, which
// keeps it one round trip without a statement to prepare.
func (m *Migrator) query(ctx context.Context, q querier, tables []string) (_ *state, err error) {
	s := &state{versions: map[key]versionRow{}, history: map[key]*record{}}
	if len(tables) == 0 {
		return s, nil
	}
	text := m.stateQuery(tables)
	rows, err := q.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { err = firstError(err, rows.Close()) }()
	for rows.Next() {
		if err := s.scan(rows); err != nil {
			return nil, err
		}
	}
	return s, rows.Err()
}

// packed are the columns of the history that come as one text, each after the
// one before and a separator: drivers take their time for each column of a row.
// The last one may hold anything.
var packed = [...]string{
	"direction", "state", "file", "checksum", "prefix_checksum", "application", "module_version", "host",
	"statements", "statements_started", "statements_done", "duration_us", "message",
}

// separator is in none of the columns but the last: see [clip].
const separator = "\x1f"

func (m *Migrator) stateQuery(tables []string) string {
	var parts []string
	if slices.Contains(tables, historyTable) {
		parts = append(parts, fmt.Sprintf("SELECT source, id, version, %s AS at_us, %s AS packed FROM %s WHERE source IN (%s)",
			m.dialect.micros("updated_at"), m.dialect.join(packed[:]), historyTable, m.sourceList()))
	}
	for _, src := range m.sources {
		if slices.Contains(tables, src.table) {
			parts = append(parts, fmt.Sprintf("SELECT '%s', id, version_id, %s, CASE WHEN %s THEN '%s' ELSE '' END FROM %s",
				src.name, m.dialect.gooseMicros(), m.dialect.isApplied(), rowApplied, src.table))
		}
	}
	if m.name == "postgres" {
		parts = append(parts, "SELECT '', 0, 0, 0, c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "+
			"WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname IN ("+quoteList(tables)+")")
	}
	return strings.Join(parts, " UNION ALL ")
}

func (m *Migrator) sourceList() string {
	names := make([]string, len(m.sources))
	for i, s := range m.sources {
		names[i] = "'" + s.name + "'"
	}
	return strings.Join(names, ", ")
}

// scan reads a row of the history, or of one of goose's tables: those have no
// separator in the text.
func (s *state) scan(rows *sql.Rows) error {
	var r record
	var at int64
	var text string
	if err := rows.Scan(&r.key.source, &r.id, &r.key.version, &at, &text); err != nil {
		return err
	}
	if r.key.source == "" {
		s.here = append(s.here, text)
		return nil
	}
	when := time.UnixMicro(at).UTC()
	if !strings.Contains(text, separator) {
		if old, ok := s.versions[r.key]; !ok || old.id < r.id {
			s.versions[r.key] = versionRow{id: r.id, applied: text == rowApplied, at: when}
		}
		return nil
	}
	r.updatedAt = when
	if f := strings.SplitN(text, separator, 3); len(f) == 3 && f[1] == rowApplied {
		s.turns = append(s.turns, turn{r.key, r.id, Direction(f[0]) == DirectionUp})
	}
	if old, ok := s.history[r.key]; ok && old.id > r.id {
		return nil
	}
	s.history[r.key] = &r
	return r.unpack(text)
}

func (rec *record) unpack(text string) error {
	f := strings.SplitN(text, separator, len(packed))
	if len(f) != len(packed) {
		return fmt.Errorf("row %d of %s cannot be read", rec.id, historyTable)
	}
	if !known(Direction(f[0]), f[1]) {
		return fmt.Errorf("row %d of %s is %s %s, which this version of the module does not know: use the version that wrote it, "+
			"or a newer one", rec.id, historyTable, f[0], f[1])
	}
	rec.direction, rec.state, rec.file, rec.checksum, rec.prefixChecksum = Direction(f[0]), f[1], f[2], f[3], f[4]
	rec.application, rec.moduleVersion, rec.host, rec.message = f[5], f[6], f[7], f[12]
	var micros int
	for i, n := range []*int{&rec.statements, &rec.started, &rec.done, &micros} {
		var err error
		if *n, err = strconv.Atoi(f[8+i]); err != nil {
			return fmt.Errorf("row %d of %s cannot be read: %w", rec.id, historyTable, err)
		}
	}
	rec.duration = time.Duration(micros) * time.Microsecond
	return nil
}

// firstError keeps the error that came first: it is the cause of the others.
func firstError(err, later error) error {
	if err != nil {
		return err
	}
	return later
}
