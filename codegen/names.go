package codegen

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// initialisms are the words that Go writes in one case.
var initialisms = strings.Fields(`
	ACL AMQP API ASCII AWS BIC CIDR CPU CRC CSS CSV DB DNS EOF ETA FTP GB GUID HMAC
	HTML HTTP HTTPS IBAN ID IMAP IO IP ISBN ISO JSON JWT KYC MAC MIME OS PDF PNG QPS
	QR RAM REST RPC RSA SDK SEPA SHA SLA SMS SMTP SQL SSD SSH SSL SSO TCP TLS TTL UDP
	UI UID URI URL URN USB UTC UTF8 UUID VAT VIN VM VPN XML XSRF XSS YAML ZIP`)

// goName is the exported Go name of an Avro name: words are what underscores,
// dots and case changes part, and initialisms keep one case.
func goName(avro string) string {
	var b strings.Builder
	for _, w := range words(avro) {
		b.WriteString(capitalize(w))
	}
	s := b.String()
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return "X" + s
	}
	return s
}

func capitalize(w string) string {
	upper := strings.ToUpper(w)
	if slices.Contains(initialisms, upper) {
		return upper
	}
	if stem, plural := strings.CutSuffix(upper, "S"); plural && slices.Contains(initialisms, stem) {
		return stem + "s"
	}
	return upper[:1] + w[1:]
}

// words parts an Avro name. A name without small letters, such as IN_PROGRESS,
// is taken as shouting; in others a run of capitals is an abbreviation.
func words(name string) []string {
	shout := name == strings.ToUpper(name)
	var out []string
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' || r == '.' }) {
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

// scope hands out Go names of which no two are equal.
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
