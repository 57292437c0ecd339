//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// graceTime is how long the command may take to end after a signal.
const graceTime = 20 * time.Second

// signalError says that a signal ended our work before the command ran.
type signalError struct{ sig os.Signal }

func (e *signalError) Error() string { return "ended by " + e.sig.String() }

// code is the exit code that a shell gives for the signal.
func (e *signalError) code() int {
	if s, ok := e.sig.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return exitFailure
}

// runCommand runs the command in a process group of its own, so that a signal
// reaches all of it once, and returns its exit code.
func runCommand(command, env []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // ended by signals, which it may handle
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = groupAttr()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("run %s: %w", command[0], err)
	}
	group := -cmd.Process.Pid
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var (
		ended *signalError
		grace <-chan time.Time
	)
	for {
		select {
		case sig := <-signals:
			ended = &signalError{sig: sig}
			if s, ok := sig.(syscall.Signal); ok {
				_ = syscall.Kill(group, s) // an error means that the group is gone, which done tells
			}
			if grace == nil {
				grace = time.After(graceTime)
			}
		case <-grace:
			_ = syscall.Kill(group, syscall.SIGKILL)
		case err := <-done:
			_ = syscall.Kill(group, syscall.SIGKILL) // what the command left behind
			if ended != nil {
				return ended.code(), nil
			}
			return exitCode(err)
		}
	}
}

func exitCode(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// endWithStarter sends SIGTERM to ourselves when `go run`, which does not pass a
// SIGTERM on, is gone. Started in another way we may outlive our parent.
func endWithStarter(ctx context.Context, signals chan<- os.Signal) {
	parent := os.Getppid()
	if name, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", parent)); err != nil || filepath.Base(name) != "go" {
		return
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if os.Getppid() != parent {
				signals <- syscall.SIGTERM
				return
			}
		}
	}
}
