package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/schemactl/schemactl/stream"
)

const (
	saslForms       = "plain, scram-sha-256 or scram-sha-512"
	maxPasswordFile = 64 << 10
)

// kafkaOptions are the flags of a command that speaks to Kafka brokers.
type kafkaOptions struct {
	brokers      []string
	tls          kafkaTLS
	sasl         string
	user         string
	password     string
	passwordFile string
}

func (o *kafkaOptions) bind(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringSliceVar(&o.brokers, "brokers", nil, "Kafka brokers, host:port, separated by commas")
	f.BoolVar(&o.tls.on, "brokers-tls", false, "speak TLS with the brokers, as each of the next three does")
	f.StringVar(&o.tls.ca, "brokers-ca", "", "file of the authorities of the brokers' certificates, PEM (default: the system's)")
	f.StringVar(&o.tls.cert, "brokers-cert", "", "file of the client certificate that the brokers want, PEM")
	f.StringVar(&o.tls.key, "brokers-key", "", "file of the client certificate's key, PEM")
	f.StringVar(&o.sasl, "brokers-sasl", "", "how the user signs in: "+saslForms+" (default: the last)")
	f.StringVar(&o.user, "brokers-user", "", "user that the brokers want")
	f.StringVar(&o.password, "brokers-password", "", "the user's password; better in SCHEMACTL_BROKERS_PASSWORD, which others cannot see")
	f.StringVar(&o.passwordFile, "brokers-password-file", "", "file that has the password")
	words := []string{"plain", "scram-sha-256", "scram-sha-512"}
	// The error is only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("brokers-sasl", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// settings are those of a client of the brokers: stream.ClientOptions, TLS and the user.
func (o *kafkaOptions) settings() ([]kgo.Opt, error) {
	if len(o.brokers) == 0 {
		return nil, Usagef("no brokers: give --brokers or set SCHEMACTL_BROKERS")
	}
	for _, broker := range o.brokers {
		if broker == "" || strings.ContainsAny(broker, "@/ ") { // not shown, since a password may be in it
			return nil, Usagef("--brokers: want host:port alone, separated by commas; user and TLS have flags of their own (see 'help brokers')")
		}
	}
	opts := stream.ClientOptions(o.brokers...)
	overTLS, err := o.tls.option("--brokers-ca", "--brokers-cert", "--brokers-key")
	if err != nil {
		return nil, err
	}
	if overTLS != nil {
		opts = append(opts, overTLS)
	}
	password, err := o.readPassword()
	switch {
	case err != nil:
		return nil, err
	case o.sasl != "" && saslMechanism(o.sasl, o.user, password) == nil:
		return nil, Usagef("--brokers-sasl %q: want %s", o.sasl, saslForms)
	case o.user == "" && password != "":
		return nil, Usagef("there is a password for the brokers, but no --brokers-user")
	case o.user == "" && o.sasl != "":
		return nil, Usagef("there is --brokers-sasl for the brokers, but no --brokers-user")
	case o.user == "":
		return opts, nil
	case password == "":
		return nil, Usagef("user %q of the brokers has no password: set SCHEMACTL_BROKERS_PASSWORD or give --brokers-password-file", o.user)
	}
	return append(opts, kgo.SASL(saslMechanism(o.sasl, o.user, password))), nil
}

// readPassword gives the password, of the file where there is one.
func (o *kafkaOptions) readPassword() (string, error) {
	switch {
	case o.passwordFile == "":
		return o.password, nil
	case o.password != "":
		return "", Usagef("--brokers-password and --brokers-password-file, or their variables, exclude each other")
	}
	f, err := os.Open(o.passwordFile)
	if err != nil {
		return "", Usagef("--brokers-password-file: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxPasswordFile+1))
	if err != nil {
		return "", Usagef("--brokers-password-file: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" || len(text) > maxPasswordFile {
		return "", Usagef("--brokers-password-file: %s is empty or has more than %d bytes", o.passwordFile, maxPasswordFile)
	}
	return password, nil
}

// answered takes what making a client gave, and gives the client once a broker has let
// it in.
func (o *kafkaOptions) answered(ctx context.Context, client *kgo.Client, err error) (*kgo.Client, error) {
	if err != nil {
		return nil, Usagef("brokers %s: %w", strings.Join(o.brokers, ","), err)
	}
	if err := stream.Ping(ctx, client); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// saslMechanism is how a user signs in; nil for a name that is none.
func saslMechanism(name, user, password string) sasl.Mechanism {
	switch strings.ToLower(name) {
	case "plain":
		return plain.Auth{User: user, Pass: password}.AsMechanism()
	case "scram-sha-256":
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism()
	case "scram-sha-512", "":
		return scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
	}
	return nil
}
