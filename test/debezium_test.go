package test_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
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

// namedIDs are the ids of schemas by their names.
type namedIDs map[string]uint32

func (m namedIDs) ID(_ context.Context, _ string, s *codec.Schema) (uint32, error) {
	return m[s.Name()], nil
}

var debeziumIDs = namedIDs{"schemactl.events.MessageDelivered": 0x01020304, "test.Parcel": 7}

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
	brokers, prefix := testenv.Kafka(t), testenv.TopicPrefix(t)
	o := newDebeziumOutbox(t, s.Value, prefix)
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

	d := newDebeziumTopics(t, brokers, prefix+new(events.MessageDelivered).EventTopic(), prefix+new(parcel).EventTopic())
	startDebezium(t, java, classes, s.Value, brokers)
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

// debeziumRecord is what reaches a topic, by the headers' names.
type debeziumRecord struct {
	Value   []byte
	Headers map[string]string
}

// debeziumRecords are in order for each topic and key.
type debeziumRecords map[[2]string][]debeziumRecord

// debeziumOutbox is a database with an outbox, and the records that are to come.
type debeziumOutbox struct {
	db      *gorm.DB
	prefix  string // of its topics
	records debeziumRecords
	wanted  int
}

func newDebeziumOutbox(t *testing.T, url, prefix string) *debeziumOutbox {
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
		outbox.WithTopicPrefix(prefix), outbox.WithHeaders(func(context.Context) map[string]string { return map[string]string{"tenant": "žluť"} }))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(ob); err != nil {
		t.Fatal(err)
	}
	return &debeziumOutbox{db: db, prefix: prefix, records: debeziumRecords{}}
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
		value, err := e.AppendAvro(codec.AppendFrame(nil, debeziumIDs[e.AvroSchema().Name()]))
		if err != nil {
			t.Fatal(err)
		}
		var id string
		if err := o.db.Raw("SELECT event_id::text FROM outbox_events WHERE type = ? AND payload = ?", e.AvroSchema().Name(), value).Scan(&id).Error; err != nil {
			t.Fatal(err)
		}
		r := debeziumRecord{Value: value, Headers: map[string]string{
			codec.HeaderID: id, codec.HeaderType: e.AvroSchema().Name(), codec.HeaderSequence: "", "headers": `{"tenant": "žluť"}`,
		}}
		if s, ok := e.(codec.Sequenced); ok {
			r.Headers[codec.HeaderSequence] = strconv.FormatInt(s.EventSequence(), 10)
		}
		at := [2]string{o.prefix + e.EventTopic(), string(e.EventKey())}
		o.records[at] = append(o.records[at], r)
		o.wanted++
	}
}

// startDebezium starts a worker of Kafka Connect with the connector of
// docs/outbox.md. It is killed when the test ends: nobody needs what it knows.
func startDebezium(t *testing.T, java, classes, database string, brokers []string) {
	t.Helper()
	dir := t.TempDir()
	worker, connector := filepath.Join(dir, "worker.properties"), filepath.Join(dir, "connector.properties")
	for file, text := range map[string]string{worker: debeziumWorker(dir, brokers), connector: debeziumOptions(t, database)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", classes, "org.apache.kafka.connect.cli.ConnectStandalone", worker, connector)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("Kafka Connect says:\n%s", said.String())
		}
	})
}

// debeziumWorker are a worker's options. Its own converters are not those that the
// connector asks for.
func debeziumWorker(dir string, brokers []string) string {
	return "bootstrap.servers=" + strings.Join(brokers, ",") + `
listeners=http://127.0.0.1:0
plugin.discovery=service_load
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
offset.storage.file.filename=` + filepath.Join(dir, "offsets") + "\n"
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

// debeziumOptions are the connector's in the document, for this database.
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
	return b.String()
}

// debeziumTopics are what the records come from.
type debeziumTopics struct {
	kafka   *kgo.Client
	records debeziumRecords
	got     int
}

// newDebeziumTopics makes the topics, as the worker finds them.
func newDebeziumTopics(t *testing.T, brokers []string, names ...string) *debeziumTopics {
	t.Helper()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	created, err := kadm.NewClient(kafka).CreateTopics(t.Context(), 3, 1, nil, names...)
	if err == nil {
		err = created.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
	kafka.AddConsumeTopics(names...)
	return &debeziumTopics{kafka: kafka, records: debeziumRecords{}}
}

// until waits for so many records since the start, and demands that there are no
// more.
func (d *debeziumTopics) until(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for d.got < n {
		fetches := d.kafka.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d of %d records: %v", d.got, n, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { d.take(t, r) })
	}
	ends, err := kadm.NewClient(d.kafka).ListEndOffsets(ctx, d.kafka.GetConsumeTopics()...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
	all := int64(0)
	ends.Each(func(o kadm.ListedOffset) { all += o.Offset })
	if all != int64(n) {
		t.Errorf("%d records in the topics, want %d", all, n)
	}
}

func (d *debeziumTopics) take(t *testing.T, r *kgo.Record) {
	t.Helper()
	d.got++
	if r.Key == nil {
		t.Errorf("a record of %s has no key: the document says that it is empty then", r.Topic)
	}
	made := debeziumRecord{Value: r.Value, Headers: map[string]string{}}
	for _, h := range r.Headers {
		if _, twice := made.Headers[h.Key]; twice {
			t.Errorf("two headers %s", h.Key)
		}
		made.Headers[h.Key] = string(h.Value)
	}
	at := [2]string{r.Topic, string(r.Key)}
	d.records[at] = append(d.records[at], made)
}
