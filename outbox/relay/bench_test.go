package relay_test

import (
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
)

// BenchmarkRelay drains a full table into the broker in process: read, produce,
// acknowledge, delete.
func BenchmarkRelay(b *testing.B) {
	const rows = 20_000
	for name, url := range map[string]func(testing.TB) string{"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		b.Run(name, func(b *testing.B) {
			db := open(b, url(b), "")
			cl := client(b, testenv.KFake(b))
			createTopic(b, cl, "changes")
			total := 0
			for b.Loop() {
				b.StopTimer()
				for key := range int64(10) {
					publish(b, db, changes(key, 1, rows/10)...)
				}
				b.StartTimer()
				r, stop := running(b, db, cl, quiet)
				until(b, "all are relayed", func() bool { return r.Stats().Relayed == rows })
				b.StopTimer()
				stop()
				b.StartTimer()
				total += rows
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "rows/s")
			if n := waiting(b, db); n != 0 {
				b.Fatalf("%d rows are left", n)
			}
		})
	}
}
