package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schemactl/schemactl/database"
)

// state is what a kept folder remembers of its run. It holds no address of a
// server, since those may carry passwords.
type state struct {
	Prefix string `json:"prefix"`
}

const stateFile = "demo.json"

func (s *supervisor) saveState() error {
	if !s.cfg.Keep {
		return nil
	}
	text, err := json.Marshal(state{s.prefix})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file(stateFile), text, 0o600); err != nil {
		return err
	}
	s.kept = true
	return nil
}

// openCommand is the command that opens a kept run again.
func (s *supervisor) openCommand() string {
	words := []string{s.cfg.Name, "demo", "--open", s.dir}
	if s.cfg.DatabaseURL != "" {
		words = append(words, "--database-url", "'"+database.Redact(s.cfg.DatabaseURL)+"'")
	}
	if len(s.cfg.Brokers) > 0 {
		words = append(words, "--brokers", strings.Join(s.cfg.Brokers, ","))
	}
	if s.cfg.RegistryURL != "" {
		words = append(words, "--registry-url", "'"+database.Redact(s.cfg.RegistryURL)+"'")
	}
	return strings.Join(words, " ")
}

// Open serves a run that was kept in a folder, until ctx ends. What is in it
// stays.
func Open(ctx context.Context, dir string, cfg Config) (err error) {
	cfg.fill()
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return fmt.Errorf("%s is no folder of a kept demo: %w", dir, err)
	}
	var saved state
	if err := json.Unmarshal(text, &saved); err != nil || saved.Prefix == "" {
		return fmt.Errorf("%s cannot be read: make a new run with --keep", filepath.Join(dir, stateFile))
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	s := &supervisor{cfg: cfg, prefix: saved.Prefix, start: time.Now(), dir: dir, reopened: true, progress: newProgress(cfg)}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err := s.reopen(ctx); err != nil {
		return err
	}
	if err := s.startApps(ctx); err != nil {
		return err
	}
	s.kept = true
	s.serve(ctx)
	return nil
}

func (s *supervisor) reopen(ctx context.Context) error {
	s.parts.databaseURL = s.databaseURL()
	db, err := database.Open(ctx, s.parts.databaseURL)
	if err != nil {
		return err
	}
	s.parts.db, s.parts.foreign = db, true // a kept run stays
	found, err := listTables(ctx, db)
	if err != nil {
		return err
	}
	if !slices.Contains(found, marker) {
		return fmt.Errorf("database %s is not that of a kept demo", database.Redact(s.parts.databaseURL))
	}
	if err := s.openBroker(ctx, s.file("broker")); err != nil {
		return err
	}
	return s.openRegistry(ctx)
}

// serve names the addresses and waits.
func (s *supervisor) serve(ctx context.Context) {
	s.progress.note("everything is up until Ctrl-C:")
	for _, name := range appNames {
		s.progress.note("  %-10s %s", name, s.apps[name].url)
	}
	s.progress.note("  %-10s %s", "database", database.Redact(s.parts.databaseURL))
	s.progress.note("  %-10s %s  (topics %s)", "brokers", strings.Join(s.parts.brokers, ","), strings.Join(s.withPrefix(topicNames), ", "))
	s.progress.note("  %-10s %s", "registry", database.Redact(s.parts.registryURL))
	<-ctx.Done()
}
