// Command statetransfer runs both applications of the example in this process, on a
// broker and a registry of its own and on SQLite files: first the source alone, then
// a directory that builds its copy from what is on the topic.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/schemactl/schemactl/examples/internal/embedded"
	"github.com/schemactl/schemactl/examples/statetransfer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "statetransfer")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	parts, err := embedded.Start(ctx)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Topic(ctx, "accounts", map[string]*string{"cleanup.policy": new("compact")}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	work, ctx := errgroup.WithContext(ctx)
	config := func(name string, url chan<- string) statetransfer.Config {
		return statetransfer.Config{
			DatabaseURL: "sqlite:" + filepath.Join(dir, name+".db"), Brokers: parts.Brokers, RegistryURL: parts.RegistryURL,
			OnListening: func(u string) { url <- u },
		}
	}
	work.Go(func() error {
		defer cancel()
		accounts, directory, caughtUp := make(chan string, 1), make(chan string, 1), make(chan string, 1)
		work.Go(func() error { return statetransfer.RunAccounts(ctx, config("accounts", accounts)) })
		source, err := receive(ctx, accounts)
		if err != nil {
			return err
		}
		if err := fill(ctx, source); err != nil {
			return err
		}
		work.Go(func() error {
			return statetransfer.RunDirectory(ctx, config("directory", directory), func() { caughtUp <- "" })
		})
		copied, err := receive(ctx, directory)
		if err != nil {
			return err
		}
		if _, err := receive(ctx, caughtUp); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, "the directory has caught up"); err != nil {
			return err
		}
		return show(ctx, copied)
	})
	return work.Wait()
}

func receive(ctx context.Context, from <-chan string) (string, error) {
	select {
	case s := <-from:
		return s, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// fill opens three accounts, renames one and deletes one.
func fill(ctx context.Context, source string) error {
	for _, name := range []string{"Ada", "Bob", "Cleo"} {
		if _, err := embedded.Call(ctx, http.MethodPost, source+"/accounts", statetransfer.Account{DisplayName: name}, nil); err != nil {
			return err
		}
	}
	if _, err := embedded.Call(ctx, http.MethodPost, source+"/accounts/1", statetransfer.Account{DisplayName: "Ada L."}, nil); err != nil {
		return err
	}
	_, err := embedded.Call(ctx, http.MethodDelete, source+"/accounts/2", nil, nil)
	return err
}

// show prints the copy as soon as it is what the source has.
func show(ctx context.Context, directory string) error {
	want := []struct {
		there   bool
		version int64
	}{{true, 2}, {false, 0}, {true, 1}}
	for i, w := range want {
		var c statetransfer.Copy
		found := false
		err := embedded.Until(ctx, func() (_ bool, err error) {
			found, err = embedded.Call(ctx, http.MethodGet, fmt.Sprintf("%s/accounts/%d", directory, i+1), nil, &c)
			return found == w.there && (!found || c.Version == w.version), err
		})
		if err != nil {
			return err
		}
		text := "is not there"
		if found {
			text = fmt.Sprintf("is %q, version %d", c.DisplayName, c.Version)
		}
		if _, err := fmt.Fprintf(os.Stdout, "account %d %s\n", i+1, text); err != nil {
			return err
		}
	}
	return nil
}
