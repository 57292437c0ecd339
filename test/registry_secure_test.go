package test_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

const (
	readerPassword = "reads-and-no-more"
	writerPassword = "writes: ä"
)

// certificate makes one for 127.0.0.1 and its key, in PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

// userLine is what `registry password` makes of a password.
func userLine(t *testing.T, password string, args ...string) string {
	t.Helper()
	p := schemactl(t, append([]string{"registry", "password"}, args...)...)
	cmd := p.command(t)
	cmd.Stdin = strings.NewReader(password + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), password) {
		t.Errorf("the password is in %s", out)
	}
	return string(out)
}

func as(name, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(name, password) }
}

// Everything that guards a registry at once: HTTPS alone, users of whom one may only
// read, and a log in JSON that tells no secret.
func TestRegistryGuarded(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	dir := t.TempDir()
	cert, key := certificate(t)
	users := "# who may do what\n\n" + userLine(t, readerPassword, "reader", "--read-only") + userLine(t, writerPassword, "writer")
	for name, text := range map[string]string{"cert.pem": cert, "key.pem": key, "users": users} {
		write(t, filepath.Join(dir, name), text)
	}
	s := startRegistry(t, "sqlite:"+filepath.Join(dir, "r.db"), "127.0.0.1:0", "--users", filepath.Join(dir, "users"),
		"--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"), "--log-format", "json", "--log-level", "debug")
	address := s.after(t, "https://")
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(cert))
	plain := *s
	plain.url = "http://" + address
	s.url, s.http.Transport = "https://"+address, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(s.http.CloseIdleConnections)

	checkTransport(t, &plain, address, trusted)
	checkStrangers(t, s)
	checkReader(t, s)
	checkMetrics(t, s, as("reader", readerPassword))
	if code := s.interrupt(t, 30*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	log := s.said()
	for line := range strings.SplitSeq(log, "\n") {
		var entry struct{ Time, Level, Msg string }
		if strings.HasPrefix(line, "https://") { // the address, on standard output
			continue
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Msg == "" {
			t.Errorf("a line of the log is %q: %v", line, err)
		}
	}
	for _, secret := range []string{readerPassword, writerPassword, "$2a$", "PRIVATE KEY"} {
		if strings.Contains(log, secret) {
			t.Errorf("%s is in the log:\n%s", secret, log)
		}
	}
}

// checkTransport: nothing but TLS 1.2 and later is spoken.
func checkTransport(t *testing.T, plain *registryServer, address string, trusted *x509.CertPool) {
	t.Helper()
	if r, err := plain.ask(t.Context(), http.MethodGet, "/healthz", ""); err == nil && r.status != http.StatusBadRequest {
		t.Errorf("without TLS: status %d", r.status)
	}
	old := &tls.Dialer{Config: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}} //nolint:gosec // it is to be refused
	if conn, err := old.DialContext(t.Context(), "tcp", address); err == nil {
		t.Error("TLS 1.1 is taken")
		_ = conn.Close()
	}
}

func checkStrangers(t *testing.T, s *registryServer) {
	t.Helper()
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := s.status(t, path); got != http.StatusOK {
			t.Errorf("GET %s by anybody: status %d", path, got)
		}
	}
	for name, who := range map[string]func(*http.Request){
		"nobody": func(*http.Request) {}, "unknown": as("admin", "admin"), "wrong": as("reader", "x"), "empty": as("", ""), "other": as("reader", writerPassword),
		"longer": as("reader", readerPassword+"\x00"+readerPassword), "bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
	} {
		for request, body := range map[string]string{
			"GET /subjects": "", "GET /metrics": "", "GET /nosuch": "", "POST /subjects/a/versions": schemaBody(numbered(1)), "GET /healthz/..": "",
		} {
			method, path, _ := strings.Cut(request, " ")
			r, err := s.ask(t.Context(), method, path, body, who)
			if err != nil {
				t.Fatal(err)
			}
			r.isError(t, request+" by "+name, http.StatusUnauthorized, http.StatusUnauthorized)
			if asked := r.header.Get("WWW-Authenticate"); !strings.HasPrefix(asked, "Basic ") {
				t.Errorf("%s by %s is asked for %q", request, name, asked)
			}
		}
	}
}

