package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/codegen"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/compat"
	"github.com/schemactl/schemactl/registry/tree"
)

// treeOptions are the flags of a command about a folder of schemas.
type treeOptions struct {
	schemas  string
	strategy []string
	prefix   string
}

func (t *treeOptions) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.schemas, "schemas", defaultSchemas, "folder of the .avsc files")
	t.bindNaming(cmd)
}

func (t *treeOptions) bindNaming(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&t.strategy, "strategy", nil, "how subjects of events are named: topic, topic-record or record, or `TOPIC=STRATEGY` for one topic (repeatable; default topic)")
	cmd.Flags().StringVar(&t.prefix, "topic-prefix", "", "what a deployment puts in front of every topic")
}

func (t *treeOptions) naming() (tree.Naming, error) {
	n, err := tree.ParseNaming(t.strategy)
	if err != nil {
		return n, &UsageError{err: fmt.Errorf("--strategy: %w", err)}
	}
	n.Prefix = t.prefix
	return n, nil
}

// read reads the folder, or where there is none at the usual place the schemas that
// the binary carries. onDisk tells which.
func (t *treeOptions) read(ctx context.Context, env *Env) (tr *tree.Tree, onDisk bool, err error) {
	naming, err := t.naming()
	if err != nil {
		return nil, false, err
	}
	info, err := os.Stat(t.schemas)
	switch {
	case err == nil && info.IsDir():
		tr, err = tree.Read(ctx, os.DirFS(t.schemas), t.schemas, naming)
		onDisk = true
	case err == nil:
		return nil, false, Usagef("%s is a file: --schemas names the folder of the schemas", t.schemas)
	case errors.Is(err, fs.ErrNotExist) && t.schemas == defaultSchemas && env.Project.Schemas != nil:
		fmt.Fprintf(env.Err, "%s: there is no folder %s: these are the schemas that the binary carries\n", env.Project.Name, t.schemas)
		tr, err = tree.Read(ctx, env.Project.Schemas, "", naming)
	default:
		return nil, false, Usagef("folder of schemas %s is not there: name it by --schemas", t.schemas)
	}
	if errors.Is(err, tree.ErrSubjects) {
		err = &UsageError{err: err}
	}
	return tr, onDisk, err
}

// verdictJSON is the JSON of a line of `schema check` without arguments and of
// `schema push`.
type verdictJSON struct {
	Subject      string               `json:"subject"`
	Name         string               `json:"name"`
	File         string               `json:"file"`
	State        tree.State           `json:"state"`
	Version      int                  `json:"version"`
	ID           uint32               `json:"id"`
	Messages     []string             `json:"messages"`
	Explanations []compat.Explanation `json:"explanations"`
}

func (o *schemaOptions) printVerdicts(env *Env, list []tree.Verdict) error {
	if o.output == FormatJSON {
		lines := []verdictJSON{}
		for _, v := range list {
			messages, explanations := append([]string{}, v.Messages...), append([]compat.Explanation{}, v.Explanations...)
			lines = append(lines, verdictJSON{v.Subject, v.Name, v.File, v.State, v.Version, v.ID, messages, explanations})
		}
		return PrintJSON(env.Out, lines)
	}
	rows := [][]any{}
	for _, v := range list {
		var version, id any = v.Version, v.ID
		if v.Version == 0 {
			version, id = "-", "-"
		}
		rows = append(rows, []any{v.Subject, version, id, v.State, v.File})
	}
	if err := PrintTable(env.Out, []string{"Subject", "Version", "ID", "State", "File"}, rows); err != nil {
		return err
	}
	return printRefusals(env.Out, list)
}

