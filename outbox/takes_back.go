package outbox

import "strings"

// takesBack tells a statement that rolls back, to a savepoint or altogether. Comments
// may stand before it, as tools put them there.
func takesBack(query string) bool {
	query = afterComments(query)
	for _, word := range []string{"ROLLBACK", "ABORT"} {
		if len(query) >= len(word) && strings.EqualFold(query[:len(word)], word) {
			return true
		}
	}
	return false
}

// afterComments cuts off blanks and comments, which PostgreSQL nests.
func afterComments(query string) string {
	for {
		query = strings.TrimLeft(query, " \t\r\n\f\v")
		switch {
		case strings.HasPrefix(query, "--"):
			_, query, _ = strings.Cut(query, "\n")
		case strings.HasPrefix(query, "/*"):
			query = afterComment(query)
		default:
			return query
		}
	}
}

func afterComment(query string) string {
	depth := 0
	for i := 0; i+1 < len(query); i++ {
		switch query[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return query[i+1:]
			}
		}
	}
	return ""
}
