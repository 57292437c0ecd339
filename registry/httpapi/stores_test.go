package httpapi_test

import (
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// opener makes an empty store, which ends with the test. It skips the test when
// the server that it needs is not there.
type opener func(t *testing.T) registry.Store

// stores is the one list of stores that the contract is shown on.
func stores() map[string]opener {
	return map[string]opener{
		"memory":   func(*testing.T) registry.Store { return memory.New() },
		"sqlite":   sqlOn(testenv.SQLite),
		"postgres": sqlOn(testenv.Postgres),
		"mariadb":  sqlOn(testenv.MariaDB),
		"kafka":    onKafka,
	}
}

func onKafka(t *testing.T) registry.Store {
	t.Helper()
	s, err := kafkastore.New(t.Context(), testenv.Kafka(t), testenv.TopicPrefix(t)+"schemas", kafkastore.WithReplication(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func sqlOn(newDatabase func(testing.TB) string) opener {
	return func(t *testing.T) registry.Store {
		t.Helper()
		db, err := database.Open(t.Context(), newDatabase(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := database.Close(db); err != nil {
				t.Error(err)
			}
		})
		s, err := sqlstore.New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
}
