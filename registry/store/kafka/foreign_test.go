package kafkastore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/registry"
)

// version is a record of a version as others write it.
func version(key, subject string, number, id, content int, more string) golden {
	return golden{key, new(fmt.Sprintf(`{"subject":%q,"version":%d,"id":%d,"schema":%q,"deleted":false%s}`, subject, number, id, fixed(content).Text, more))}
}

func usual(subject string) string {
	return fmt.Sprintf(`{"keytype":"SCHEMA","subject":%q,"version":1,"magic":1}`, subject)
}

func old(subject string) string {
	return fmt.Sprintf(`{"subject":%q,"version":1,"magic":1,"keytype":"SCHEMA"}`, subject)
}

// wantAfterCompaction copies what compaction leaves of a topic into another one and
// wants a registry on that to answer the same.
func wantAfterCompaction(t *testing.T, brokers []string, topic string, reg *registry.Registry) {
	t.Helper()
	copied := topic + "." + fmt.Sprint(time.Now().UnixNano())
	createTopic(t, brokers, copied, 1, map[string]string{"cleanup.policy": "compact"})
	write(t, brokers, copied, compacted(ours(t, brokers, topic))...)
	wantAnswers(t, "after a compaction", answers(t, reg), answers(t, newRegistry(t, newStore(t, brokers, copied))))
}

// A change is written in every spelling that a key has on the topic, and in no
// other: what is gone does not come back when the broker compacts by bytes.
func TestSpellings(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		createTopic(t, brokers, topic, 1, map[string]string{"cleanup.policy": "compact"})
		write(t, brokers, topic,
			golden{`{"keytype":"CONFIG","subject":null,"magic":0}`, new(`{"compatibilityLevel":"FULL"}`)},
			golden{`{"subject":"old","magic":0,"keytype":"CONFIG"}`, new(`{"compatibilityLevel":"FULL"}`)},
			version(old("old"), "old", 1, 1, 1, ""),
			version(old("both"), "both", 1, 2, 2, ""),
			version(usual("both"), "both", 1, 2, 2, ""),
			version(old("left"), "left", 1, 3, 3, ""),
			version(usual("left"), "left", 1, 3, 3, ""),
			golden{usual("left"), nil},
			version(`{"keytype":"SCHEMA","subject":"zero","version":1,"magic":0}`, "zero", 1, 4, 4, ""),
		)
		before := len(readTopic(t, brokers, topic))
		reg := newRegistry(t, newStore(t, brokers, topic))
		if err := reg.SetLevel(t.Context(), "", registry.LevelNone); err != nil {
			t.Fatal(err)
		}
		wantAfterCompaction(t, brokers, topic, reg)
		for _, subject := range []string{"old", "both", "zero"} {
			for _, permanent := range []bool{false, true} {
				if _, err := reg.DeleteVersion(t.Context(), registry.DeleteVersionRequest{Subject: subject, Version: 1, Permanent: permanent}); err != nil {
					t.Fatal(err)
				}
			}
			wantAfterCompaction(t, brokers, topic, reg)
		}
		keys := map[string]int{}
		for _, r := range ours(t, brokers, topic)[before:] {
			keys[r.Key]++
		}
		for key, want := range map[string]int{
			`{"keytype":"CONFIG","subject":null,"magic":0}`: 1, `{"keytype":"CONFIG","magic":0}`: 0,
			usual("old"): 0, old("old"): 2, usual("both"): 2, old("both"): 2, usual("left"): 0, old("left"): 1,
			`{"subject":"old","magic":0,"keytype":"CONFIG"}`: 1, `{"keytype":"CONFIG","subject":"old","magic":0}`: 0,
		} {
			if keys[key] != want {
				t.Errorf("%d records of the key %s, want %d", keys[key], key, want)
			}
		}
		if e := register(t, reg, "new", 9); e.ID != 5 {
			t.Errorf("id %d, want 5", e.ID)
		}
	})
}

