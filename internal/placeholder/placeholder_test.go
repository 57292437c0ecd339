package placeholder

import "testing"

func TestNumbered(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"": "", "SELECT 'é'": "SELECT 'é'", "?": "$1", "a = ?::bytea AND b IN (?,?)": "a = $1::bytea AND b IN ($2,$3)",
		"?,?,?,?,?,?,?,?,?,?": "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10",
	} {
		if got := Numbered(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
