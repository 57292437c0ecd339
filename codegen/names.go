package codegen

import (
	"strconv"
	"strings"
	"unicode"
)

// initialisms are the words that Go writes in one case.
var initialisms = func() map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(`
	ACL AMQP API ASCII AWS BIC CIDR CPU CRC CSS CSV DB DNS EOF ETA FTP GB GUID HMAC
	HTML HTTP HTTPS IBAN ID IMAP IO IP ISBN ISO JSON JWT KYC MAC MIME OS PDF PNG QPS
	QR RAM REST RPC RSA SDK SEPA SHA SLA SMS SMTP SQL SSD SSH SSL SSO TCP TLS TTL UDP
	UI UID URI URL URN USB UTC UTF8 UUID VAT VIN VM VPN XML XSRF XSS YAML ZIP`) {
		out[w] = true
	}
	return out
}()

// goName is the exported Go name of an Avro name: words are what underscores,
// dots and case changes part, and initialisms keep one case. Exported names
// are never keywords, predeclared, or names of packages.
func goName(avro string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(avro, ".") {
		for _, w := range words(part) {
			b.WriteString(capitalize(w))
		}
	}
	s := b.String()
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return "X" + s // Avro allows names of nothing but underscores and digits
	}
	return s
}

func capitalize(w string) string {
	upper := strings.ToUpper(w)
	if initialisms[upper] {
		return upper
	}
	if stem, plural := strings.CutSuffix(upper, "S"); plural && initialisms[stem] {
		return stem + "s"
	}
	return upper[:1] + w[1:]
}

// words parts an Avro name. A name without small letters, such as IN_PROGRESS,
// is taken as shouting; in others a run of capitals is an abbreviation.
func words(name string) []string {
	shout := name == strings.ToUpper(name)
	var out []string
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' }) {
		if shout {
			out = append(out, strings.ToLower(part))
			continue
		}
		out = append(out, splitCase(part)...)
	}
	return out
}

// splitCase parts before a capital that follows a small letter or a digit, and
// before the last capital of a run that a small letter follows: HTTPServer is
// HTTP and Server.
func splitCase(s string) []string {
	var out []string
	start := 0
	r := []rune(s)
	for i := 1; i < len(r); i++ {
		if !unicode.IsUpper(r[i]) {
			continue
		}
		next := i+1 < len(r) && unicode.IsLower(r[i+1])
		if !unicode.IsUpper(r[i-1]) || (next && !pluralTail(r, i)) {
			out = append(out, string(r[start:i]))
			start = i
		}
	}
	return append(out, string(r[start:]))
}

// pluralTail tells the s of userIDs from the start of a word.
func pluralTail(r []rune, i int) bool {
	return i+2 == len(r) && r[i+1] == 's'
}

// scope hands out Go names of which no two are equal. Who asks first gets the
// plain name, so that a name asked for later never changes an earlier one.
type scope map[string]bool

// take gives name, or name with the first of suffixes that makes it unique,
// else with a number.
func (s scope) take(name string, suffixes ...string) string {
	got := name
	for i := 0; s[got]; i++ {
		if i < len(suffixes) {
			got = name + suffixes[i]
			continue
		}
		got = name + strconv.Itoa(i-len(suffixes)+2)
	}
	s[got] = true
	return got
}

// indexFunction is the function that lists the events of a package.
const indexFunction = "AvroEvents"

// methodNames are the methods of a record that keep their names, whatever its
// fields are called. Equal is not among them: it gives way to a field.
func methodNames(n *namedType) scope {
	taken := scope{"AppendAvro": true, "DecodeAvro": true, "UnmarshalAvro": true, "ReadAvro": true, "AvroSchema": true}
	if n.event != nil {
		taken["EventTopic"], taken["EventKey"], taken["EventSequence"] = true, true, true
	}
	return taken
}

// takeFields names the fields of a record, in their order. Names that the
// options choose go first, so that they are not numbered; then a field that is
// added at the end changes the name of none before it.
func (s scope) takeFields(fields []string, chosen func(field string) string) []string {
	methods := make(scope, len(s))
	for name := range s {
		methods[name] = true
	}
	out := make([]string, len(fields))
	for i, f := range fields {
		if name := chosen(f); name != "" {
			out[i] = s.take(name)
		}
	}
	for i, f := range fields {
		if out[i] != "" {
			continue
		}
		name := goName(f)
		if methods[name] {
			name += "Field"
		}
		out[i] = s.take(name)
	}
	return out
}
