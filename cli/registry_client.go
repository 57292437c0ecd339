package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/registry/client"
)

// registryOptions are the flags of a command that asks a registry.
type registryOptions struct {
	url, user, password string
}

func (o *registryOptions) bind(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&o.url, "registry-url", "", "URL of the registry, such as http://127.0.0.1:8081")
	f.StringVar(&o.user, "registry-user", "", "user of the registry, when the URL has none")
	f.StringVar(&o.password, "registry-password", "", "the user's password; better in SCHEMACTL_REGISTRY_PASSWORD, which others cannot see")
}

func (o *registryOptions) client(opts ...client.Option) (*client.Client, error) {
	if o.url == "" {
		return nil, Usagef("no registry: give --registry-url or set SCHEMACTL_REGISTRY_URL")
	}
	if o.user == "" && o.password != "" {
		return nil, Usagef("there is a password for the registry, but no --registry-user")
	}
	if o.user != "" {
		opts = append(opts, client.WithBasicAuth(o.user, o.password))
	}
	c, err := client.New(o.url, opts...)
	if err != nil {
		return nil, &UsageError{err: err}
	}
	return c, nil
}

// confirm asks a person whether to destroy something for good. Without a terminal
// only --yes says so.
func confirm(env *Env, yes bool, what string) error {
	in, _ := env.In.(io.Writer) // a terminal can be written to
	switch {
	case yes:
		return nil
	case in == nil || !IsTerminal(in):
		return Usagef("%s cannot be taken back: say --yes", what)
	}
	fmt.Fprintf(env.Err, "%s cannot be taken back. Do it? [y/N] ", what)
	answer, err := bufio.NewReader(env.In).ReadString('\n')
	if word := strings.ToLower(strings.TrimSpace(answer)); word == "y" || word == "yes" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return fmt.Errorf("%s: nothing was done", what)
}

// yesFlag adds --yes.
func yesFlag(cmd *cobra.Command, target *bool) {
	cmd.Flags().BoolVar(target, "yes", false, "do not ask before something is removed for good")
}

// numbers writes version numbers for people.
func numbers(list []int) string { return strings.Trim(fmt.Sprint(list), "[]") }
