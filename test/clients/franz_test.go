package clients_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

// franz is the registry client of franz-go, with the codec that belongs to it.
type franz struct{}

func (f franz) ask(t *testing.T, q request) (json.RawMessage, error) {
	does := map[string]func(context.Context, *sr.Client, request) (any, error){
		"calls": f.calls, "secured": f.secured, "produce": f.produce, "consume": f.consume,
	}
	cl, err := f.client(q.Server)
	if err != nil {
		return nil, err
	}
	answer, err := does[q.Do](t.Context(), cl, q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

func (franz) client(a address) (*sr.Client, error) {
	opts := []sr.ClientOpt{sr.URLs(a.URL)}
	if a.User != "" {
		opts = append(opts, sr.BasicAuth(a.User, a.Password))
	}
	if a.CA != "" {
		pem, err := os.ReadFile(a.CA)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("no certificate in %s", a.CA)
		}
		opts = append(opts, sr.DialTLSConfig(&tls.Config{RootCAs: pool}))
	}
	return sr.NewClient(opts...)
}

// refusal is the client's own error: its status and its code.
func refusal(err error) (any, error) {
	e, ok := errors.AsType[*sr.ResponseError](err)
	if !ok {
		return nil, fmt.Errorf("it was not refused: %w", err)
	}
	return []int{e.StatusCode, e.ErrorCode}, nil
}

// answers collects what calls get, until the first error.
type answers struct {
	got got
	err error
}

func (a *answers) put(name string, value any, err error) {
	if err != nil {
		a.err = errors.Join(a.err, fmt.Errorf("%s: %w", name, err))
		return
	}
	a.got[name] = value
}

func (a *answers) putRefusal(name string, err error) {
	value, err := refusal(err)
	a.put(name, value, err)
}

func (franz) calls(ctx context.Context, cl *sr.Client, q request) (any, error) {
	a := &answers{got: got{}}
	first, second, bad := sr.Schema{Schema: q.Schemas["first"]}, sr.Schema{Schema: q.Schemas["second"]}, sr.Schema{Schema: q.Schemas["bad"]}
	e, err := cl.CreateSchema(ctx, "orders-value", first)
	a.put("register", e.ID, err)
	e, err = cl.CreateSchema(ctx, "orders-value", first)
	a.put("again", e.ID, err)
	e, err = cl.CreateSchema(ctx, "orders-value", second)
	a.put("next", e.ID, err)
	e, err = cl.LookupSchema(ctx, "orders-value", second)
	a.put("lookup", []int{e.ID, e.Version}, err)
	byID, err := cl.SchemaByID(ctx, 1)
	a.put("byID", json.RawMessage(byID.Schema), err)
	e, err = cl.SchemaByVersion(ctx, "orders-value", -1)
	a.put("latest", []int{e.ID, e.Version}, err)
	versions, err := cl.SubjectVersions(ctx, "orders-value")
	a.put("versions", versions, err)
	check, err := cl.CheckCompatibility(ctx, "orders-value", -1, second)
	a.put("compatible", check.Is, err)
	check, err = cl.CheckCompatibility(ctx, "orders-value", -1, bad)
	a.put("incompatible", check.Is, err)
	_, err = cl.CreateSchema(ctx, "orders-value", bad)
	a.putRefusal("refused", err)
	e, err = cl.CreateSchema(ctx, "lines", sr.Schema{
		Schema:     q.Schemas["line"],
		References: []sr.SchemaReference{{Name: "shop.Order", Subject: "orders-value", Version: 2}},
	})
	a.put("line", e.ID, err)
	e, err = cl.SchemaByVersion(ctx, "lines", 1)
	references := [][]any{}
	for _, r := range e.References {
		references = append(references, []any{r.Name, r.Subject, r.Version})
	}
	a.put("references", references, err)
	a.putRefusal("referred", cl.DeleteSchema(ctx, "orders-value", 2, sr.SoftDelete))
	subjects, err := cl.Subjects(ctx)
	a.put("subjects", subjects, err)
	levels(ctx, cl, a, bad)
	deletes(ctx, cl, a)
	_, err = cl.SchemaByVersion(ctx, "lines", -1)
	a.putRefusal("noSubject", err)
	_, err = cl.SchemaByID(ctx, 4711)
	a.putRefusal("noID", err)
	serde, err := franz{}.serde(ctx, cl, "auto-value", q.Schemas["auto"])
	if err != nil {
		return nil, err
	}
	framed, err := serde.Encode(map[string]any{"n": int64(1)})
	if err != nil {
		return nil, err
	}
	a.put("auto", binary.BigEndian.Uint32(framed[1:5]), nil)
	return a.got, a.err
}

func levels(ctx context.Context, cl *sr.Client, a *answers, bad sr.Schema) {
	set := cl.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, "orders-value")
	level := cl.Compatibility(ctx, "orders-value")
	a.put("level", level[0].Level.String(), errors.Join(set[0].Err, level[0].Err))
	e, err := cl.CreateSchema(ctx, "orders-value", bad)
	a.put("atNone", e.ID, err)
	a.putRefusal("noLevel", cl.Compatibility(ctx, "lines")[0].Err)
}

