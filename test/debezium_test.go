package test_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// A parcel has any bytes for a key, or none, and no sequence.
type parcel struct {
	Key  []byte
	Note string
}

var parcelSchema = codec.NewSchema("test.Parcel", `{"type":"record","name":"Parcel","namespace":"test","fields":[{"name":"note","type":"string"}]}`, codec.Fingerprints{})

func (*parcel) AvroSchema() *codec.Schema { return parcelSchema }
func (*parcel) EventTopic() string        { return "parcels" }
func (p *parcel) EventKey() []byte        { return p.Key }

func (p *parcel) AppendAvro(dst []byte) ([]byte, error) {
	return codec.AppendString(dst, p.Note), nil
}

// Schema ids that show in the frames.
var debeziumIDs = schemaIDs{"messages-value": 0x01020304, "parcels-value": 7}

type schemaIDs map[string]uint32

func (m schemaIDs) ID(_ context.Context, subject string, _ *codec.Schema) (uint32, error) {
	if id, ok := m[subject]; ok {
		return id, nil
	}
	return 0, fmt.Errorf("no subject %s", subject)
}

// Debezium's outbox event router, with the options of docs/outbox.md, makes of the
// rows of outbox_events the records that consumers expect: those that waited when
// it came, and those of later transactions.
func TestDebeziumReadsTheOutbox(t *testing.T) {
	t.Parallel()
	java, classes, err := server.Debezium(t.Context())
	if _, lacking := errors.AsType[*server.MissingError](err); lacking && os.Getenv(testenv.RequireVariable) != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	takeTurn(t)
	s := testenv.Own(t, server.Postgres) // a slot would keep dead rows on a server that others measure
	o := newDebeziumOutbox(t, s.Value)
	execute(t, o.db, debeziumDoc(t, "sql"))

	// The first row's place in the table is free again for the third, so that the
	// table's order is not that of the ids.
	o.publish(t, delivered(1, 0))
	o.publish(t, delivered(1, 1))
	execute(t, o.db, "DELETE FROM outbox_events WHERE sequence = 0")
	execute(t, o.db, "VACUUM outbox_events")
	o.publish(t, delivered(1, 2))
	same(t, o.db, "SELECT sequence FROM outbox_events ORDER BY ctid", "2", "1")
	o.want(t, delivered(1, 1), delivered(1, 2))

	d := startDebezium(t, java, classes, s.Value)
	d.until(t, 2)

	o.publish(t, delivered(1, 3), &parcel{Note: "without a key"}, &parcel{Key: []byte{0, 0xff, '\n'}, Note: "Žofie 🚚"})
	o.want(t, delivered(1, 3), &parcel{Note: "without a key"}, &parcel{Key: []byte{0, 0xff, '\n'}, Note: "Žofie 🚚"})
	o.rollBack(t, delivered(1, 100))
	o.publishAround(t, delivered(1, 101), delivered(1, 4), delivered(1, 5))
	o.want(t, delivered(1, 4), delivered(1, 5))
	o.interleave(t)
	execute(t, o.db, "DELETE FROM outbox_events")
	o.publish(t, &parcel{Key: []byte("last")})
	o.want(t, &parcel{Key: []byte("last")})

	d.until(t, o.wanted)
	if diff := cmp.Diff(o.records, d.records); diff != "" {
		t.Errorf("records by topic and key (-want +got):\n%s", diff)
	}
}

func delivered(id, version int64) *events.MessageDelivered {
	return &events.MessageDelivered{
		MessageID: id, Version: version, PaymentID: 300, DeliveredAt: time.UnixMicro(1_790_000_000_123_456 + version).UTC(),
		Recipient: events.AccountRef{AccountID: 7, DisplayName: "Žofie 🚚"},
	}
}

// debeziumRecord is what reaches a topic, by the headers' names. A header without a
// value is not in it.
type debeziumRecord struct {
	Value   []byte
	Headers map[string]string
}

// debeziumRecords are in order for each topic and key.
type debeziumRecords map[[2]string][]debeziumRecord

// debeziumOutbox is a database with an outbox, and the records that are to come.
type debeziumOutbox struct {
	db      *gorm.DB
	records debeziumRecords
	wanted  int
}

func newDebeziumOutbox(t *testing.T, url string) *debeziumOutbox {
	t.Helper()
	db := open(t, url)
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	ob, err := outbox.New(t.Context(), debeziumIDs, []codec.Event{(*events.MessageDelivered)(nil), (*parcel)(nil)},
		outbox.WithHeaders(func(context.Context) map[string]string { return map[string]string{"tenant": "žluť"} }))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(ob); err != nil {
		t.Fatal(err)
	}
	return &debeziumOutbox{db: db, records: debeziumRecords{}}
}

// publish publishes events in a transaction.
func (o *debeziumOutbox) publish(t *testing.T, all ...codec.Event) {
	t.Helper()
	if err := o.db.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, all...) }); err != nil {
		t.Fatal(err)
	}
}

var errRollBack = errors.New("roll back")

func (o *debeziumOutbox) rollBack(t *testing.T, e codec.Event) {
	t.Helper()
	err := o.db.Transaction(func(tx *gorm.DB) error { return errors.Join(outbox.Publish(tx, e), errRollBack) })
	if !errors.Is(err, errRollBack) {
		t.Fatal(err)
	}
}

