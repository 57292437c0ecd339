package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// A text of the largest size is taken over HTTP, too, however its JSON is spelled.
func TestLargestText(t *testing.T) {
	t.Parallel()
	const around = len(`{"type":"record","name":"R","doc":"","fields":[]}`)
	doc := func(part string) string {
		return `{"type":"record","name":"R","doc":"` + strings.Repeat(part, (registry.DefaultMaxSchemaBytes-around)/len(part)) + `","fields":[]}`
	}
	for name, text := range map[string]string{
		"quotes": doc(`\"`), "plain": doc("a"), "two bytes": doc("é"), "four bytes": doc("🚚"),
	} {
		srv := newServer(t, memory.New())
		status, body := sendTo(t, "POST", srv.URL+"/subjects/a/versions", `{"schema":`+strconv.QuoteToASCII(text)+`}`)
		if name == "four bytes" { // Go's escapes of these are not those of JSON
			status, body = sendTo(t, "POST", srv.URL+"/subjects/a/versions", `{"schema":`+utf16Quoted(text)+`}`)
		}
		if status != http.StatusOK {
			t.Errorf("%s: %d %.200s", name, status, body)
		}
		if status, body = sendTo(t, "POST", srv.URL+"/subjects/b/versions", `{"schema":`+utf16Quoted(text+strings.Repeat(" ", 64))+`}`); status != 422 || !strings.Contains(body, "42209") {
			t.Errorf("%s and more: %d %.200s", name, status, body)
		}
	}
}

// What is beside the text has less room: many small members are much work.
func TestLargeBodyBesideText(t *testing.T) {
	t.Parallel()
	srv := newServer(t, memory.New())
	long := strings.Repeat("a", 1<<20-200)
	body := func(method, text string) string {
		if method == "PUT" {
			return `{"alias":"` + text + `"}`
		}
		return `{"schema":"\"int\"","metadata":{"properties":{"p":"` + text + `"}}}`
	}
	for path, method := range map[string]string{"/subjects/a/versions": "POST", "/config/a": "PUT"} {
		status, answer := sendTo(t, method, srv.URL+path, body(method, long+strings.Repeat("a", 400)))
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "42209") {
			t.Errorf("%s: %d %.200s", path, status, answer)
		}
	}
	if status, answer := sendTo(t, "POST", srv.URL+"/subjects/a/versions", body("POST", long)); status != http.StatusOK {
		t.Errorf("%d %.200s", status, answer)
	}
}

// utf16Quoted is a JSON string in ASCII.
func utf16Quoted(text string) string {
	quoted := strconv.QuoteToASCII(text)
	for _, r := range "🚚" {
		r -= 0x10000
		quoted = strings.ReplaceAll(quoted, `\U0001f69a`, fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff))
	}
	return quoted
}

// A client that writes all of a body before it reads hears why it is refused, and may
// go on with the connection; one that asks first is told without the body.
func TestTooLargeBody(t *testing.T) {
	t.Parallel()
	srv := newServer(t, memory.New())
	const size = 10 << 20
	for _, tc := range []struct {
		name, head string
		body       string
		closes     bool
	}{
		{name: "whole", head: "Content-Length: " + strconv.Itoa(size), body: strings.Repeat("a", size)},
		{name: "in chunks", head: "Transfer-Encoding: chunked", body: fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("a", size))},
		{name: "asks first", head: "Expect: 100-continue\r\nContent-Length: " + strconv.Itoa(size), closes: true},
		{name: "far too large", head: "Content-Length: 1000000000", closes: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // nothing is left to lose
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, "POST /subjects/a/versions HTTP/1.1\r\nHost: a\r\n"+tc.head+"\r\n\r\n"+tc.body); err != nil {
				t.Fatalf("the body was not read: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close() //nolint:errcheck // as above
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(body), "42209") {
				t.Errorf("%d %s, %v", resp.StatusCode, body, err)
			}
			if resp.Close != tc.closes {
				t.Errorf("the connection ends: %t, want %t", resp.Close, tc.closes)
			}
		})
	}
}

// Bodies are read into room that others read theirs into afterwards: what was stored is
// what was sent, however long it is and whichever way it was read.
func TestBodiesTogether(t *testing.T) {
	t.Parallel()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpapi.NewHandler(reg))
	t.Cleanup(srv.Close)
	text := func(n, size int) string {
		return fmt.Sprintf(`{"type":"record","name":"R%d","doc":"%s","fields":[]}`, n, strings.Repeat(fmt.Sprintf("%d é ", n), size/8))
	}
	sizes := []int{0, 100, 5000, 40_000, 50_000, 65_000, 66_000, 200_000}
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			for i, size := range sizes {
				beside := fmt.Sprintf(`,"metadata":{"properties":{"p":"%d"}},"schemaTagsToAdd":[{"schemaEntity":{"entityPath":"R%d","entityType":"sr_record"},"tags":["t%d"]}]`, n, n, n)
				if (n+i)%2 == 0 {
					beside = ""
				}
				url := fmt.Sprintf("%s/subjects/s%d-%d/versions", srv.URL, n, i)
				if status, answer := sendTo(t, "POST", url, `{"schema":`+strconv.Quote(text(n, size))+beside+`}`); status != http.StatusOK {
					t.Errorf("%d %.200s", status, answer)
				}
			}
		})
	}
	all.Wait()
	for n := range 16 {
		for i, size := range sizes {
			e, err := reg.ReadVersion(t.Context(), registry.VersionRequest{Subject: fmt.Sprintf("s%d-%d", n, i), Version: 1})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.TrimSuffix(text(n, size), "}")
			if (n+i)%2 != 0 {
				want += fmt.Sprintf(`,"confluent:tags":["t%d"]`, n)
				if p := e.Metadata.Properties["p"]; p != strconv.Itoa(n) {
					t.Errorf("subject %d-%d: property %q", n, i, p)
				}
			}
			if want += "}"; e.Text != want {
				t.Errorf("subject %d-%d: %.100q, want %.100q", n, i, e.Text, want)
			}
		}
	}
}
