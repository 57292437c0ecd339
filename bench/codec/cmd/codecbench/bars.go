package main

import (
	"fmt"
	"strings"
)

// bar is what generated code is meant to reach on one shape. A number that is 0
// asks for nothing.
type bar struct {
	codec     string
	most      float64 // times hand-written code
	hamba     float64 // times as fast as hamba
	twmb      float64 // times as fast as twmb
	straight  float64 // times decoding of the same message without resolution
	allocs    int     // at most; -1 asks for nothing
	protobuf  string  // faster than this codec of vtprotobuf
	yardstick float64 // how many times as fast as hamba hand-written code must be to count
}

// bars are those of each group.
var bars = []struct {
	group string
	bars  []bar
}{
	{"small/encode", []bar{{codec: "ours", most: 1.15, hamba: 4.5, protobuf: "vtproto-append", yardstick: 4.6}}},
	{"event/encode", []bar{{codec: "ours", most: 1.15, hamba: 3.5, protobuf: "vtproto-append", yardstick: 3.6}}},
	{"strings/encode", []bar{{codec: "ours", most: 1.15, hamba: 2.3, protobuf: "vtproto-append", yardstick: 2.3}}},
	{"batch/encode", []bar{{codec: "ours", most: 1.15, hamba: 2.7, protobuf: "vtproto-append", yardstick: 2.7}}},
	{"small/decode", []bar{
		{codec: "ours", most: 1.15, hamba: 1.9, allocs: 2},
		{codec: "ours-alias", hamba: 2.6, protobuf: "vtproto-alias", allocs: -1},
	}},
	{"event/decode", []bar{
		{codec: "ours", most: 1.15, hamba: 2.6, allocs: 5},
		{codec: "ours-alias", hamba: 3.2, protobuf: "vtproto-alias", allocs: -1},
	}},
	{"strings/decode", []bar{
		{codec: "ours", most: 1.15, hamba: 1.2, allocs: 3},
		{codec: "ours-alias", hamba: 3.4, protobuf: "vtproto-alias", allocs: -1},
	}},
	{"batch/decode", []bar{
		{codec: "ours", most: 1.15, hamba: 2.5, allocs: 43},
		{codec: "ours-alias", hamba: 3.1, protobuf: "vtproto-alias", allocs: -1},
	}},
	{"evolve/decode", []bar{{codec: "ours", most: 1.15, straight: 1.15, hamba: 1.85, twmb: 2.8, allocs: -1}}},
}

// verdict is one bar beside what was measured.
type verdict struct {
	group, codec, bar, got string
	met                    bool
}

// judge compares a result with the bars of its group.
func judge(r *result) []verdict {
	var all []verdict
	for _, g := range bars {
		if g.group != r.group {
			continue
		}
		for _, b := range g.bars {
			all = append(all, b.judge(r)...)
		}
	}
	return all
}

func (b *bar) judge(r *result) []verdict {
	var all []verdict
	add := func(codec, text, got string, met bool) {
		all = append(all, verdict{r.group, codec, text, got, met})
	}
	atMost := func(text string, limit, got float64) {
		if limit > 0 && got > 0 {
			add(b.codec, fmt.Sprintf("at most %.2f × %s", limit, text), fmt.Sprintf("%.2f", got), got <= limit)
		}
	}
	faster := func(codec, text string, limit, got float64) {
		if limit > 0 && got > 0 {
			add(codec, fmt.Sprintf("at least %.2f times as fast as %s", limit, text), fmt.Sprintf("%.2f", got), got >= limit)
		}
	}
	faster(r.hand, r.hamba, b.yardstick, r.ratio(r.hamba, r.hand))
	if row := r.of(b.codec); row != nil && b.allocs >= 0 {
		add(b.codec, fmt.Sprintf("at most %d allocations", b.allocs), fmt.Sprintf("%.0f", row.allocs), row.allocs <= float64(b.allocs))
	}
	atMost(r.hand, b.most, r.ratio(b.codec, r.hand))
	atMost("ours-written", b.straight, r.ratio(b.codec, "ours-written"))
	atMost("ours-straight", b.straight, r.ratio(b.codec, "ours-straight"))
	faster(b.codec, r.hamba, b.hamba, r.ratio(r.hamba, b.codec))
	faster(b.codec, "twmb", b.twmb, r.ratio("twmb", b.codec))
	if b.protobuf != "" {
		faster(b.codec, b.protobuf, 1, r.ratio(b.protobuf, b.codec))
	}
	return all
}

// verdictTable is a table of verdicts; a bar that is missed stands out.
func verdictTable(all []verdict) string {
	var out strings.Builder
	out.WriteString("| group | codec | bar | measured | |\n| --- | --- | --- | --: | --- |\n")
	for _, v := range all {
		mark := "met"
		if !v.met {
			mark = "**missed**"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", v.group, v.codec, v.bar, v.got, mark)
	}
	return out.String()
}
