package testenv_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"first", "second"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) {
				db, err := database.Open(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := database.Close(db); err != nil {
						t.Error(err)
					}
				})
				tables, err := db.WithContext(t.Context()).Migrator().GetTables()
				if err != nil {
					t.Fatal(err)
				}
				if len(tables) != 0 {
					t.Errorf("tables in a new database: %v", tables)
				}
				if err := db.WithContext(t.Context()).Exec("CREATE TABLE same_name (id bigint primary key)").Error; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestMariaDBKeepsEveryCharacter(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.Context(), testenv.MariaDB(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) })
	const want = "żółw 🐢"
	tx := db.WithContext(t.Context())
	if err := tx.Exec("CREATE TABLE words (word varchar(50))").Error; err != nil {
		t.Fatal(err)
	}
	if err := tx.Exec("INSERT INTO words VALUES (?)", want).Error; err != nil {
		t.Fatal(err)
	}
	var got string
	if err := tx.Raw("SELECT word FROM words").Scan(&got).Error; err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBrokers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		brokers func(testing.TB) []string
	}{{"kafka", testenv.Kafka}, {"kfake", testenv.KFake}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			topic := testenv.TopicPrefix(t) + "orders"
			client, err := kgo.NewClient(kgo.SeedBrokers(tt.brokers(t)...), kgo.ConsumeTopics(topic),
				kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMinAge(250*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			if err := client.ProduceSync(t.Context(), kgo.StringRecord("x")).FirstErr(); err == nil {
				t.Error("a record without a topic was taken")
			}
			if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 2, 1, nil, topic); err != nil {
				t.Fatal(err)
			}
			record := &kgo.Record{Topic: topic, Value: []byte("hello")}
			if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
				t.Fatal(err)
			}
			fetches := client.PollFetches(t.Context())
			if err := fetches.Err(); err != nil {
				t.Fatal(err)
			}
			if got := string(fetches.Records()[0].Value); got != "hello" {
				t.Errorf("read %q, want what was written", got)
			}
		})
	}
}

func TestTopicPrefixesDiffer(t *testing.T) {
	t.Parallel()
	a, b := testenv.TopicPrefix(t), testenv.TopicPrefix(t)
	if a == b || !strings.HasSuffix(a, ".") {
		t.Errorf("prefixes %q and %q", a, b)
	}
}