// printRefusals says why. Old schemas are left out: the registry shows them.
func printRefusals(w io.Writer, list []tree.Verdict) error {
	var b strings.Builder
	for _, v := range list {
		if v.State != tree.Refused {
			continue
		}
		fmt.Fprintf(&b, "\n%s (%s):\n", v.Subject, v.File)
		for _, m := range v.Messages {
			if !strings.HasPrefix(m, "{oldSchema:") {
				fmt.Fprintf(&b, "  %s\n", m)
			}
		}
		writeExplanations(&b, "  ", v.Explanations)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeExplanations says what breaks, and below it what would let the schema pass.
func writeExplanations(b *strings.Builder, indent string, list []compat.Explanation) {
	for _, e := range list {
		fmt.Fprintf(b, "%s%s\n", indent, e.Breaks)
		for _, fix := range e.Fixes {
			fmt.Fprintf(b, "%s  would pass: %s\n", indent, fix.Text)
		}
	}
}

func (o *schemaOptions) checkTree(ctx context.Context, env *Env, t *treeOptions) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	tr, _, err := t.read(ctx, env)
	if broken, ok := errors.AsType[*codegen.SchemaError](err); ok {
		return Foundf("%w", broken)
	}
	if err != nil {
		return err
	}
	return o.checkAll(ctx, env, c, tr)
}

func (o *schemaOptions) checkAll(ctx context.Context, env *Env, c *client.Client, tr *tree.Tree) error {
	list, err := tr.Check(ctx, c)
	if err != nil {
		return err
	}
	if err := o.printVerdicts(env, list); err != nil {
		return err
	}
	if n := tree.CountRefused(list); n > 0 {
		return Foundf("%d of %d schemas would be refused", n, len(list))
	}
	return nil
}

type pushOptions struct {
	treeOptions
	dryRun bool
	lock   string
}

func newSchemaPushCommand(env *Env, o *schemaOptions) *cobra.Command {
	p := &pushOptions{}
	cmd := &cobra.Command{
		Use:   "push",
		Short: "Register a folder of schemas and write the lock file",
		Long: `Registers every schema of a folder that its subject does not have, types that
others refer to first, and writes the ids into schemas.lock.json beside them. All are
checked before: when one would be refused, nothing is registered, and it exits with 3.
Done again it changes nothing. Which subjects schemas go to, and what the lock file is
good for, is said in 'help schemas'.`,
		Example: `  schemactl schema push --strategy messages=topic-record
  schemactl schema push --schemas schemas/avro --dry-run
  schemactl schema push --lock none --topic-prefix staging.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("the folder is named by --schemas %s", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return o.push(cmd.Context(), env, p) },
	}
	p.bind(cmd)
	cmd.Flags().BoolVar(&p.dryRun, "dry-run", false, "register and write nothing, say what would be done")
	cmd.Flags().StringVar(&p.lock, "lock", "", "lock `FILE`, or none (default: schemas.lock.json in the folder)")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *schemaOptions) push(ctx context.Context, env *Env, p *pushOptions) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	tr, onDisk, err := p.read(ctx, env)
	if err != nil {
		return err
	}
	if p.dryRun {
		return o.checkAll(ctx, env, c, tr)
	}
	l, err := p.readLock(ctx, c, onDisk)
	if err != nil {
		return err
	}
	list, err := tr.Push(ctx, c)
	if refused, ok := errors.AsType[*tree.RefusedError](err); ok {
		if err := o.printVerdicts(env, refused.Verdicts); err != nil {
			return err
		}
		return Foundf("%v", err)
	}
	if err != nil {
		return err
	}
	if l != nil {
		if err := l.write(ctx, env, c, tr, list); err != nil {
			return err
		}
	}
	return o.printVerdicts(env, list)
}

// pushLock is the lock file that a push writes, and what it says already.
type pushLock struct {
	name     string
	file     *client.LockFile
	identity string // of the registry
}

// readLock reads the lock file before anything is registered: one that cannot be read
// cannot be written either. It is nil for none.
func (p *pushOptions) readLock(ctx context.Context, c *client.Client, onDisk bool) (*pushLock, error) {
	l := &pushLock{name: p.lock, file: &client.LockFile{}}
	switch {
	case l.name == "none", l.name == "" && !onDisk:
		return nil, nil
	case l.name == "":
		l.name = filepath.Join(p.schemas, client.LockName)
	}
	text, err := os.ReadFile(l.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if info, serr := os.Stat(filepath.Dir(l.name)); serr != nil || !info.IsDir() {
			return nil, Usagef("--lock %s: its folder is not there", l.name)
		}
	case err != nil:
		return nil, fmt.Errorf("lock file: %w", err)
	default:
		if l.file, err = client.ParseLockFile(text); err != nil {
			return nil, fmt.Errorf("lock file %s: %w; remove it, and it is written anew", l.name, err)
		}
	}
	l.identity, err = c.Identity(ctx)
	return l, err
}

func (l *pushLock) write(ctx context.Context, env *Env, c *client.Client, tr *tree.Tree, list []tree.Verdict) error {
	was, err := l.file.Lock(l.identity)
	if err != nil && !errors.Is(err, client.ErrNotLocked) {
		return err
	}
	entries, err := tr.Lock(ctx, c, list, was)
	if err != nil {
		return fmt.Errorf("the schemas are registered, but the lock file is not written: %w", err)
	}
	if err := l.file.Set(l.identity, entries); err != nil {
		return err
	}
	changed, err := l.file.WriteFile(l.name)
	if err == nil && changed {
		fmt.Fprintf(env.Err, "%s: wrote %s\n", env.Project.Name, l.name)
	}
	return err
}
