package outbox

import (
	"math/bits"
	"strconv"
	"sync"

	"github.com/schemactl/schemactl/internal/direct"
)

// statements inserts the rows in order by statements of 1, 2, 4, … rows, the largest
// first, so that a connection has few different ones to keep prepared.
func statements(rows []row) []direct.Statement {
	all := make([]direct.Statement, 0, bits.OnesCount(uint(len(rows))))
	for len(rows) > 0 {
		power := bits.Len(uint(len(rows))) - 1
		next := rows[:1<<power]
		rows = rows[len(next):]
		values := make([][]byte, 0, len(next)*insertColumns)
		for i := range next {
			values = next[i].values(values)
		}
		all = append(all, direct.Statement{
			What:    next[0].what(),
			Name:    "schemactl_outbox_" + strconv.Itoa(len(next)),
			Query:   texts()[power],
			Values:  values,
			Formats: formats()[:len(values)],
		})
	}
	return all
}

// values are those of an INSERT: text, but for the key and the payload.
func (r *row) values(dst [][]byte) [][]byte {
	var sequence, headers []byte // NULL
	if n, ok := r.sequence.(int64); ok {
		sequence = strconv.AppendInt(nil, n, 10)
	}
	if text, ok := r.headers.(string); ok {
		headers = []byte(text)
	}
	return append(dst, []byte(r.eventID), []byte(r.typ), sequence, []byte(r.topic), r.key, headers, r.payload)
}

// texts are those of the statements of 1, 2, 4, … maxWaiting rows.
var texts = sync.OnceValue(func() (all []string) {
	d := dialect{numbered: true}
	for n := 1; n <= maxWaiting; n *= 2 {
		query, _ := d.statement(make([]row, n))
		all = append(all, query)
	}
	return all
})

// formats are those of the values of maxWaiting rows: 1 is binary.
var formats = sync.OnceValue(func() (all []int16) {
	for range maxWaiting {
		all = append(all, 0, 0, 0, 0, 1, 0, 1)
	}
	return all
})
