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

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/codegen"
	"github.com/schemactl/schemactl/migrate"
	kafkatopics "github.com/schemactl/schemactl/stream/topics"
)

// Project is what a module's own binary carries.
type Project struct {
	// Name is the binary's name in help texts and messages. Default: schemactl.
	Name string
	// Models are pointers to the GORM models, parents before children. `version`
	// names their tables.
	Models []any
	// Sources are the migrations that `migrate` runs when no --source is given.
	Sources []migrate.Source
	// Schemas holds the Avro schemas; nil when the module has none. `schema check`
	// and `schema push` read them where the default folder is not there.
	Schemas fs.FS
	// Topics are what `topic plan` and `topic apply` compare the cluster with;
	// schemactl.yaml can name more, and others of the same name.
	Topics []kafkatopics.Topic
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

	// settings are those of the configuration file, once a command runs.
	settings     *koanf.Koanf
	settingsFile string
}

// Main runs the command line of a project with the process's arguments and
// streams, and returns the exit code. SIGINT, SIGTERM and SIGHUP cancel the running
// command, which then finishes what it must and returns; a second one kills it.
func Main(p Project) int {
	//nolint:forbidigo // the root of every context is here
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	signal.Ignore(syscall.SIGPIPE) // a reader that is gone is an error of the write, not the end of the process
	env := &Env{Project: p, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, LookupEnv: os.LookupEnv}
	return Run(ctx, env, os.Args[1:])
}

// Run executes one command line and returns the exit code. An error is printed
// to env.Err in one line.
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
	if problems, ok := errors.AsType[*codegen.SchemaError](err); ok {
		// One line each, as editors and CI read them.
		fmt.Fprintln(env.Err, problems.Error())
		err = fmt.Errorf("problems in the schemas: %d; nothing was written", len(problems.Problems)+problems.More)
	}
	text := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	if errors.Is(err, context.Canceled) {
		text = "interrupted: " + text
	}
	if ExitCode(err) == ExitUsage {
		text += fmt.Sprintf(" (see '%s --help')", cmd.CommandPath())
	}
	fmt.Fprintf(env.Err, "%s: %s\n", env.Project.Name, text)
}
