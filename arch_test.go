package schemactl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/schemactl/schemactl"

// layers says who may import whom inside the module. A path that ends in /...
// stands for a folder and all below it. The longest matching row counts; a
// package without a row is a violation. Test files are free.
//
// It is the table of ARCHITECTURE.md: change both, or neither.
var layers = map[string][]string{
	// The domain.
	"models":       {},
	"migrations":   {},
	"schemas/avro": {},
	"events":       {"codec"},

	// The toolkit, from the bottom.
	"codec":             {},
	"codec/plan":        {"codec", "internal/avrojson"},
	"codec/hambacompat": {"codec"},
	"codegen/...":       {"codec", "codegen/...", "internal/avrojson"},
	"database":          {"internal/direct"},
	"migrate/...":       {"migrate/...", "internal/dblock", "internal/placeholder"},
	"migrate/drift":     {"migrate", "database", "internal/dblock"},

	"registry":              {"codec", "registry/avsc", "registry/compat"},
	"registry/avsc":         {"codec", "internal/avrojson"},
	"registry/compat":       {"codec", "registry/avsc", "internal/avrojson"},
	"registry/store/memory": {"registry", "registry/store/internal/..."},
	"registry/store/sql":    {"registry", "migrate", "database", "registry/store/internal/..."},
	"registry/store/kafka":  {"registry", "registry/avsc", "registry/store/internal/..."},
	// All stores are one state in memory and records that last elsewhere.
	"registry/store/internal/...": {"registry", "registry/internal/jsonwrite", "registry/store/internal/..."},
	"registry/internal/jsonwrite": {"registry"},
	"registry/storetest":          {"registry"},
	"registry/httpapi":            {"codec", "registry", "registry/avsc", "registry/compat", "registry/internal/jsonwrite"},
	"registry/client":             {"codec", "registry", "registry/avsc", "registry/compat", "internal/atomicfile"},
	"registry/tree":               {"codec", "codegen", "registry", "registry/avsc", "registry/compat", "registry/client", "internal/atomicfile"},
	"registry/ui":                 {"codec", "registry", "registry/avsc", "registry/compat"},

	"outbox":         {"codec", "internal/direct", "internal/writelock"},
	"outbox/relay":   {"codec", "outbox", "stream", "database", "internal/dblock", "internal/placeholder", "internal/writelock"},
	"stream/...":     {"codec", "codec/plan", "registry", "registry/client", "stream/..."},
	"eventstore/...": {"codec", "outbox", "eventstore/..."},
	// What tests of applications import, and nothing else does.
	"stream/streamtest": {"codec", "codec/plan", "outbox/relay", "registry", "registry/client", "registry/httpapi", "registry/store/memory", "stream"},

	// The edge.
	"cli/...":       append(toolkit(), "cli/...", "internal/devbroker", "internal/registrybench", "internal/tail"),
	"cmd/schemactl": {"..."},
	"examples/...":  append(toolkit(), "models", "migrations", "schemas/avro", "events", "examples/..."),

	// What two packages need.
	"internal/atomicfile":     {},
	"internal/avrojson":       {},
	"internal/avropairs":      {},
	"internal/dblock":         {},
	"internal/direct":         {},
	"internal/devbroker":      {"internal/dblock", "stream"},
	"internal/placeholder":    {},
	"internal/registrybench":  {},
	"internal/tail":           {"codec", "registry"},
	"internal/writelock":      {},
	"internal/demo/...":       append(toolkit(), "internal/dblock", "models", "migrations", "schemas/avro", "events", "examples/...", "internal/demo/..."),
	"internal/testenv":        {"database", "internal/testenv/server"},
	"internal/testenv/server": {"database"},
	"internal/testenv/run":    {"internal/testenv", "internal/testenv/server"},
}

func toolkit() []string {
	return []string{"codec/...", "codegen/...", "database", "eventstore/...", "migrate/...", "outbox/...", "registry/...", "stream/..."}
}

// outsiders says which packages may import these modules and standard packages
// directly; what is not named here is free. A path stands for all below it.
var outsiders = map[string][]string{
	"github.com/jackc/pgx":            {"database"},
	"github.com/go-sql-driver/mysql":  {"database"},
	"modernc.org/sqlite":              {"database"},
	"gorm.io/driver":                  {"database"},
	"github.com/spf13/cobra":          {"cli/...", "cmd/...", "internal/demo/..."},
	"github.com/spf13/pflag":          {"cli/...", "cmd/...", "internal/demo/..."},
	"github.com/pressly/goose":        {"migrate/..."},
	"github.com/twmb/franz-go":        {"outbox/relay", "stream/...", "registry/store/kafka", "cli/...", "examples/...", "internal/demo/...", "internal/devbroker", "internal/tail", "internal/testenv/..."},
	"net/http":                        {"registry/httpapi", "registry/client", "registry/ui", "stream/streamtest", "internal/registrybench", "cli/...", "examples/...", "internal/demo/..."},
	"testing":                         {"registry/storetest", "stream/streamtest", "internal/testenv"},
	"github.com/glebarez":             {},
	"github.com/mattn/go-sqlite3":     {},
	"github.com/hamba/avro":           {"codec/hambacompat"},
	"github.com/prometheus":           {"cli/..."},
	"github.com/jedib0t/go-pretty":    {"cli/...", "internal/demo/..."},
	"github.com/schollz/progressbar":  {"cli/...", "internal/demo/..."},
	"github.com/rogpeppe/go-internal": {"codegen/..."}, // its diff shows what --check found
	"github.com/google/go-cmp":        {"registry/storetest"},

	// No application links the broker of tests.
	"github.com/twmb/franz-go/pkg/kfake": {"stream/streamtest", "internal/devbroker", "internal/demo/...", "internal/testenv", "examples/internal/embedded"},
}