// checkReader: whoever may only read gets every question answered, and can change
// nothing, however the path is written.
func checkReader(t *testing.T, s *registryServer) {
	t.Helper()
	reader, writer := as("reader", readerPassword), as("writer", writerPassword)
	schema := schemaBody(numbered(1))
	for _, path := range []string{"/subjects/a/versions", "/contexts/.c/subjects/a/versions", "/subjects/a%2Fversions/versions"} {
		if r, err := s.ask(t.Context(), http.MethodPost, path, schema, writer); err != nil || r.status != http.StatusOK {
			t.Fatalf("POST %s by the writer: %d %s %v", path, r.status, r.body, err)
		}
	}
	for _, request := range []string{
		"GET /subjects", "GET /schemas/ids/1", "GET /subjects/a/versions/latest", "GET /contexts/.c/subjects", "GET /config", "GET /mode", "GET /",
		"POST /", "POST /subjects/a", "POST /subjects/a%2Fversions", "POST /contexts/.c/subjects/a", "POST /subjects/%3A.c%3Aa", "POST /subjects/:.c:a",
		"POST /compatibility/subjects/a/versions", "POST /compatibility/subjects/a/versions/1", "POST /contexts/.c/compatibility/subjects/a/versions/latest",
	} {
		method, path, _ := strings.Cut(request, " ")
		if r, err := s.ask(t.Context(), method, path, schema, reader); err != nil || r.status != http.StatusOK {
			t.Errorf("%s by the reader: %d %s %v", request, r.status, r.body, err)
		}
	}
	for _, request := range []string{
		"POST /subjects/b/versions", "POST /subjects/b/%76ersions", "POST /%73ubjects/b/versions", "POST /contexts/.c/subjects/b/versions", "POST /subjects/:.c:b/versions",
		"POST /subjects/compatibility/versions", "POST /contexts/x%2Fcompatibility/subjects/b/versions", "POST /contexts/compatibility/subjects/b/versions",
		"POST /subjects/a/versions/1/tags", "POST /subjects/b/versions/", "POST /subjects/b/versions?x=/compatibility", "POST /subjects/a%2F..%2F/versions",
		"DELETE /subjects/a", "DELETE /subjects/a/versions/1", "DELETE /contexts/.c/subjects/a", "DELETE /contexts/.c", "PUT /config", "PUT /config/a", "PUT /contexts/.c/config",
		"DELETE /config", "PUT /mode", "PUT /mode/a", "DELETE /mode/a", "PATCH /subjects/a",
	} {
		method, path, _ := strings.Cut(request, " ")
		r, err := s.ask(t.Context(), method, path, `{"schema":"\"int\"","compatibility":"NONE","mode":"READONLY"}`, reader,
			func(r *http.Request) { r.Header.Set("X-HTTP-Method-Override", "GET") })
		if err != nil {
			t.Fatal(err)
		}
		r.isError(t, request+" by the reader", http.StatusForbidden, http.StatusForbidden)
	}
	r, err := s.ask(t.Context(), http.MethodGet, "/schemas?deleted=true&subjectPrefix=:*:", "", reader)
	if n := strings.Count(r.body, `"subject"`); err != nil || n != 3 {
		t.Errorf("%d versions are there, the writer made 3: %s %v", n, r.body, err)
	}
}