// The highest id that was ever given outlives the schema that had it, also when
// another registry has said on the topic that there is nothing to say.
func TestLastIDs(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		purge := func(reg *registry.Registry, subject string) {
			t.Helper()
			for _, permanent := range []bool{false, true} {
				if _, err := reg.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: subject, Permanent: permanent}); err != nil {
					t.Fatal(err)
				}
			}
		}
		first := newRegistry(t, newStore(t, brokers, topic))
		register(t, first, "stays", 1)
		register(t, first, "goes", 2)
		register(t, first, ":.eu:goes", 3)
		purge(first, "goes")
		purge(first, ":.eu:goes")
		wantAfterCompaction(t, brokers, topic, first)

		write(t, brokers, topic, golden{`{"keytype":"NOOP","magic":0}`, nil})
		second := newRegistry(t, newStore(t, brokers, topic))
		if err := second.SetLevel(t.Context(), "stays", registry.LevelNone); err != nil {
			t.Fatal(err)
		}
		wantAfterCompaction(t, brokers, topic, second)

		// What others remove for good is kept with the next change of ours.
		e := register(t, second, "theirs", 4)
		write(t, brokers, topic, golden{usual("theirs"), nil})
		third := newRegistry(t, newStore(t, brokers, topic))
		if err := third.SetLevel(t.Context(), "stays", registry.LevelFull); err != nil {
			t.Fatal(err)
		}
		wantAfterCompaction(t, brokers, topic, third)
		if again := register(t, third, "goes", 2); again.ID != e.ID+1 {
			t.Errorf("id %d for a schema that was removed, want %d", again.ID, e.ID+1)
		}
	})
}

// Another registry that writes at the very moment is seen before we commit.
func TestForeignWriter(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		net := newNetwork()
		reg := newRegistry(t, newStore(t, brokers, topic, net.option()))
		register(t, reg, "first", 1)
		for _, key := range []kmsg.Key{kmsg.AddPartitionsToTxn, kmsg.Produce} {
			theirs, err := reg.LastID(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			theirs++
			subject := fmt.Sprintf("theirs-%d", theirs)
			at := net.stopAt(key, false)
			answered := make(chan registry.Entry, 1)
			go func() { answered <- register(t, reg, "mine-"+subject, 100+int(theirs)) }()
			within(t, "the request", at.reached)
			write(t, brokers, topic, version(usual(subject), subject, 1, int(theirs), 200+int(theirs), ""))
			close(at.resume)
			if e := <-answered; e.ID != theirs+1 {
				t.Errorf("id %d beside one of another registry, want %d", e.ID, theirs+1)
			}
			if e, err := reg.Version(t.Context(), subject, 1); err != nil || e.ID != theirs {
				t.Errorf("the other registry's version has id %d, %v", e.ID, err)
			}
		}
		wantSameAnswers(t, reg, newRegistry(t, newStore(t, brokers, topic)))
	})
}

// What cannot be applied is told and left alone; what comes after it is applied.
func TestForeignRecords(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		reg := newRegistry(t, newStore(t, brokers, topic))
		mine := register(t, reg, "mine", 1)
		rewritten := version(usual("shared"), "shared", 1, int(mine.ID), 1, "")
		rewritten.Value = new(strings.Replace(*rewritten.Value, `{\"type\":\"fixed\",\"name\":\"F1\",\"size\":4}`, `{\"name\":\"F1\",\"size\":4,\"type\":\"fixed\"}`, 1))
		write(t, brokers, topic,
			golden{"no JSON", new("{}")},
			golden{usual("broken"), new(`{"subject":`)},
			golden{`{"keytype":"ASSOC","tenant":"default","resourceName":"a","magic":0}`, new(`{"id":"x"}`)},
			golden{`{"keytype":"SCHEMA","subject":"redpanda","version":1,"magic":1,"seq":7,"node":1}`, version("", "redpanda", 1, 7, 7, `,"seq":7`).Value},
			version(usual("clash"), "clash", 1, int(mine.ID), 3, ""),
			rewritten,
			version(usual("last"), "last", 1, 8, 8, `,"ts":1,"offset":3`),
		)
		for giveUp := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, err := reg.Version(t.Context(), "last", 1); err == nil {
				break
			} else if time.Now().After(giveUp) {
				t.Fatal(err)
			}
		}
		names, err := reg.Subjects(t.Context(), registry.SubjectsRequest{})
		if want := []string{"last", "mine", "redpanda", "shared"}; err != nil || !slices.Equal(names, want) {
			t.Errorf("subjects %v, want %v (%v)", names, want, err)
		}
		if e, err := reg.Version(t.Context(), "shared", 1); err != nil || e.Text != mine.Text {
			t.Errorf("a text that is only spelled otherwise is %s, not %s (%v)", e.Text, mine.Text, err)
		}
		wantSameAnswers(t, reg, newRegistry(t, newStore(t, brokers, topic)))
	})
}
