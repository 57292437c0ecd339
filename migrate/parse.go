package migrate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"hash"
	"regexp"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// script is what goose would run for one file in one direction.
type script struct {
	statements []string
	// transaction is false for files marked NO TRANSACTION.
	transaction bool
	// controls says that statements of the file begin or end transactions or
	// lock tables; blocks are what runs between two writes to the history.
	controls bool
	blocks   []block
	// checksum is that of the text that was parsed; see [file.checksum].
	checksum string
	// brief says that its statements take no time to speak of.
	brief bool
	// lines are where the statements begin in the file, from 1; 0 is unknown.
	lines []int
	// sums are those of the first 1, 2, … statements, as far as they were asked for.
	sums [][sha256.Size]byte
	sum  hash.Hash
}

// parser reads a source's files through goose itself, so that no file means
// something else here than there: goose "applies" the file to a database that
// only writes down what it is told.
type parser struct {
	lexis    lexis
	tape     *tape
	db       *sql.DB
	provider *goose.Provider
	// noZero says that the database reads a statement up to its first zero byte.
	noZero bool
}

func newParser(s *source) (*parser, error) {
	d, ok := dialectOf(s.dialect)
	if !ok {
		return nil, fmt.Errorf("source %s: dialect %q is none of postgres, mysql, sqlite", s.name, s.dialect)
	}
	t := &tape{}
	db := sql.OpenDB(t)
	copies := make([]*goose.Migration, len(s.goes)) // goose writes to them
	for i, m := range s.goes {
		c := *m
		copies[i] = &c
	}
	provider, err := goose.NewProvider(gooseDialect(s.dialect), db, s.fsys,
		goose.WithDisableVersioning(true),
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(copies...),
		goose.WithLogger(goose.NopLogger()),
	)
	if err != nil {
		_ = db.Close() // nothing was opened
		return nil, fmt.Errorf("source %s: %w", s.name, err)
	}
	return &parser{lexis: d.lexis(), tape: t, db: db, provider: provider, noZero: s.dialect == "sqlite"}, nil
}

func gooseDialect(dialect string) goose.Dialect {
	switch dialect {
	case "postgres":
		return goose.DialectPostgres
	case "mysql":
		return goose.DialectMySQL
	default:
		return goose.DialectSQLite3
	}
}

// parse reads f, which must not be a Go migration.
func (p *parser) parse(ctx context.Context, f *file, d Direction) (*script, error) {
	p.tape.rewind()
	if _, err := p.provider.ApplyVersion(ctx, f.Version, d == DirectionUp); err != nil {
		return nil, fmt.Errorf("%s: %s", f.Migration, f.unreadable(err))
	}
	s := &script{statements: p.tape.statements, transaction: p.tape.transaction}
	s.controls = slices.ContainsFunc(s.statements, p.lexis.controls)
	var err error
	if s.blocks, err = p.lexis.blocks(s); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Migration, err)
	}
	if p.noZero && slices.ContainsFunc(s.statements, func(text string) bool { return strings.Contains(text, "\x00") }) {
		return nil, fmt.Errorf("%s: a statement has a zero byte in it, and SQLite would run what stands before it and leave out the rest: take it out", f.Migration)
	}
	if slices.ContainsFunc(s.statements, p.lexis.fromClient) {
		return nil, fmt.Errorf("%s: COPY … FROM STDIN waits for data that nobody sends: use INSERT", f.Migration)
	}
	text, err := f.text()
	if err != nil {
		return nil, err
	}
	s.lines, s.checksum = lines(text, s.statements, d), checksum(text)
	s.brief = !slices.ContainsFunc(s.statements, func(text string) bool { return !p.lexis.brief(text) })
	return s, nil
}

// fromClient reports whether a text waits for rows from the client, which is only
// PostgreSQL's COPY … FROM STDIN.
func (l lexis) fromClient(text string) bool {
	return l.dollar && slices.ContainsFunc(l.parts(text), func(p part) bool {
		at := slices.Index(p.words, "FROM")
		return p.word(0) == "COPY" && at > 0 && p.word(at+1) == "STDIN"
	})
}

func (p *parser) close() error { return p.db.Close() }

// unfinished finds what goose repeats of a file, with the variables put in.
var unfinished = regexp.MustCompile(`(unexpected unfinished SQL query: "|unexpected state \d+ on line ").*(": missing semicolon|", see https)`)

var downMark = regexp.MustCompile(`(?im)^--[-\s]*\+goose[-\s]*down`)

// lostMost bounds, in bytes, the search for statements that are not in the text.
const lostMost = 1 << 28

// lines finds where each statement begins in the file's text. A statement whose
// text is not found as it stands (because variables were put in) gets 0.
func lines(text string, statements []string, d Direction) []int {
	from, line, lost := 0, 1, 0
	pass := func(to int) { line, from = line+strings.Count(text[from:to], "\n"), to }
	if at := downMark.FindStringIndex(text); d == DirectionDown && at != nil {
		pass(at[1])
	}
	out := make([]int, len(statements))
	for i, s := range statements {
		if lost > lostMost {
			break
		}
		at := strings.Index(text[from:], s)
		if at < 0 {
			lost += len(text) - from
			continue
		}
		pass(from + at)
		out[i] = line
		pass(from + len(s))
	}
	return out
}

// scripts parses files, each source's through one parser, and lists everything
// that does not parse in one error.
func scripts(ctx context.Context, files []*file, d Direction) (map[*file]*script, error) {
	parsers := map[*source]*parser{}
	defer func() {
		for _, p := range parsers {
			_ = p.close() // holds nothing
		}
	}()
	out := make(map[*file]*script, len(files))
	var problems []string
	for _, f := range files {
		if f.goRun != nil {
			continue
		}
		p, ok := parsers[f.src]
		if !ok {
			var err error
			if p, err = newParser(f.src); err != nil {
				return nil, &SourceError{Problems: []string{err.Error()}}
			}
			parsers[f.src] = p
		}
		s, err := p.parse(ctx, f, d)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			problems = append(problems, oneLine(err))
			continue
		}
		out[f] = s
	}
	if len(problems) > 0 {
		return nil, &SourceError{Problems: problems}
	}
	return out, nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
