package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// noise is how much a ratio may be above the committed one before it is marked.
const noise = 1.15

// baseline has committed ratios by group and codec.
type baseline map[string]ratios

// readBaseline takes them from a report, as result.table writes it.
func readBaseline(report io.Reader) (baseline, error) {
	all := baseline{}
	group := ""
	lines := bufio.NewScanner(report)
	for lines.Scan() {
		line := lines.Text()
		if heading, ok := strings.CutPrefix(line, "### "); ok {
			group = heading
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) < 10 {
			continue
		}
		codec := strings.TrimSpace(cells[1])
		hand, err1 := strconv.ParseFloat(strings.TrimSpace(cells[7]), 64)
		hamba, err2 := strconv.ParseFloat(strings.TrimSpace(cells[8]), 64)
		if err1 == nil && err2 == nil {
			all[group+"/"+codec] = ratios{hand, hamba}
		}
	}
	return all, lines.Err()
}

// worse tells how much slower a codec of ours has become against hand or hamba,
// whichever is more; it is empty within the noise, and for codecs of others.
func (b baseline) worse(r *result, codec string) string {
	was, known := b[r.group+"/"+codec]
	if !known || !strings.HasPrefix(codec, "ours") {
		return ""
	}
	is := r.ratios(codec)
	by := 0.0
	if was.hand > 0 {
		by = is.hand / was.hand
	}
	if was.hamba > 0 {
		by = max(by, is.hamba/was.hamba)
	}
	if by <= noise {
		return ""
	}
	return fmt.Sprintf("WORSE %.2fx", by)
}
