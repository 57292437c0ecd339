package cli

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

// kafkaTLS says how brokers are spoken to by TLS. The paths may be empty.
type kafkaTLS struct {
	on        bool
	ca        string // of authorities instead of the system's, or those of SSL_CERT_FILE
	cert, key string // the client's own
}

// option gives nil where there is no TLS. What the paths are called is for errors.
func (k kafkaTLS) option(ca, cert, key string) (kgo.Opt, error) {
	if !k.on && k.ca == "" && k.cert == "" && k.key == "" {
		return nil, nil //nolint:nilnil // no option is none
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.ca != "" {
		text, err := os.ReadFile(k.ca)
		if err != nil {
			return nil, Usagef("%s: %w", ca, err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(text) {
			return nil, Usagef("%s: %s has no certificate in PEM form", ca, k.ca)
		}
	}
	if (k.cert == "") != (k.key == "") {
		return nil, Usagef("%s and %s belong together: give both", cert, key)
	}
	if k.cert != "" {
		if _, err := tls.LoadX509KeyPair(k.cert, k.key); err != nil {
			return nil, Usagef("%s and %s: %w", cert, key, err)
		}
		// Read again for each connection: such certificates may live for hours.
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(k.cert, k.key)
			return &pair, err
		}
	}
	return kgo.DialTLSConfig(cfg), nil
}
