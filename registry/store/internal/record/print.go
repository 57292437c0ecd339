package record

import (
	"maps"
	"slices"
	"strconv"

	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// Key prints a record's key.
func Key(r Record) []byte {
	b := jsonwrite.AppendText([]byte(`{"keytype":`), string(r.Kind))
	switch r.Kind {
	case Schema:
		b = jsonwrite.AppendText(append(b, `,"subject":`...), r.Subject)
		b = strconv.AppendInt(append(b, `,"version":`...), int64(r.Version), 10)
		return append(b, `,"magic":1}`...)
	case Context:
		b = jsonwrite.AppendText(append(b, `,"tenant":"default","context":`...), r.Context)
	case Noop:
	case Config, Mode:
		if r.Subject != "" {
			b = jsonwrite.AppendText(append(b, `,"subject":`...), r.Subject)
		}
	case DeleteSubject, ClearSubject:
		b = jsonwrite.AppendText(append(b, `,"subject":`...), r.Subject)
	}
	return append(b, `,"magic":0}`...)
}

// Value prints a record's value; nil is a tombstone, or a Noop that says nothing.
func Value(r Record) []byte {
	switch {
	case r.Gone:
		return nil
	case r.Printed != nil:
		return r.Printed
	}
	o := jsonwrite.Writer{}
	o.Open()
	switch r.Kind {
	case Schema:
		o.Text("subject", r.Subject)
		o.Number("version", int64(r.Version))
		o.Number("id", int64(r.ID))
		o.Text("schemaType", string(r.Content.Type))
		o.References(r.Content.References)
		o.Metadata("metadata", r.Content.Metadata)
		o.Rules("ruleSet", r.Content.Rules)
		o.Text("schema", r.Content.Text)
		o.Truth("deleted", r.Deleted)
	case Config:
		o.Filled("subject", r.Subject)
		o.Config("compatibilityLevel", r.Settings)
	case Mode:
		o.Filled("subject", r.Subject)
		o.Text("mode", string(r.ModeValue))
	case DeleteSubject:
		o.Text("subject", r.Subject)
		o.Number("version", int64(r.Version))
	case ClearSubject:
		o.Text("subject", r.Subject)
	case Context:
		o.Text("tenant", "default")
		o.Text("context", r.Context)
	case Noop:
		if len(r.LastIDs) == 0 {
			return nil
		}
		o.Member("lastIds")
		o.Open()
		for _, name := range slices.Sorted(maps.Keys(r.LastIDs)) {
			o.Key(name)
			o.B = strconv.AppendUint(o.B, uint64(r.LastIDs[name]), 10)
		}
		o.Close()
	}
	o.Close()
	return o.B
}
