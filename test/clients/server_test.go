package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// longest bounds every program that a test starts.
const longest = 4 * time.Minute

// buildFolder is where TestMain has the binary put; it removes it at the end.
var buildFolder string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "schemactl-clients-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildFolder = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// buildOnce builds cmd/schemactl at the first call of the test process.
var buildOnce = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	binary := filepath.Join(buildFolder, "schemactl")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/schemactl")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/schemactl: %w\n%s", err, out)
	}
	return binary, nil
})

// bounded is a context that ends the programs of a test that hangs; they are
// stopped at the test's end, which is why it is not the test's own.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), longest)
	t.Cleanup(cancel)
	return ctx
}

// schemactl is a run of the command under test.
func schemactl(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(bounded(t), binary, args...)
	cmd.Dir = t.TempDir()
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// serve starts a registry on SQLite of the test's own and returns its URL.
func serve(t *testing.T, flags ...string) string {
	t.Helper()
	cmd := schemactl(t, append([]string{"registry", "serve", "--listen", "127.0.0.1:0", "--store", "sqlite:registry.db", "--log-level", "warn"}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // read when the process has ended
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("registry serve: %v", err)
		}
		if log.Len() > 0 {
			t.Errorf("the registry complains:\n%s", log.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("registry serve told no address: %v", err)
	}
	return strings.TrimSpace(line)
}

// serveSecured starts a registry that lets in writer and reader, who have one
// password, over TLS.
func serveSecured(t *testing.T) address {
	t.Helper()
	const password = "a pass:word" // a colon and a space are allowed
	var users []byte
	for _, args := range [][]string{{"writer"}, {"reader", "--read-only"}} {
		cmd := schemactl(t, append([]string{"registry", "password"}, args...)...)
		cmd.Stdin = strings.NewReader(password)
		line, err := cmd.Output()
		if err != nil {
			t.Fatalf("registry password %s: %v", args[0], err)
		}
		users = append(users, line...)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "users")
	if err := os.WriteFile(file, users, 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t, dir)
	url := serve(t, "--users", file, "--tls-cert", cert, "--tls-key", key)
	return address{URL: url, User: "writer", Password: password, CA: cert}
}

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "registry"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
