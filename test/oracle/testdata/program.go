// Program oracle speaks the protocol of the other two with generated types.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
)

type question struct {
	Op, Type, Writer string
	Values           [][]byte
}

type answer struct {
	Error  string    `json:"error,omitempty"`
	Schema string    `json:"schema,omitempty"`
	CRC64  string    `json:"crc64,omitempty"`
	MD5    string    `json:"md5,omitempty"`
	SHA256 string    `json:"sha256,omitempty"`
	Names  []string  `json:"names,omitempty"`
	Values []outcome `json:"values,omitempty"`
}

type outcome struct {
	Bytes []byte `json:"bytes"`
	Error string `json:"error,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var q question
		if err := json.Unmarshal(line, &q); err != nil {
			panic(err)
		}
		if err := out.Encode(reply(q)); err != nil {
			panic(err)
		}
	}
}

func reply(q question) answer {
	if q.Op == "names" {
		return answer{Names: slices.Sorted(maps.Keys(types))}
	}
	fresh := types[q.Type]
	if fresh == nil {
		return answer{Error: "no type " + q.Type}
	}
	s := fresh().AvroSchema()
	var o codec.ReadOptions
	switch q.Op {
	case "describe":
		fp := s.Fingerprints()
		return answer{Schema: s.String(), CRC64: fmt.Sprintf("%016x", fp.CRC64), MD5: fmt.Sprintf("%x", fp.MD5), SHA256: fmt.Sprintf("%x", fp.SHA256)}
	case "resolve":
		p, err := plan.Compile(q.Writer, s)
		if err != nil {
			return answer{Error: err.Error()}
		}
		o.Plan = p
	}
	a := answer{Values: []outcome{}}
	used := fresh()
	for i, src := range q.Values {
		out, err := again(fresh, used, src, o, i < 3)
		if err != nil {
			a.Values = append(a.Values, outcome{Error: err.Error()})
			used = fresh()
			continue
		}
		a.Values = append(a.Values, outcome{Bytes: out})
	}
	return a
}

// again decodes in every mode and encodes once.
func again(fresh func() codec.Record, used codec.Record, src []byte, o codec.ReadOptions, cut bool) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("PANIC: %v", r)
		}
	}()
	o.Whole = true
	v := fresh()
	if _, err := v.ReadAvro(src, o); err != nil {
		return nil, err
	}
	if out, err = v.AppendAvro([]byte{}); err != nil {
		return nil, fmt.Errorf("ENCODE: %w", err)
	}
	for _, mode := range []codec.Mode{codec.Alias, codec.Copy} {
		o.Mode = mode
		if err := reads(v, fresh(), src, o); err != nil {
			return nil, fmt.Errorf("MODE %d: %w", mode, err)
		}
	}
	o.Reuse = true
	if err := reads(v, used, src, o); err != nil {
		return nil, fmt.Errorf("REUSE: %w", err)
	}
	if o.Plan == nil {
		w := fresh()
		if rest, err := w.DecodeAvro(append(bytes.Clone(src), 1, 2)); err != nil || len(rest) != 2 || !equal(v, w) {
			return nil, fmt.Errorf("DECODE: %d bytes are left, error %w", len(rest), err)
		}
		w = fresh()
		if err := w.UnmarshalAvro(out); err != nil || !equal(v, w) {
			return nil, fmt.Errorf("BACK: %w", err)
		}
	}
	for n := range len(src) {
		if !cut {
			break
		}
		if _, err := fresh().ReadAvro(src[:n], o); err == nil {
			return nil, fmt.Errorf("CUT: no error for %d bytes of %d", n, len(src))
		}
	}
	return out, nil
}

func reads(want, v codec.Record, src []byte, o codec.ReadOptions) error {
	if _, err := v.ReadAvro(src, o); err != nil {
		return err
	}
	if !equal(want, v) {
		return errors.New("another value")
	}
	return nil
}

// equal asks the generated method, which has a longer name where a field takes
// its own; types without one are compared by ==.
func equal(a, b codec.Record) bool {
	v := reflect.ValueOf(a)
	for i := range v.NumMethod() {
		m := v.Method(i)
		if strings.HasPrefix(v.Type().Method(i).Name, "Equal") && m.Type().NumIn() == 1 {
			return m.Call([]reflect.Value{reflect.ValueOf(b)})[0].Bool()
		}
	}
	return v.Elem().Equal(reflect.ValueOf(b).Elem())
}
