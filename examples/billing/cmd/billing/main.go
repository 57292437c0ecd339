// Command billing runs the example application against the servers that the
// SCHEMACTL_ variables name.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/schemactl/schemactl/examples/billing"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	err := billing.Run(ctx, billing.Config{
		DatabaseURL: os.Getenv("SCHEMACTL_DATABASE_URL"),
		Brokers:     strings.FieldsFunc(os.Getenv("SCHEMACTL_BROKERS"), func(r rune) bool { return r == ',' }),
		RegistryURL: os.Getenv("SCHEMACTL_REGISTRY_URL"),
		Listen:      os.Getenv("LISTEN"),
		Logger:      logger,
		OnListening: func(url string) { logger.Info("listening", "url", url) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}
