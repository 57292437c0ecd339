package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
)

// Run performs the demo and returns its report. The error says that the run
// itself could not be done; what the audit found is in the report.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	cfg.fill()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &supervisor{cfg: cfg, prefix: "demo-" + uuid.NewString()[:8] + ".", start: time.Now()}
	s.progress = newProgress(cfg)
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err := s.openParts(ctx); err != nil {
		return nil, err
	}
	if err := s.startApps(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.exchange(ctx); err != nil {
		return nil, err
	}
	exchanged := time.Since(began)
	if !cfg.Serve {
		if err := s.stopApps(ctx); err != nil {
			return nil, err
		}
	}
	s.progress.phase("auditing the databases and the topics")
	report, err = s.audit(ctx)
	if err != nil {
		return nil, err
	}
	report.finish(s, exchanged)
	s.progress.done()
	if cfg.OnReport != nil {
		cfg.OnReport(report)
	}
	if cfg.Serve {
		s.serve(ctx)
	}
	return report, nil
}

// supervisor owns the parts and the processes of one run.
type supervisor struct {
	cfg      Config
	prefix   string
	start    time.Time
	dir      string
	parts    parts
	apps     map[string]*process
	messages string // URL of the messaging application
	kills    int
	stalled  bool
	kept     bool // there is something to open again
	reopened bool // the folder is that of an earlier run
	progress *progress
}

// openParts makes or reaches the database, the broker and the registry, and
// creates the topics.
func (s *supervisor) openParts(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "schemactl-demo-")
	if err != nil {
		return fmt.Errorf("folder for the demo: %w", err)
	}
	s.dir = dir
	if err := s.openDatabase(ctx); err != nil {
		return err
	}
	if err := s.openBroker(ctx, ""); err != nil {
		return err
	}
	if err := s.openRegistry(ctx); err != nil {
		return err
	}
	if err := s.createTopics(ctx); err != nil {
		return err
	}
	return s.saveState()
}

// close stops what is still running and removes what the run made, unless it
// is to be kept. It works although ctx may have ended.
func (s *supervisor) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	s.progress.done()
	err := s.stopApps(ctx)
	if !s.kept {
		err = errors.Join(err, s.removeFromServers(ctx))
	}
	err = errors.Join(err, s.closeRegistry(ctx), s.closeBroker(), s.closeDatabase())
	if s.kept {
		s.progress.note("kept in %s; to open it again: %s", s.dir, s.openCommand())
		return err
	}
	if s.dir != "" && !s.reopened {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}

func (s *supervisor) file(name string) string { return filepath.Join(s.dir, name) }
