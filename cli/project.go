package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/migrate"
)

// Project is what a module's own binary carries.
type Project struct {
	// Name is the binary's name in help texts and messages. Default: schemactl.
	Name string
	// Models are pointers to the GORM models, parents before children.
	Models []any
	// Sources are the migrations that `migrate` runs when no --source is given.
	Sources []migrate.Source
	// Schemas holds the Avro schemas; nil when the module has none.
	Schemas fs.FS
	// Commands adds the module's own commands.
	Commands []func(*Env) *cobra.Command
}

// Env is what a command runs in. Commands write results to Out and everything
// else to Err, and read nothing but In.
type Env struct {
	Project Project
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	// LookupEnv reads an environment variable.
	LookupEnv func(string) (string, bool)
}

// Main runs the command line of a project with the process's arguments and
// streams, and returns the exit code. SIGINT and SIGTERM cancel the running
// command, which then finishes what it must and returns; a second one kills it.
func Main(p Project) int {
	//nolint:forbidigo // the root of every context is here
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	env := &Env{Project: p, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, LookupEnv: os.LookupEnv}
	return Run(ctx, env, os.Args[1:])
}

// Run executes one command line and returns the exit code. An error is printed
// to env.Err in one line, unless the command has said it already.
func Run(ctx context.Context, env *Env, args []string) int {
	if env.Project.Name == "" {
		env.Project.Name = "schemactl"
	}
	root := newRootCommand(env)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitDone
	}
	if strings.HasPrefix(err.Error(), "unknown command") {
		err = &UsageError{err: err}
	}
	printError(env, cmd, err)
	return ExitCode(err)
}

func printError(env *Env, cmd *cobra.Command, err error) {
	if _, said := errors.AsType[*saidError](err); said {
		return
	}
	text := strings.TrimSpace(err.Error())
	if errors.Is(err, context.Canceled) {
		text = "interrupted: " + text
	}
	fmt.Fprintf(env.Err, "%s: %s\n", env.Project.Name, text)
	if ExitCode(err) == ExitUsage {
		fmt.Fprintf(env.Err, "Run '%s --help' for how to call it.\n", cmd.CommandPath())
	}
}

// saidError wraps an error whose text the command has printed itself.
type saidError struct{ err error }

// Said marks an error as already told to the user; only its exit code counts.
func Said(err error) error { return &saidError{err: err} }

func (e *saidError) Error() string { return e.err.Error() }
func (e *saidError) Unwrap() error { return e.err }