// slim are packages whose whole list of dependencies is bounded, because every
// application that imports them links it.
var slim = map[string][]string{
	"models": {"github.com/twmb/franz-go", "github.com/spf13", "net/http", "github.com/pressly/goose", "gorm.io/driver", "modernc.org", "github.com/jackc"},
	"events": {"github.com/", "gorm.io", "modernc.org", "net/http", "database/sql"},
	"codec":  {"github.com/", "gorm.io", "modernc.org", "net/http", "database/sql"},
	"stream": {"github.com/twmb/franz-go/pkg/kfake", "github.com/spf13", "github.com/pressly/goose", "gorm.io", "testing"},
	"outbox": {"github.com/twmb/franz-go", "github.com/spf13", "github.com/pressly/goose", "gorm.io/driver", "modernc.org", "github.com/jackc"},
}

// listed is what `go list -json` tells of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	for _, v := range violations(list(t)) {
		t.Error(v)
	}
}

// The check must be able to fail.
func TestArchitectureCheckSeesViolations(t *testing.T) {
	t.Parallel()
	got := violations([]listed{
		{ImportPath: module + "/models", Imports: []string{"time", "gorm.io/gorm", module + "/database"}},
		{ImportPath: module + "/events", Imports: []string{module + "/codec"}, Deps: []string{module + "/codec", "net/http"}},
		{ImportPath: module + "/registry", Imports: []string{module + "/registry/compat", module + "/registry/httpapi"}},
		{ImportPath: module + "/registry/store/sql", Imports: []string{module + "/migrate", "modernc.org/sqlite/lib"}},
		{ImportPath: module + "/outbox", Deps: []string{"github.com/twmb/franz-go/pkg/kgo"}},
		{ImportPath: module + "/migrate/lint", Imports: []string{module + "/migrate", module + "/internal/testenv"}},
		{ImportPath: module + "/cli", Imports: []string{module + "/stream", module + "/models", "github.com/spf13/cobra"}},
		{ImportPath: module + "/cmd/schemactl", Imports: []string{module + "/cli", module + "/models", module + "/internal/demo"}},
		{ImportPath: module + "/util"},
	})
	want := []string{
		"cli imports models, which the table of layers does not allow",
		"events links net/http, which everybody who imports events would link too",
		"migrate/lint imports internal/testenv, which the table of layers does not allow",
		"models imports database, which the table of layers does not allow",
		"outbox links github.com/twmb/franz-go/pkg/kgo, which everybody who imports outbox would link too",
		"registry imports registry/httpapi, which the table of layers does not allow",
		"registry/store/sql imports modernc.org/sqlite/lib, which is for database only",
		"util has no row in the table of layers: add one there and in ARCHITECTURE.md",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// violations compares packages with layers, outsiders and slim, one sorted line
// each.
func violations(packages []listed) []string {
	var found []string
	for _, p := range packages {
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, ok := row(path)
		if !ok {
			found = append(found, path+" has no row in the table of layers: add one there and in ARCHITECTURE.md")
			continue
		}
		for _, imported := range p.Imports {
			if inside, ok := strings.CutPrefix(imported, module+"/"); ok {
				if !matchesAny(inside, allowed) {
					found = append(found, fmt.Sprintf("%s imports %s, which the table of layers does not allow", path, inside))
				}
				continue
			}
			if users, ok := usersOf(imported); ok && !matchesAny(path, users) {
				found = append(found, fmt.Sprintf("%s imports %s, which is for %s only", path, imported, nonEmpty(users)))
			}
		}
		for _, dependency := range p.Deps {
			if below(dependency, slim[path]) && !strings.HasPrefix(dependency, module+"/") {
				found = append(found, fmt.Sprintf("%s links %s, which everybody who imports %s would link too", path, dependency, path))
			}
		}
	}
	slices.Sort(found)
	return found
}

// row is the longest row of layers that matches a package.
func row(path string) ([]string, bool) {
	best, found := "", false
	for pattern := range layers {
		if matches(path, pattern) && (!found || len(pattern) > len(best)) {
			best, found = pattern, true
		}
	}
	return layers[best], found
}

// usersOf says who may import a package from outside, by the longest row; ok is false
// when anybody may.
func usersOf(imported string) (users []string, ok bool) {
	best := ""
	for prefix := range outsiders {
		if below(imported, []string{prefix}) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return outsiders[best], best != ""
}

func matchesAny(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(path, pattern) })
}

func matches(path, pattern string) bool {
	folder, all := strings.CutSuffix(pattern, "...")
	if !all {
		return path == pattern
	}
	folder = strings.TrimSuffix(folder, "/")
	return folder == "" || path == folder || strings.HasPrefix(path, folder+"/")
}

// below tells whether a path is one of the prefixes or lies under one.
func below(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
	})
}

func nonEmpty(users []string) string {
	if len(users) == 0 {
		return "tests"
	}
	return strings.Join(users, ", ")
}

func list(t *testing.T) []listed {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module { // this test's own folder holds no library
			packages = append(packages, p)
		}
	}
	if len(packages) < 5 {
		t.Fatalf("go list names only %d packages", len(packages))
	}
	return packages
}
