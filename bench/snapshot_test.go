package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
)

// BenchmarkSnapshot lets a fresh database start by 500 migrations and by their
// snapshot, in turns; x is the time of the first divided by that of the second,
// by the medians and (min) by the best round of each. Both open the database and
// close it again.
func BenchmarkSnapshot(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres", "mariadb"} {
		b.Run(fmt.Sprintf("%s/load-%d", kind, 500), func(b *testing.B) { snapshots(b, servers()[kind], 500) })
	}
}

func snapshots(b *testing.B, database func(testing.TB) string, n int) {
	files := folder(n)
	apply := func(ctx context.Context, db *gorm.DB) (int, error) { return ways()[0].up(ctx, db, files) }
	old := database(b)
	_, _, err := within(b.Context(), old, apply)
	check(b, err)
	var text bytes.Buffer
	source := migrate.NewSource("shared", files)
	_, err = drift.Snapshot(b.Context(), &text, drift.SnapshotRequest{URL: old, Sources: []migrate.Source{source}, Application: "bench"})
	check(b, err)
	load := func(ctx context.Context, db *gorm.DB) (int, error) {
		return 0, drift.Load(ctx, bytes.NewReader(text.Bytes()), db, drift.LoadOptions{Application: "bench"})
	}
	var took [2][]time.Duration
	for i := 0; b.Loop(); i++ {
		for _, way := range []int{i % 2, 1 - i%2} {
			url := database(b)
			_, t, err := within(b.Context(), url, []func(context.Context, *gorm.DB) (int, error){apply, load}[way])
			check(b, err)
			took[way] = append(took[way], t)
			check(b, complete(b.Context(), url, n))
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	ran, loaded := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(float64(ran.Nanoseconds())/1e6, "up-ms")
	b.ReportMetric(float64(loaded.Nanoseconds())/1e6, "load-ms")
	b.ReportMetric(float64(ran)/float64(loaded), "x")
	b.ReportMetric(float64(took[0][0])/float64(took[1][0]), "x(min)")
	b.ReportMetric(0, "ns/op")
}

// complete checks that a database is as after n migrations, rows included.
func complete(ctx context.Context, url string, n int) error {
	known, _, err := within(ctx, url, func(ctx context.Context, db *gorm.DB) (int, error) {
		m, err := ours(db, folder(n))
		if err != nil {
			return 0, err
		}
		pending, err := m.Pending(ctx)
		if err != nil || len(pending) > 0 {
			return 0, fmt.Errorf("%d migrations are pending: %w", len(pending), err)
		}
		var rows int
		for table := range n / 10 {
			var here int
			if err := db.WithContext(ctx).Raw(fmt.Sprintf("SELECT count(*) FROM t%d", table)).Scan(&here).Error; err != nil {
				return 0, err
			}
			rows += here
		}
		return rows, nil
	})
	if err == nil && known != n/10*4 {
		err = fmt.Errorf("%d rows, want %d", known, n/10*4)
	}
	return err
}
