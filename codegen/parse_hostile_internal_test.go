package codegen

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestHostileFiles has files that are small for what they could cost. None may
// take long, nor keep much memory.
func TestHostileFiles(t *testing.T) { //nolint:paralleltest // memory is measured
	if testing.Short() {
		t.Skip("needs seconds")
	}
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.NewReplacer("#-", fmt.Sprint(i-1), "#+", fmt.Sprint(i+1), "#", fmt.Sprint(i)).Replace(format))
		}
		return b.String()
	}
	long := strings.Repeat("x", 1000)
	for _, tc := range []struct{ name, text string }{
		{"numbers", "[" + strings.Repeat("1,", 2_000_000) + "1]"},
		{"deep arrays", typed(strings.Repeat(`{"type":"array","items":`, 400) + `"int"` + strings.Repeat(`}`, 400))},
		{"a chain of records", "[" + repeat(5_000, `{"type":"record","name":"R#","fields":[{"name":"f","type":["null","R#+"]}]}`) + `,{"type":"record","name":"R5000","fields":[]}]`},
		{"a chain of records without end", "[" + repeat(5_000, `{"type":"record","name":"R#","fields":[{"name":"f","type":"R#+"}]}`) + `,{"type":"record","name":"R5000","fields":[{"name":"f","type":"R0"}]}]`},
		{"a chain back", "[" + repeat(5_000, `{"type":"record","name":"R#+","fields":[{"name":"f","type":["R#","null"]}]}`) + `,{"type":"record","name":"R0","fields":[{"name":"f","type":"R5000"}]}]`},
		{"defaults of a chain", "[" + repeat(5_000, `{"type":"record","name":"R#","fields":[{"name":"f","type":"R#+","default":{}}]}`) + `,{"type":"record","name":"R5000","fields":[]}]`},
		{"undefined types", inFields(repeat(50_000, `{"name":"f#","type":"T#"}`))},
		{"one field often", inFields(strings.TrimSuffix(strings.Repeat(`{"name":"f","type":"int"},`, 100_000), ","))},
		{"many fields and aliases", inFields(repeat(40_000, `{"name":"f#","type":"int","aliases":["g#"]}`))},
		{"long names", `[{"type":"fixed","name":"` + long + `","namespace":"n","size":1},{"type":"record","name":"R","namespace":"n","fields":[` + repeat(3_000, `{"name":"f#","type":"`+long+`"}`) + `]}]`},
		{"a wide union", inFields(`{"name":"f","type":["null",` + repeat(40_000, `{"type":"fixed","name":"F#","size":#}`) + `]}`)},
		{"a wide union with defaults", `[` + repeat(200, `{"type":"record","name":"R#","fields":[{"name":"f","type":["null",`+repeat(200, `"R#"`)+`],"default":{"f":{"f":{"f":1}}}}]}`) + `]`},
		{"copies", "[" + strings.TrimSuffix(strings.Repeat(`{"type":"record","name":"R","fields":[{"name":"f","type":["null","R"]}]},`, 50_000), ",") + "]"},
		{"attributes", `[{"type":"record","name":"R","fields":[],` + repeat(100_000, `"a#":#`) + `},{"type":"record","name":"R",` + repeat(100_000, `"a#":#`) + `,"fields":[]}]`},
	} {
		if len(tc.text) > maxFile {
			t.Errorf("%s: %d bytes are not read at all", tc.name, len(tc.text))
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := tree{"a.avsc": tc.text}.parse(t)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%-32s %8d bytes: %6d ms, %5d MiB allocated, %.80v", tc.name, len(tc.text), took.Milliseconds(), allocated, err)
		if took > 20*time.Second || allocated > 2048 {
			t.Errorf("%s: %s, %d MiB", tc.name, took, allocated)
		}
	}
}
