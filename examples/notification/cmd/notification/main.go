// Command notification runs both applications of the example in this process, on a
// broker and a registry of its own and on SQLite files, and shows what becomes of a
// product.
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
	"github.com/schemactl/schemactl/examples/notification"
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
	dir, err := os.MkdirTemp("", "notification")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	parts, err := embedded.Start(ctx)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Topic(ctx, "products", nil); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	work, ctx := errgroup.WithContext(ctx)
	config := func(name string, url chan<- string) notification.Config {
		return notification.Config{
			DatabaseURL: "sqlite:" + filepath.Join(dir, name+".db"), Brokers: parts.Brokers, RegistryURL: parts.RegistryURL,
			OnListening: func(u string) { url <- u },
		}
	}
	work.Go(func() error {
		defer cancel()
		catalog, search := make(chan string, 1), make(chan string, 1)
		work.Go(func() error { return notification.RunCatalog(ctx, config("catalog", catalog)) })
		catalogURL, err := receive(ctx, catalog)
		if err != nil {
			return err
		}
		work.Go(func() error { return notification.RunSearch(ctx, config("search", search), catalogURL) })
		searchURL, err := receive(ctx, search)
		if err != nil {
			return err
		}
		return story(ctx, catalogURL, searchURL)
	})
	return work.Wait()
}

func receive(ctx context.Context, url <-chan string) (string, error) {
	select {
	case u := <-url:
		return u, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// story makes a product, changes it and deletes it, and waits each time until the
// search knows.
func story(ctx context.Context, catalogURL, searchURL string) error {
	var p notification.Product
	if _, err := embedded.Call(ctx, http.MethodPost, catalogURL+"/products", notification.NewProduct{Name: "lamp", PriceMinor: 1900}, &p); err != nil {
		return err
	}
	url := fmt.Sprintf("%s/products/%d", catalogURL, p.ID)
	if err := show(ctx, searchURL, p, true); err != nil {
		return err
	}
	if _, err := embedded.Call(ctx, http.MethodPost, url, notification.NewProduct{Name: "lamp, red", PriceMinor: 2100}, &p); err != nil {
		return err
	}
	if err := show(ctx, searchURL, p, true); err != nil {
		return err
	}
	if _, err := embedded.Call(ctx, http.MethodDelete, url, nil, &p); err != nil {
		return err
	}
	return show(ctx, searchURL, p, false)
}

func show(ctx context.Context, searchURL string, p notification.Product, there bool) error {
	var e notification.Entry
	err := embedded.Until(ctx, func() (bool, error) {
		found, err := embedded.Call(ctx, http.MethodGet, fmt.Sprintf("%s/products/%d", searchURL, p.ID), nil, &e)
		return found == there && (!found || e.Version == p.Version), err
	})
	if err != nil {
		return err
	}
	text := "is gone"
	if there {
		text = fmt.Sprintf("is %q for %d, version %d", e.Name, e.PriceMinor, e.Version)
	}
	_, err = fmt.Fprintf(os.Stdout, "the search knows: product %d %s\n", p.ID, text)
	return err
}
