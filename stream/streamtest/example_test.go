package streamtest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/stream"
	"github.com/schemactl/schemactl/stream/streamtest"
)

// What an application publishes inside its transactions, seen on the topic.
func Example() {
	t := newT() // in a test: its *testing.T
	defer t.end()
	env := streamtest.New(t)
	db := openDatabase(t, env)

	err := db.Transaction(func(tx *gorm.DB) error {
		return outbox.Publish(tx, &events.PaymentReceived{PaymentID: 7, ReceivedAt: time.Unix(1, 0)})
	})
	fmt.Println("committed:", err)

	streamtest.NonePublished[events.PaymentReceived](env) // it waits in the outbox
	env.Relay(db)
	for _, m := range streamtest.Published[events.PaymentReceived](env, 1) {
		fmt.Printf("payment %d on topic %s, key %s\n", m.Event.PaymentID, m.Topic, m.Key)
	}
	// Output:
	// committed: <nil>
	// payment 7 on topic payments, key 7
}

// A broker that loses acknowledgements: the producer sends again, and each event is
// there once.
func ExampleEnv_LoseAcks() {
	t := newT()
	defer t.end()
	env := streamtest.New(t)
	payments, err := stream.NewProducer[events.PaymentReceived](t.Context(), env.NewClient(), env.Registry())
	if err != nil {
		t.Fatal(err)
	}

	fault := env.LoseAcks("payments", 2)
	err = payments.Produce(t.Context(), &events.PaymentReceived{PaymentID: 7, ReceivedAt: time.Unix(1, 0)})
	fmt.Printf("produced: %v, after %d lost acknowledgements\n", err, fault.Hits())
	fmt.Println("on the topic:", len(streamtest.Published[events.PaymentReceived](env, 1)))
	// Output:
	// produced: <nil>, after 2 lost acknowledgements
	// on the topic: 1
}

func openDatabase(t testing.TB, env *streamtest.Env) *gorm.DB {
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) })
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	ob, err := outbox.New(t.Context(), env.Registry(), []codec.Event{(*events.PaymentReceived)(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(ob); err != nil {
		t.Fatal(err)
	}
	return db
}

// exampleT stands for a *testing.T, which an example does not have.
type exampleT struct {
	testing.TB
	dir      string
	cleanups []func()
}

func newT() *exampleT {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	return &exampleT{dir: dir, cleanups: []func(){func() { _ = os.RemoveAll(dir) }}}
}

func (t *exampleT) Helper()                         {}
func (t *exampleT) Context() context.Context        { return context.Background() }
func (t *exampleT) TempDir() string                 { return t.dir }
func (t *exampleT) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) Fatal(args ...any)               { panic(fmt.Sprint(args...)) }
func (t *exampleT) Fatalf(text string, args ...any) { panic(fmt.Sprintf(text, args...)) }

func (t *exampleT) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
