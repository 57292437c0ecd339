package stream

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
)

// refusal tells what to look at when a broker was there and did not let the client in;
// "" when none was there.
func refusal(client *kgo.Client, err error) string {
	signsIn, _ := client.OptValue(kgo.SASL).([]sasl.Mechanism)
	secure, _ := client.OptValue(kgo.DialTLSConfig).(*tls.Config)
	_, authority := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	_, first := errors.AsType[*kgo.ErrFirstReadEOF](err)
	dial, _ := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return "are user and password right?"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "does it take " + names(signsIn) + "?"
	case errors.Is(err, kerr.IllegalSaslState):
		return "does this port want a user?"
	case authority:
		return "is the authority of its certificate trusted, and has it this name?"
	case plain:
		return speaksTLS
	case secure != nil && strings.Contains(err.Error(), "remote error: tls: "): // a type of its own that is not exported
		return "does it want a client certificate, and is it one of an authority that it trusts?"
	case strings.Contains(err.Error(), "tls alert"): // kgo has no type for it
		return "does this port want TLS?"
	case secure != nil && dial != nil && dial.Op == "dial" && dial.Timeout():
		// A port without TLS may wait for the rest of what it takes for a request.
		return "is it running, are the addresses right, and " + speaksTLS
	case !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET):
		return ""
	case len(signsIn) > 0 && !first:
		// Not every broker says why before it ends the connection.
		return "are user and password right, does it take " + names(signsIn) + ", and does this port want a user?"
	case secure != nil:
		return speaksTLS
	}
	return "does this port want TLS, or a user?"
}

const speaksTLS = "does this port speak TLS?"

func names(mechanisms []sasl.Mechanism) string {
	var all []string
	for _, m := range mechanisms {
		all = append(all, m.Name())
	}
	return strings.Join(all, " or ")
}
