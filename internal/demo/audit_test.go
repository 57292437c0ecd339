package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counts are what a case expects of the report.
type counts struct {
	Published, Delivered, Lost, Duplicated, Redelivered, OutOfOrder, Unexplained int64
}

func record(id, key string, sequence int64) entry {
	return entry{eventID: id, topic: "messages", key: key, sequence: sequence, change: change{messageCreated, int64(key[0] - '0'), sequence}}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	both := map[change]bool{{messageCreated, 1, 1}: true, {messageCreated, 1, 2}: true}
	tests := []struct {
		name    string
		implied map[change]bool
		effects map[string]int64
		log     topicLog
		want    counts
	}{
		{"all is well", both, map[string]int64{"a": 1, "b": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2)}, counts{Published: 2, Delivered: 2}},
		{"a change without a record", both, map[string]int64{"a": 1},
			topicLog{record("a", "1", 1)}, counts{Published: 1, Delivered: 1, Lost: 1}},
		{"a record without an effect", both, map[string]int64{"a": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2)}, counts{Published: 2, Delivered: 1, Lost: 1}},
		{"an effect twice", both, map[string]int64{"a": 1, "b": 3},
			topicLog{record("a", "1", 1), record("b", "1", 2)}, counts{Published: 2, Delivered: 2, Duplicated: 2}},
		{"a record twice", both, map[string]int64{"a": 1, "b": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2), record("a", "1", 1), record("b", "1", 2)}, counts{Published: 2, Delivered: 2, Redelivered: 2}},
		{"a change as two events", both, map[string]int64{"a": 1, "b": 1, "c": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2), record("c", "1", 2)}, counts{Published: 3, Delivered: 3, Duplicated: 1}},
		{"first occurrences out of order", both, map[string]int64{"a": 1, "b": 1},
			topicLog{record("b", "1", 2), record("a", "1", 1)}, counts{Published: 2, Delivered: 2, OutOfOrder: 1}},
		{"a repeat behind a later change is in order", both, map[string]int64{"a": 1, "b": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2), record("a", "1", 1)}, counts{Published: 2, Delivered: 2, Redelivered: 1}},
		{"another key has its own order", map[change]bool{{messageCreated, 1, 2}: true, {messageCreated, 2, 1}: true}, map[string]int64{"a": 1, "b": 1},
			topicLog{record("a", "1", 2), record("b", "2", 1)}, counts{Published: 2, Delivered: 2}},
		{"a record that no row implies", map[change]bool{{messageCreated, 1, 1}: true}, map[string]int64{"a": 1, "b": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2)}, counts{Published: 2, Delivered: 2, Unexplained: 1}},
		{"an effect of no record", both, map[string]int64{"a": 1, "b": 1, "x": 1},
			topicLog{record("a", "1", 1), record("b", "1", 2)}, counts{Published: 2, Delivered: 2, Unexplained: 1}},
		{"a header that lies", both, map[string]int64{"a": 1, "b": 1},
			topicLog{record("a", "1", 1), {eventID: "b", topic: "messages", key: "1", sequence: 9, change: change{messageCreated, 1, 2}}},
			counts{Published: 2, Delivered: 2, Unexplained: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r Report
			tt.log.order(&r)
			events := tt.log.events(&r)
			compareRecords(&r, tt.implied, events)
			compareEffects(&r, tt.effects, events)
			got := counts{r.Published, r.Delivered, r.Lost, r.Duplicated, r.Redelivered, r.OutOfOrder, r.Unexplained}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			bad := got.Lost + got.Duplicated + got.OutOfOrder + got.Unexplained
			if (bad > 0) != (len(r.Findings) > 0) {
				t.Errorf("findings %v for %+v", r.Findings, got)
			}
			if r.Kills = 1; (bad > 0) != (len(r.Problems()) > 0) {
				t.Errorf("problems %v for %+v", r.Problems(), got)
			}
		})
	}
}

func TestRedeliveryNeedsAKill(t *testing.T) {
	t.Parallel()
	r := Report{Redelivered: 3}
	if len(r.Problems()) != 1 {
		t.Errorf("without a kill: %v", r.Problems())
	}
	if r.Kills = 1; len(r.Problems()) != 0 {
		t.Errorf("with a kill: %v", r.Problems())
	}
	if r.Redelivered = perKill + 1; len(r.Problems()) != 1 {
		t.Errorf("more than a kill explains: %v", r.Problems())
	}
	if r = (Report{Stalled: true}); len(r.Problems()) != 1 {
		t.Errorf("a stalled run: %v", r.Problems())
	}
	r = Report{Migrations: []MigrationLine{{Times: 2}}}
	if len(r.Problems()) != 1 {
		t.Errorf("a migration that ran twice: %v", r.Problems())
	}
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		cfg  Config
		ok   bool
	}{
		{"fine", Config{Events: 10_000}, true},
		{"fault", Config{Events: 100, Fault: FaultDropRecord}, true},
		{"too few", Config{Events: 99}, false},
		{"too many", Config{Events: MaxEvents + 1}, false},
		{"unknown fault", Config{Events: 100, Fault: "x"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.cfg.Validate(); (err == nil) != tt.ok {
				t.Errorf("Validate: %v", err)
			}
		})
	}
}
