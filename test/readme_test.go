package test_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every Go block of the README compiles, each as a package of an application
// that imports the module.
func TestReadmeCompiles(t *testing.T) {
	t.Parallel()
	m := newOutside(t, "example.com/acme/readme")
	blocks := goBlock.FindAllStringSubmatch(readme(t), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d Go blocks, want one for each use and the main.go of an own module", len(blocks))
	}
	mains := 0
	for i, block := range blocks {
		dir := fmt.Sprintf("block%d", i+1)
		m.write(t, dir+"/block.go", block[1])
		if strings.HasPrefix(block[1], "package main\n") {
			mains++
		}
		for _, line := range regexp.MustCompile(`(?m)^//go:embed (.*)$`).FindAllStringSubmatch(block[1], -1) {
			for folder := range strings.FieldsSeq(line[1]) {
				m.write(t, dir+"/"+folder+"/empty.txt", "so that there is something to embed\n")
			}
		}
	}
	if mains == 0 {
		t.Error("no block is a main.go")
	}
	m.goTool("vet", "./...").ok(t)
}

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// The program in docs/codegen.md does what its comment says.
func TestCodegenDocRuns(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(repository(t), "docs", "codegen.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
		if !strings.HasPrefix(block[1], "package main\n") {
			continue
		}
		m := newOutside(t, "example.com/acme/codegen")
		m.write(t, "main.go", block[1])
		out := m.goTool("run", ".").ok(t).stdout
		_, want, _ := strings.Cut(block[1], "err) // ")
		want, _, _ = strings.Cut(want, "\n")
		if got := strings.TrimSpace(out); got != want || want == "" {
			t.Errorf("it prints %q, want %q", got, want)
		}
		return
	}
	t.Error("there is no program")
}

// The two commands that a stranger runs are there, alone on a line.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	lines := strings.Split(readme(t), "\n")
	for _, command := range []string{"go run ./cmd/schemactl demo", "make test"} {
		if !slices.Contains(lines, command) {
			t.Errorf("the line %q is missing", command)
		}
	}
}