// The files that guard a registry are checked before it serves, and what is wrong
// with them is said without telling what is in them.
func TestRegistryGuardFiles(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	dir := t.TempDir()
	cert, key := certificate(t)
	_, otherKey := certificate(t)
	line := strings.TrimSpace(userLine(t, "secret-password", "u"))
	hash := strings.Split(line, ":")[1]
	for name, text := range map[string]string{
		"cert": cert, "key": key, "other": otherKey, "junk": "no PEM", "good": line, "empty": "# nobody\n", "twice": line + "\n" + line,
		"access": "u:" + hash + ":admin", "hash": "u:secret-password:read", "form": "secret-password\n" + line,
		"huge": strings.Repeat("# a comment that fills the file\n", 1<<15) + "# more\n" + line + "\n", "long": strings.Repeat("x", 70_000),
	} {
		write(t, filepath.Join(dir, name), text)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--users", "empty"}, "registry password"},
		{[]string{"--users", "twice"}, "twice:2: user \"u\" is there twice"},
		{[]string{"--users", "access"}, "access:1: user \"u\": \"admin\" is neither read nor write"},
		{[]string{"--users", "hash"}, "hash:1: user \"u\": the hash is not"},
		{[]string{"--users", "form"}, "form:1: want NAME:HASH:read"},
		{[]string{"--users", "nosuch"}, "nosuch"},
		{[]string{"--users", "."}, "--users"},
		{[]string{"--users", "huge"}, "huge: more than 1048576 bytes"},
		{[]string{"--users", "long"}, "long"},
		{[]string{"--tls-cert", "cert", "--tls-key", "other"}, "does not match"},
		{[]string{"--tls-cert", "junk", "--tls-key", "key"}, "junk"},
		{[]string{"--tls-cert", "cert", "--tls-key", "nosuch"}, "nosuch"},
		{[]string{"--tls-cert", "cert"}, "belong together"},
		{[]string{"--log-format", "xml"}, "xml"},
	} {
		p := schemactl(t, append([]string{"registry", "serve", "--store", "memory", "--listen", "127.0.0.1:0"}, tt.args...)...)
		p.dir, p.limit = dir, 30*time.Second
		r := p.run(t)
		if r.code != 2 || !strings.Contains(r.stderr, tt.want) || r.stdout != "" {
			t.Errorf("%v: exit code %d, stderr %q, want %q in it", tt.args, r.code, r.stderr, tt.want)
		}
		for _, secret := range []string{"secret-password", hash, "PRIVATE KEY"} {
			if strings.Contains(r.stderr, secret) {
				t.Errorf("%v: %s is in %q", tt.args, secret, r.stderr)
			}
		}
	}
	for name, password := range map[string]string{"a:b": "x", "": "x", "#a": "x", "a": "", "b": strings.Repeat("x", 73)} {
		cmd := schemactl(t, "registry", "password", name).command(t)
		cmd.Stdin = strings.NewReader(password)
		if out, _ := cmd.Output(); cmd.ProcessState.ExitCode() != 2 || len(out) > 0 {
			t.Errorf("password %q of %d bytes: exit code %d, %s", name, len(password), cmd.ProcessState.ExitCode(), out)
		}
	}
}

// A store of records behind TLS and a password: the broker's certificate has to be of an
// authority that is trusted.
func TestRegistryKafkaGuarded(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	cert, key := certificate(t)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "ada", "secret"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	trusted := filepath.Join(t.TempDir(), "cert.pem")
	write(t, trusted, cert)
	store := "kafka://ada:secret@" + cluster.ListenAddrs()[0] + "/_schemas?tls=true"

	stranger := startRegistry(t, store, "127.0.0.1:0", "--start-timeout", "1s")
	<-stranger.exited
	if text := stranger.said(); stranger.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(text, "certificate") || strings.Contains(text, "secret") {
		t.Errorf("of an authority that is not trusted: %s", text)
	}
	p := schemactl(t, "registry", "serve", "--listen", "127.0.0.1:0", "--store", store)
	p.env = append(p.env, "SSL_CERT_FILE="+trusted)
	s := &registryServer{running: p.start(t), http: &http.Client{Timeout: 45 * time.Second}}
	s.url = "http://127.0.0.1:" + s.after(t, "http://127.0.0.1:")
	if _, err := s.register(t.Context(), "a", numbered(1)); err != nil {
		t.Error(err)
	}
	if code := s.interrupt(t, 30*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
