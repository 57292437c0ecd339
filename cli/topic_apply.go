package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	kafkatopics "github.com/schemactl/schemactl/stream/topics"
)

// appliedJSON is the JSON of a line of `topic apply`.
type appliedJSON struct {
	kafkatopics.Result
	Error string `json:"error,omitempty"`
}

func newTopicApplyCommand(env *Env, o *topicOptions) *cobra.Command {
	d, addPartitions := &declaration{topicOptions: o}, false
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Make missing topics and alter settings as declared",
		Long: `Makes topics that are missing and sets settings that differ, and waits until the
brokers show it. Done again it changes nothing; any number of processes may run it at
once, so it can be part of every deploy. Partitions are added with --add-partitions
alone, because keys then move to other partitions. Partitions are never taken away,
topics never deleted, replicas never moved, settings that are not declared never
touched.

What fails is told per topic, and the rest is done; the exit code is then 1.`,
		Example: `  schemactl topic apply --brokers 127.0.0.1:9092
  schemactl topic apply --add-partitions --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.with(cmd.Context(), env, func(ctx context.Context, client *kgo.Client, list []kafkatopics.Topic, events []string) error {
				if addPartitions {
					fmt.Fprintf(env.Err, "%s: where partitions are added, keys move to other ones: events of one key from before and after may then be handled side by side\n", env.Project.Name)
				}
				results, err := kafkatopics.Apply(ctx, client, kafkatopics.ApplyRequest{Topics: list, Events: events, AddPartitions: addPartitions})
				return errors.Join(o.printResults(env, results), err, failedTopics(results))
			})
		},
	}
	d.bind(cmd)
	cmd.Flags().BoolVar(&addPartitions, "add-partitions", false, "add partitions where more are declared, which moves keys")
	return cmd
}

func (o *topicOptions) printResults(env *Env, results []kafkatopics.Result) error {
	if o.output == FormatJSON {
		lines := []appliedJSON{}
		for _, r := range results {
			line := appliedJSON{Result: r}
			if r.Err != nil {
				line.Error = r.Err.Error()
			}
			lines = append(lines, line)
		}
		return PrintJSON(env.Out, lines)
	}
	if len(results) == 0 {
		_, err := fmt.Fprintln(env.Out, "nothing to do")
		return err
	}
	rows := make([][]any, len(results))
	changes := make([]kafkatopics.Change, 0, len(results))
	for i, r := range results {
		rows[i] = append(changeCells(r.Change), r.Outcome)
		if r.Outcome != kafkatopics.Done {
			changes = append(changes, r.Change)
		}
	}
	if err := PrintTable(env.Out, []string{"Topic", "What", "Had", "Declared", "Outcome"}, rows); err != nil {
		return err
	}
	return printNotes(env, changes)
}

// failedTopics is the error of what is declared and not so: failures, partitions that
// were not allowed, and fewer than there are.
func failedTopics(results []kafkatopics.Result) error {
	var problems []error
	for _, r := range results {
		what := string(r.Kind)
		if r.Key != "" {
			what = r.Key
		}
		switch {
		case r.Outcome == kafkatopics.Failed:
			problems = append(problems, fmt.Errorf("topic %s: %s: %w", r.Topic, what, r.Err))
		case r.Outcome == kafkatopics.HeldBack:
			problems = append(problems, fmt.Errorf("topic %s: it has %s partitions of %s: --add-partitions adds them, and moves keys", r.Topic, r.From, r.To))
		case r.Action == kafkatopics.Refused:
			problems = append(problems, fmt.Errorf("topic %s: it has %s partitions, more than the %s declared: %s", r.Topic, r.From, r.To, r.Note))
		}
	}
	return errors.Join(problems...)
}
