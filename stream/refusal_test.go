package stream_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/schemactl/schemactl/stream"
)

// Who is not let in hears what to look at, whichever way the broker refuses.
func TestPingRefused(t *testing.T) {
	t.Parallel()
	certificate := httptest.NewTLSServer(nil)
	t.Cleanup(certificate.Close)
	open := guarded(t)
	secure := guarded(t, kfake.TLS(certificate.TLS))
	users := guarded(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "ada", "secret"))
	user := func(password string) kgo.Opt {
		return kgo.SASL(plain.Auth{User: "ada", Pass: password}.AsMechanism())
	}
	digest := kgo.SASL(scram.Auth{User: "ada", Pass: "secret"}.AsSha256Mechanism())
	overTLS := kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12})
	for _, tt := range []struct {
		name, address, want string
		opt                 kgo.Opt
	}{
		{"wrong password", users, "user and password right, does it take PLAIN", user("wrong-secret")},
		{"other mechanism", users, "does it take SCRAM-SHA-256", digest},
		{"nobody", users, "want TLS, or a user", kgo.ClientID("nobody")},
		{"Kafka's word for a wrong password", answering(t, kerr.SaslAuthenticationFailed), "(are user and password right?)", user("wrong-secret")},
		{"Kafka's word for another mechanism", answering(t, kerr.UnsupportedSaslMechanism), "(does it take PLAIN?)", user("secret")},
		{"a user where none is wanted", answering(t, kerr.IllegalSaslState), "(does this port want a user?)", user("secret")},
		{"TLS to a port without", open, "does this port speak TLS?", overTLS},
		{"TLS to a port that hangs up", hangingUp(t, nil), "does this port speak TLS?", overTLS},
		{"no TLS to a port that says so", hangingUp(t, []byte{21, 3, 3, 0, 2, 2, 70}), "(does this port want TLS?)", user("secret")},
		{"no TLS to a port with it", secure, "want TLS, or a user", kgo.ClientID("plain")},
		{"strange certificate", secure, "authority of its certificate", overTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, err := kgo.NewClient(append(stream.ClientOptions(tt.address), tt.opt)...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			begin := time.Now()
			err = stream.Ping(t.Context(), client)
			if !errors.Is(err, stream.ErrNoBroker) {
				t.Fatalf("error %v, want %v", err, stream.ErrNoBroker)
			}
			if text := err.Error(); !strings.Contains(text, tt.want) || !strings.Contains(text, tt.address) || strings.Contains(text, "secret") {
				t.Errorf("%q: want %q and %s in it, and no password", text, tt.want, tt.address)
			}
			if d := time.Since(begin); d > 10*time.Second {
				t.Errorf("it took %s", d)
			}
		})
	}
}

func guarded(t *testing.T, opts ...kfake.Opt) string {
	t.Helper()
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()[0]
}

// answering is a broker that says no to who signs in, in the words of Apache Kafka;
// kfake ends the connection.
func answering(t *testing.T, refusal *kerr.Error) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "ada", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	cluster.ControlKey(int16(kmsg.SASLHandshake), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		if refusal != kerr.SaslAuthenticationFailed {
			resp.ErrorCode = refusal.Code
		}
		return resp, nil, true
	})
	cluster.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = refusal.Code
		return resp, nil, true
	})
	return cluster.ListenAddrs()[0]
}

// hangingUp is a port that reads a little, answers and ends the connection, as Apache
// Kafka's does with what it takes for a request that is too large, and with TLS by an
// alert.
func hangingUp(t *testing.T, answer []byte) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = listener.Close() // ends the loop
		<-done
	})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1<<10)) // whatever it is
			_, _ = conn.Write(answer)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}