func deletes(ctx context.Context, cl *sr.Client, a *answers) {
	var deleted [][]int
	for _, how := range []sr.DeleteHow{sr.SoftDelete, sr.HardDelete} {
		versions, err := cl.DeleteSubject(ctx, "lines", how)
		deleted = append(deleted, versions)
		a.put("deleted", deleted, err)
	}
}

func (f franz) secured(ctx context.Context, cl *sr.Client, q request) (any, error) {
	a := &answers{got: got{}}
	wrong, reader := q.Server, q.Server
	wrong.Password, reader.User = "wrong", "reader"
	wrongClient, err := f.client(wrong)
	if err != nil {
		return nil, err
	}
	_, err = wrongClient.Subjects(ctx)
	a.putRefusal("wrong", err)
	e, err := cl.CreateSchema(ctx, "orders-value", sr.Schema{Schema: q.Schemas["first"]})
	a.put("register", e.ID, err)
	readClient, err := f.client(reader)
	if err != nil {
		return nil, err
	}
	s, err := readClient.SchemaByID(ctx, 1)
	a.put("read", json.RawMessage(s.Schema), err)
	_, err = readClient.CreateSchema(ctx, "others-value", sr.Schema{Schema: q.Schemas["first"]})
	a.putRefusal("readOnly", err)
	return a.got, a.err
}

// serde registers a schema for map[string]any.
func (franz) serde(ctx context.Context, cl *sr.Client, subject, text string) (*sr.Serde, error) {
	e, err := cl.CreateSchema(ctx, subject, sr.Schema{Schema: text})
	if err != nil {
		return nil, err
	}
	return franzSerde(e.ID, text)
}

func franzSerde(id int, text string) (*sr.Serde, error) {
	schema, err := avro.Parse(text)
	if err != nil {
		return nil, err
	}
	serde := sr.NewSerde()
	serde.Register(id, map[string]any{},
		sr.AppendEncodeFn(func(dst []byte, v any) ([]byte, error) { return schema.AppendEncode(dst, v) }),
		sr.DecodeFn(func(b []byte, v any) error {
			_, err := schema.Decode(b, v)
			return err
		}))
	return serde, nil
}

func (f franz) produce(ctx context.Context, cl *sr.Client, q request) (any, error) {
	serde, err := f.serde(ctx, cl, q.Topic+"-value", q.Schema)
	if err != nil {
		return nil, err
	}
	kafka, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(q.Brokers, ",")...))
	if err != nil {
		return nil, err
	}
	defer kafka.Close()
	for _, e := range q.Events {
		value, err := serde.Encode(e.asMap())
		if err != nil {
			return nil, err
		}
		r := &kgo.Record{Topic: q.Topic, Key: []byte(strconv.FormatInt(e.MessageID, 10)), Value: value}
		if err := kafka.ProduceSync(ctx, r).FirstErr(); err != nil {
			return nil, err
		}
	}
	return got{}, nil
}

// consume asks for the schema of each id, as sr.Serde leaves that to its caller.
func (f franz) consume(ctx context.Context, cl *sr.Client, q request) (any, error) {
	records, err := read(ctx, q)
	if err != nil {
		return nil, err
	}
	events := map[string][]any{}
	for _, r := range records {
		id, _, err := new(sr.ConfluentHeader).DecodeID(r.Value)
		if err != nil {
			return nil, err
		}
		s, err := cl.SchemaByID(ctx, id)
		if err != nil {
			return nil, err
		}
		serde, err := franzSerde(id, s.Schema)
		if err != nil {
			return nil, err
		}
		v := map[string]any{}
		if err := serde.Decode(r.Value, &v); err != nil {
			return nil, err
		}
		events[r.Topic] = append(events[r.Topic], fromMap(v))
	}
	return events, nil
}
