package migrate_test

import (
	"testing"
	"time"

	"github.com/schemactl/schemactl/migrate"
)

func TestActivityString(t *testing.T) {
	t.Parallel()
	psql := migrate.Blocker{Session: 812, Application: "psql", State: "idle in transaction", Age: 40*time.Second + 900*time.Millisecond}
	tests := []struct {
		activity migrate.Activity
		want     string
	}{
		{migrate.Activity{}, ""},
		{migrate.Activity{Stage: "copy from"}, "copy from"},
		{migrate.Activity{Stage: "building index: scanning table", Done: 4399, Total: 10000, Unit: migrate.UnitBlocks}, "building index: scanning table, 43 %"},
		{migrate.Activity{Stage: "copy to tmp table", Done: 9, Total: 100, Unit: migrate.UnitPercent, Part: 1, Parts: 2}, "copy to tmp table, part 1 of 2, 9 %"},
		{migrate.Activity{Done: 1 << 62, Total: 1 << 62, Unit: migrate.UnitBytes}, "100 %"},
		{migrate.Activity{Stage: "waiting for old snapshots", Done: 1, Total: 3, Unit: migrate.UnitSessions, Waited: 12 * time.Second, BlockedBy: []migrate.Blocker{psql}},
			"waiting for old snapshots, 1 of 3 sessions, waits 12 s for session 812 (psql, idle in transaction, 40 s)"},
		{migrate.Activity{Waited: time.Second}, "waits 1 s for a lock"},
		{migrate.Activity{Waited: time.Second, BlockedBy: []migrate.Blocker{{Session: 1}, {}, {Session: 2, State: "sleep"}, {Session: 3}, {Session: 4}}},
			"waits 1 s for session 1 and a prepared transaction and session 2 (sleep) and 2 more"},
	}
	for _, tt := range tests {
		diff(t, "text", tt.want, tt.activity.String())
	}
}
