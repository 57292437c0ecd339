package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// appNames are the two applications of the demo.
var appNames = []string{"messaging", "billing"}

// startApps starts both applications up to the barrier, lets them go in the same
// moment, and waits until both have migrated and listen.
func (s *supervisor) startApps(ctx context.Context) error {
	s.progress.phase("starting %s and %s at the same moment", appNames[0], appNames[1])
	s.apps = map[string]*process{}
	for _, name := range appNames {
		p, err := s.startProcess(ctx, name)
		if p != nil {
			s.apps[name] = p
		}
		if err != nil {
			return err
		}
	}
	for _, name := range appNames {
		if err := s.apps[name].tell("go"); err != nil {
			return err
		}
	}
	var both errgroup.Group
	for _, name := range appNames {
		both.Go(func() error { return s.listening(ctx, s.apps[name]) })
	}
	if err := both.Wait(); err != nil {
		return err
	}
	s.messages = s.apps["messaging"].url
	return nil
}

func (s *supervisor) listening(ctx context.Context, p *process) error {
	n, err := p.wait(ctx, "migrate and listen", func(n news) bool { return n.Listening != "" })
	p.url = n.Listening
	return err
}

// crash kills an application in the middle of its work and starts it again.
func (s *supervisor) crash(ctx context.Context, name string) error {
	if err := s.apps[name].kill(); err != nil {
		return err
	}
	s.kills++
	s.progress.note("killed %s (SIGKILL) half-way; starting it again", name)
	p, err := s.startProcess(ctx, name)
	if p != nil {
		s.apps[name] = p
	}
	if err != nil {
		return err
	}
	if err := p.tell("go"); err != nil {
		return err
	}
	return s.listening(ctx, p)
}

// stopApps stops the applications that run, both at once.
func (s *supervisor) stopApps(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	var errs []error
	results := make(chan error, len(s.apps))
	for _, p := range s.apps {
		go func() { results <- p.stop(limit) }()
	}
	for range s.apps {
		errs = append(errs, <-results)
	}
	s.apps = nil
	return errors.Join(errs...)
}

// alive reports an application that has ended although nobody stopped it.
func (s *supervisor) alive() error {
	for _, p := range s.apps {
		select {
		case <-p.exited:
			return fmt.Errorf("application %s ended in the middle of the run: %s", p.name, p.lastWords())
		default:
		}
	}
	return nil
}
