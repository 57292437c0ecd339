// Package placeholder writes the places of a query's arguments as a database wants them.
package placeholder

import "strconv"

// Numbered replaces each ? of a query by $1, $2 and so on, for PostgreSQL. It knows
// nothing of quotes: the query has no other question marks.
func Numbered(query string) string {
	out, n := make([]byte, 0, len(query)+8), 0
	for i := range len(query) {
		if query[i] != '?' {
			out = append(out, query[i])
			continue
		}
		n++
		out = strconv.AppendInt(append(out, '$'), int64(n), 10)
	}
	return string(out)
}