// publishAround publishes before and after a savepoint that is rolled back.
func (o *debeziumOutbox) publishAround(t *testing.T, inside, before, after codec.Event) {
	t.Helper()
	err := o.db.Transaction(func(tx *gorm.DB) error {
		if err := outbox.Publish(tx, before); err != nil {
			return err
		}
		err := tx.Transaction(func(tx *gorm.DB) error { return errors.Join(outbox.Publish(tx, inside), errRollBack) })
		if !errors.Is(err, errRollBack) {
			return err
		}
		return outbox.Publish(tx, after)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// interleave has the transaction that wrote first commit last.
func (o *debeziumOutbox) interleave(t *testing.T) {
	t.Helper()
	err := o.db.Transaction(func(tx *gorm.DB) error {
		if err := outbox.Publish(tx, delivered(1, 6)); err != nil {
			return err
		}
		o.publish(t, delivered(2, 1), delivered(2, 2))
		return outbox.Publish(tx, delivered(1, 7))
	})
	if err != nil {
		t.Fatal(err)
	}
	o.want(t, delivered(1, 6), delivered(1, 7), delivered(2, 1), delivered(2, 2))
}

// want notes what is to come of events whose rows are the last of their keys.
func (o *debeziumOutbox) want(t *testing.T, all ...codec.Event) {
	t.Helper()
	for _, e := range all {
		value, err := e.AppendAvro(codec.AppendFrame(nil, debeziumIDs[e.EventTopic()+"-value"]))
		if err != nil {
			t.Fatal(err)
		}
		var id string
		if err := o.db.Raw("SELECT event_id::text FROM outbox_events WHERE topic = ? AND payload = ?", e.EventTopic(), value).Scan(&id).Error; err != nil {
			t.Fatal(err)
		}
		r := debeziumRecord{Value: value, Headers: map[string]string{
			codec.HeaderID: id, codec.HeaderType: e.AvroSchema().Name(), "headers": `{"tenant": "žluť"}`,
		}}
		if s, ok := e.(codec.Sequenced); ok {
			r.Headers[codec.HeaderSequence] = strconv.FormatInt(s.EventSequence(), 10)
		}
		at := [2]string{e.EventTopic(), string(e.EventKey())}
		o.records[at] = append(o.records[at], r)
		o.wanted++
	}
}

// debezium is a connector that runs, and the records that it has made.
type debezium struct {
	lines   *json.Decoder
	records debeziumRecords
	got     int
}

// startDebezium starts the connector of docs/outbox.md on the database. It is
// stopped when the test ends, and when it hangs.
func startDebezium(t *testing.T, java, classes, database string) *debezium {
	t.Helper()
	options := filepath.Join(t.TempDir(), "outbox.properties")
	if err := os.WriteFile(options, []byte(debeziumOptions(t, database)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	cmd := exec.CommandContext(ctx, java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", classes, filepath.Join("testdata", "Debezium.java"), options)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		_ = in.Close() // it may have ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("Debezium: %v", err)
		}
		if t.Failed() {
			t.Logf("Debezium says:\n%s", said.String())
		}
	})
	return &debezium{lines: json.NewDecoder(out), records: debeziumRecords{}}
}

// debeziumDoc is the block of the language in what docs/outbox.md says of Debezium.
func debeziumDoc(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "docs", "outbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Debezium ")
	if !strings.Contains(section, "Debezium "+server.DebeziumVersion) {
		t.Fatalf("docs/outbox.md does not say that Debezium %s is tested", server.DebeziumVersion)
	}
	_, block, _ := strings.Cut(section, "\n```"+language+"\n")
	block, _, found := strings.Cut(block, "\n```\n")
	if !found {
		t.Fatalf("docs/outbox.md has no block of %s for Debezium", language)
	}
	return block + "\n"
}

// debeziumOptions are those of the document, for this database. The engine has no
// Kafka to keep its place in.
func debeziumOptions(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]string{"database.hostname": u.Hostname(), "database.port": u.Port(), "database.dbname": strings.TrimPrefix(u.Path, "/")}
	var b strings.Builder
	for line := range strings.Lines(debeziumDoc(t, "properties")) {
		name, _, _ := strings.Cut(line, "=")
		if value, ok := place[name]; ok {
			line = name + "=" + value + "\n"
			delete(place, name)
		}
		b.WriteString(line)
	}
	if len(place) > 0 {
		t.Errorf("docs/outbox.md does not say where %v goes", place)
	}
	return b.String() + "name=outbox\noffset.storage=org.apache.kafka.connect.storage.MemoryOffsetBackingStore\n"
}

// until waits for so many records since the start.
func (d *debezium) until(t *testing.T, n int) {
	t.Helper()
	for ; d.got < n; d.got++ {
		var line struct {
			Topic      string
			Partition  *int
			Key, Value []byte
			Headers    []struct {
				Name  string
				Value []byte
			}
		}
		if err := d.lines.Decode(&line); err != nil {
			t.Fatalf("after %d of %d records: %v", d.got, n, err)
		}
		if line.Partition != nil {
			t.Errorf("a record of %s is for partition %d, want its key to choose", line.Topic, *line.Partition)
		}
		if line.Key == nil {
			t.Errorf("a record of %s has no key: the document says that it is empty then", line.Topic)
		}
		r := debeziumRecord{Value: line.Value, Headers: map[string]string{}}
		for _, h := range line.Headers {
			if _, twice := r.Headers[h.Name]; twice {
				t.Errorf("two headers %s", h.Name)
			}
			if h.Value != nil {
				r.Headers[h.Name] = string(h.Value)
			}
		}
		at := [2]string{line.Topic, string(line.Key)}
		d.records[at] = append(d.records[at], r)
	}
}
