package cli_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/cli"
)

// Brokers that want a client certificate, of an authority that the system does not know.
func TestKafkaClientCertificate(t *testing.T) {
	t.Parallel()
	own, trusted, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(trusted)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "payments"), kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{own}, ClientCAs: authorities, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	cert, key := written(t, t.TempDir(), own)
	strange, strangeKey := written(t, t.TempDir(), authority)
	missing := filepath.Join(t.TempDir(), "missing.pem")

	flags := func(ca, cert, key string) (args []string) {
		for name, path := range map[string]string{"ca": ca, "cert": cert, "key": key} {
			if path != "" {
				args = append(args, "--brokers-"+name, path)
			}
		}
		return args
	}
	for _, tt := range []struct {
		name  string
		args  []string
		code  int
		wants string
	}{
		{"all of it", flags(cert, cert, key), cli.ExitDone, ""},
		{"no authority", flags("", cert, key), cli.ExitFailure, "authority of its certificate"},
		{"no certificate", flags(cert, "", ""), cli.ExitFailure, "client certificate"},
		{"a strange certificate", flags(cert, strange, strangeKey), cli.ExitFailure, "client certificate"},
		{"no key", flags(cert, cert, ""), cli.ExitUsage, "--brokers-cert and --brokers-key belong together"},
		{"another's key", flags(cert, cert, strangeKey), cli.ExitUsage, "--brokers-cert and --brokers-key: tls: private key"},
		{"a key for an authority", flags(key, cert, key), cli.ExitUsage, "--brokers-ca: " + key + " has no certificate"},
		{"a file that is missing", flags(missing, cert, key), cli.ExitUsage, "--brokers-ca: open " + missing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"topic", "tail", "payments", "--from", "start", "--brokers", cluster.ListenAddrs()[0]}, tt.args...)
			if got := ended(t, nil, args...); got.code != tt.code || !strings.Contains(got.text, tt.wants) {
				t.Errorf("exit code %d, %q, want %d with %q", got.code, got.text, tt.code, tt.wants)
			}
		})
	}
	t.Run("store of a registry", func(t *testing.T) {
		t.Parallel()
		store := fmt.Sprintf("kafka://%s/_schemas?ca=%s&cert=%s&key=%s", cluster.ListenAddrs()[0], cert, cert, key)
		c := start(t, "registry", "serve", "--store", store, "--listen", "127.0.0.1:0")
		if !c.lines.Scan() {
			t.Fatalf("no address: %s", c.err.String())
		}
		c.end(t, cli.ExitDone)
		store = strings.Replace(store, "&key=", "&key2=", 1)
		if got := ended(t, nil, "registry", "serve", "--store", store); got.code != cli.ExitUsage || !strings.Contains(got.text, `"key2"`) {
			t.Errorf("exit code %d, %q", got.code, got.text)
		}
	})
}

// A certificate that is renewed is the one of the next connection.
func TestKafkaClientCertificateRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := written(t, dir, authority)
	opt, err := cli.KafkaTLS("", cert, key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	cfg, ok := client.OptValue(kgo.DialTLSConfig).(*tls.Config)
	if !ok {
		t.Fatal("no TLS")
	}
	next, _, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []tls.Certificate{authority, next} {
		written(t, dir, want)
		got, err := cfg.GetClientCertificate(&tls.CertificateRequestInfo{})
		if err != nil || !bytes.Equal(got.Certificate[0], want.Certificate[0]) {
			t.Errorf("another certificate is shown (%v)", err)
		}
	}
}
