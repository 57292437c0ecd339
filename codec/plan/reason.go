package plan

import (
	"slices"
	"strings"
)

// Bounds of what an error shows.
const (
	maxReasons = 50
	maxPath    = 240
)

// reason is why a place of the schemas does not fit.
type reason struct {
	path string // from the type that was being compiled, such as lines[].amount
	text string
}

// reasons are those of a pair of types; nil means that it fits. Beyond some
// dozens no more are kept.
type reasons []reason

func (rs reasons) add(more reasons) reasons {
	return append(slices.Clip(rs), more[:min(len(more), max(maxReasons-len(rs), 0))]...)
}

// under puts a step in front of every path.
func (rs reasons) under(step string) reasons {
	out := make(reasons, len(rs))
	step = short(step)
	for i, r := range rs {
		out[i] = r
		switch {
		case r.path == "":
			out[i].path = step
		case r.path[0] == '[' || r.path[0] == '{':
			out[i].path = step + r.path
		default:
			out[i].path = step + "." + r.path
		}
		if p := out[i].path; len(p) > maxPath {
			out[i].path = strings.ToValidUTF8(p[:maxPath/2], "") + "…" + strings.ToValidUTF8(p[len(p)-maxPath/2:], "")
		}
	}
	return out
}

func (rs reasons) String() string {
	var b strings.Builder
	for i, r := range rs {
		if i > 0 {
			b.WriteString("; ")
		}
		if r.path != "" {
			b.WriteString(r.path)
			b.WriteString(": ")
		}
		b.WriteString(r.text)
	}
	if len(rs) >= maxReasons {
		b.WriteString("; and perhaps more")
	}
	return b.String()
}
