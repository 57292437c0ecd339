package httpapi_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"github.com/schemactl/schemactl/registry/httpapi"
)

// source makes requests of a fuzzer's bytes. Zeros come when they are used up.
type source struct{ rest []byte }

func (s *source) byte() byte {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

// raw is a text of up to 255 bytes of any kind.
func (s *source) raw() string {
	n := min(int(s.byte()), len(s.rest))
	text := s.rest[:n]
	s.rest = s.rest[n:]
	return string(text)
}

func (s *source) pick(words []string) string { return words[int(s.byte())%len(words)] }

// request is a request as it is on the wire.
func (s *source) request() []byte {
	patterns := httpapi.Patterns()
	which := int(s.byte())
	method, path, _ := strings.Cut(patterns[which%len(patterns)], " ")
	switch {
	case which == 255: // a head that is all the fuzzer's
		return []byte(s.raw() + "\r\n\r\n")
	case which >= 250:
		method = s.pick(methods)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s%s HTTP/1.1\r\nHost: h\r\n", method, s.path(path), s.query())
	body := s.body()
	head := s.byte()
	fmt.Fprintf(&b, "Accept: %s\r\n", accepts[int(head>>4)%len(accepts)])
	fmt.Fprintf(&b, "Content-Type: %s\r\n", contents[int(head&0xf)%len(contents)])
	if head == 0xff {
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		return b.Bytes()
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.Bytes()
}

var (
	methods  = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "get", "X"}
	accepts  = []string{"*/*", "application/json", "application/vnd.schemaregistry+json", "text/html", "application/*;q=0.1, */*;q=NaN", "application/json;q=0", ",", "a/b;;;=", "application/vnd.schemaregistry.v1+json, application/json;q=-1"}
	contents = []string{"application/json", "application/vnd.schemaregistry.v1+json", "application/octet-stream", "application/json; charset=latin1", "text/plain", "", ";;", "application/json;="}

	// pieces are steps of a path as they stand in it.
	pieces = []string{
		"a", "b", "1", "2", "latest", "-1", ":.c:a", "a%2Fb", "%2F", "", ".", "..", "%2e%2e", "%00", "%0A", "%zz", "%", "versions",
		"schema", "ids", ".c", ":.c:", ":*:", ":.__GLOBAL:", "__GLOBAL", "__EMPTY", "%C3%A4%F0%9F%90%A2", "%FF%FE", "0", "01", "+1",
		"99999999999999999999", "4294967296", "2147483648", "-2", "a b", "a+b", "a;b", ":.:x", "::", ":", ":.c:d:e", "...", "a//b", "./a",
		"0cc175b9-c0f1-b6a8-31c3-99e269772661", "%25", "%5C", "LATEST", "1.0", "1e2", "0x1",
	}
	params = []string{
		"deleted", "deletedOnly", "permanent", "normalize", "verbose", "offset", "limit", "subjectPrefix", "subject", "format",
		"fetchMaxId", "force", "recursive", "defaultToGlobal", "latestOnly", "aliases", "ruleType", "findTags", "deletedAsNegative",
		"key", "value", "contextPrefix", "resourceType", "referenceFormat",
	}
	values = []string{
		"true", "1", "-1", "a", ":.c:", ":*:", "", "resolved", "9223372036854775808", "-9223372036854775808", "9223372036854775807", "NaN", "%zz", "%FF", "x;y", ":.c", "a%00", "0",
	}
)

func (s *source) path(pattern string) string {
	steps := strings.Split(pattern, "/")
	for i, step := range steps {
		if !strings.HasPrefix(step, "{") {
			continue
		}
		steps[i] = s.piece()
	}
	path := strings.Join(steps, "/")
	switch s.byte() {
	case 255:
		path += "/" + s.piece()
	case 254:
		path += "/"
	case 253:
		path = "//" + path
	}
	return path
}

func (s *source) piece() string {
	which := int(s.byte())
	if which >= 240 {
		return url.PathEscape(s.raw())
	}
	return pieces[which%len(pieces)]
}

func (s *source) query() string {
	var b strings.Builder
	for i := range s.byte() % 4 {
		b.WriteByte("?&&&"[i])
		which := int(s.byte())
		fmt.Fprintf(&b, "%s=%s", params[which%len(params)], s.pick(values))
		if which >= 250 {
			b.WriteString(url.QueryEscape(s.raw()))
		}
	}
	return b.String()
}
