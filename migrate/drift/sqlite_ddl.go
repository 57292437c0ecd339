package drift

import (
	"slices"
	"strings"
)

// createTable is what SQLite tells only by the statement that made a table.
type createTable struct {
	columns map[string]writtenColumn // by name in small letters
	checks  []string
}

type writtenColumn struct {
	text          string // the whole definition
	autoincrement bool
	collation     string
	generated     string
}

// alter adds the column to a table.
func (w writtenColumn) alter(table string) string {
	if w.text == "" {
		return ""
	}
	return "ALTER TABLE " + liteQuote(table) + " ADD COLUMN " + w.text
}

// token is a piece of a statement: a word, a quoted piece or a sign.
type token struct {
	text       string
	start, end int
}

// is compares with a keyword.
func (t token) is(word string) bool { return strings.EqualFold(t.text, word) }

// name is an identifier without its quotes.
func (t token) name() string {
	if len(t.text) >= 2 && strings.ContainsRune("\"`[", rune(t.text[0])) {
		return t.text[1 : len(t.text)-1]
	}
	return t.text
}

// meaning is a name or keyword in small letters, a string as it is.
func (t token) meaning() string {
	if strings.HasPrefix(t.text, "'") {
		return t.text
	}
	return strings.ToLower(t.name())
}

// tokens splits SQL, without comments and blanks.
func tokens(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		end := i + 1
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case strings.HasPrefix(s[i:], "--"):
			i += lengthTo(s[i:], "\n")
			continue
		case strings.HasPrefix(s[i:], "/*"):
			i += lengthTo(s[i:], "*/")
			continue
		case c == '\'' || c == '"' || c == '`':
			end = i + quotedLength(s[i:], c)
		case c == '[':
			end = i + lengthTo(s[i:], "]")
		case isLetter(c):
			for end < len(s) && isLetter(s[end]) {
				end++
			}
		}
		out = append(out, token{s[i:end], i, end})
		i = end
	}
	return out
}

func isLetter(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func lengthTo(s, stop string) int {
	if at := strings.Index(s, stop); at >= 0 {
		return at + len(stop)
	}
	return len(s)
}

// quotedLength is the length of a quoted piece; a doubled quote stands for one.
func quotedLength(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

// ddlMeaning is a statement in one spelling: blanks, comments, quotes around
// plain names, IF NOT EXISTS and capitals outside strings do not count.
func ddlMeaning(s string) string {
	var words []string
	for _, t := range tokens(s) {
		words = append(words, t.meaning())
	}
	joined := strings.Join(words, " ")
	return strings.Replace(joined, " if not exists ", " ", 1)
}

// parseCreate takes CREATE TABLE apart at the commas of its outer bracket.
func parseCreate(s string) createTable {
	out := createTable{columns: map[string]writtenColumn{}}
	for _, item := range items(tokens(s)) {
		out.checks = append(out.checks, checksOf(item)...)
		if isTableConstraint(item[0]) {
			continue
		}
		out.columns[strings.ToLower(item[0].name())] = readColumn(s, item)
	}
	slices.Sort(out.checks)
	return out
}

// items are the tokens between the commas of the outer bracket.
func items(all []token) [][]token {
	var out [][]token
	depth, first := 0, 0
	for i, t := range all {
		switch t.text {
		case "(":
			if depth++; depth == 1 {
				first = i + 1
			}
		case ")":
			if depth--; depth == 0 {
				if i > first {
					out = append(out, all[first:i])
				}
				return out
			}
		case ",":
			if depth == 1 && i > first {
				out = append(out, all[first:i])
				first = i + 1
			}
		}
	}
	return out
}

func isTableConstraint(t token) bool {
	return slices.ContainsFunc([]string{"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}, t.is)
}

// checksOf finds CHECK (…) in an item.
func checksOf(item []token) []string {
	var out []string
	for i, t := range item {
		if t.is("CHECK") && i+1 < len(item) && item[i+1].text == "(" {
			out = append(out, expression(item[i+1:]))
		}
	}
	return out
}

// expression is the text inside the bracket that a list begins with.
func expression(list []token) string {
	depth := 0
	var words []string
	for _, t := range list {
		if t.text == ")" {
			depth--
		}
		if depth == 0 && len(words) > 0 {
			break
		}
		if depth > 0 {
			words = append(words, t.meaning())
		}
		if t.text == "(" {
			depth++
		}
	}
	return strings.Join(words, " ")
}

func readColumn(s string, item []token) writtenColumn {
	out := writtenColumn{text: squeezeOutsideQuotes(s[item[0].start:item[len(item)-1].end])}
	for i, t := range item {
		switch {
		case t.is("AUTOINCREMENT"):
			out.autoincrement = true
		case t.is("COLLATE") && i+1 < len(item):
			out.collation = strings.ToLower(item[i+1].name())
		case t.is("AS") && i+1 < len(item) && item[i+1].text == "(":
			out.generated = expression(item[i+1:])
		}
	}
	return out
}

// squeezeOutsideQuotes writes a definition on one line.
func squeezeOutsideQuotes(s string) string {
	var b strings.Builder
	end := 0
	for i, t := range tokens(s) {
		if i > 0 && t.start > end {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
		end = t.end
	}
	return b.String()
}
