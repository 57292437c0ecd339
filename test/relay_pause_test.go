package test_test

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/schemactl/schemactl/internal/testenv"
)

// The relay that works is stopped, as a virtual machine is that moves, and loses its
// session meanwhile. Another one takes over. When the first goes on it may repeat
// events, but it brings none out of order.
func TestSoakPausedRelays(t *testing.T) {
	t.Parallel()
	for kind, database := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			takeTurn(t)
			db, brokers, admin := published(t, url)
			stop := publishing(t, db)
			relays := map[string]*running{}
			for range 2 {
				r := schemactl(t, "outbox", "relay", "--database-url", url, "--brokers", strings.Join(brokers, ","), "--batch", "50").start(t)
				relays[strconv.Itoa(r.cmd.Process.Pid)] = r
			}
			owner := func() string { // with its session
				found := lines(t, db, "SELECT pid, session FROM schemactl_lock WHERE name = 'relay'")
				if len(found) == 0 {
					return ""
				}
				return found[0]
			}
			records := func() (n int64) {
				ends, err := admin.ListEndOffsets(t.Context(), "accounts")
				if err != nil {
					t.Fatal(err)
				}
				ends.Each(func(o kadm.ListedOffset) { n += o.Offset })
				return n
			}
			for range rounds(5) {
				eventually(t, "one of them works", time.Minute, func() bool {
					pid, _, _ := strings.Cut(owner(), " ")
					return relays[pid] != nil
				})
				was := owner()
				pid, session, _ := strings.Cut(was, " ")
				relays[pid].signal(t, syscall.SIGSTOP)
				if kind == "postgres" {
					execute(t, db, "SELECT pg_terminate_backend("+session+")")
				} else {
					execute(t, db, "KILL "+session)
				}
				eventually(t, "the other one takes over", time.Minute, func() bool {
					now := owner()
					return now != "" && !strings.HasPrefix(now, pid+" ")
				})
				before := records()
				eventually(t, "it brings some", time.Minute, func() bool { return records() > before })
				relays[pid].signal(t, syscall.SIGCONT)
			}
			want := stop()
			eventually(t, "the outbox is empty", time.Minute, func() bool {
				return strings.Join(lines(t, db, "SELECT count(*) FROM outbox_events"), "") == "0"
			})
			for _, r := range relays {
				r.signal(t, syscall.SIGINT)
				<-r.exited
			}
			checkStates(t, brokers, admin, want)
		})
	}
}
