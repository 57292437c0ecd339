package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	kafkatopics "github.com/schemactl/schemactl/stream/topics"
)

// topicOptions are the flags that the verbs of topic share.
type topicOptions struct {
	kafka   kafkaOptions
	prefix  string
	timeout time.Duration
	output  string
}

func newTopicCommand(env *Env) *cobra.Command {
	o := &topicOptions{}
	cmd := group("topic", "Compare, make and read topics",
		`Topics are declared under 'topics' in schemactl.yaml, or by the binary's project; an
entry of the file replaces the project's of the same name:

  topics:
    - name: messages
      partitions: 6
      replication-factor: 3
      config:
        retention.ms: 604800000
        cleanup.policy: delete

What an entry leaves out is left to the brokers. --topic-prefix stands in front of all
names. Nothing is ever deleted. Brokers that want TLS or a user: see 'help brokers'.`,
		newTopicPlanCommand(env, o), newTopicApplyCommand(env, o), newTopicTailCommand(env, o))
	o.kafka.bind(cmd)
	cmd.PersistentFlags().StringVar(&o.prefix, "topic-prefix", "", "what a deployment puts in front of every topic")
	return cmd
}

// client reaches the brokers, or says that they cannot be.
func (o *topicOptions) client(ctx context.Context, env *Env, opts ...kgo.Opt) (*kgo.Client, error) {
	settings, err := o.kafka.settings()
	if err != nil {
		return nil, err
	}
	settings = append(append(settings, kgo.ClientID(env.Project.Name+"-topic")), opts...)
	client, err := kgo.NewClient(settings...)
	return o.kafka.answered(ctx, client, err)
}

func newTopicPlanCommand(env *Env, o *topicOptions) *cobra.Command {
	d, check := &declaration{topicOptions: o}, false
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show how the cluster's topics differ from the declared ones",
		Long: `Shows what 'topic apply' would do (apply, and confirm: with --add-partitions), what
cannot be done (refused), what is only told, and topics of event schemas that nobody
declares (declare). Changes nothing.

With --check the exit code is 3 when there is anything but what is only told.`,
		Example: `  schemactl topic plan --brokers 127.0.0.1:9092
  schemactl topic plan --check --topic-prefix staging. --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.with(cmd.Context(), env, func(ctx context.Context, client *kgo.Client, list []kafkatopics.Topic, events []string) error {
				plan, err := kafkatopics.Compare(ctx, client, list, events...)
				if err != nil {
					return err
				}
				if err := o.printPlan(env, plan); err != nil {
					return err
				}
				if n := plan.Open(); check && n > 0 {
					return Foundf("the topics differ from the declaration in %s", counted(n, "place"))
				}
				return nil
			})
		},
	}
	d.bind(cmd)
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 when something is to be done")
	return cmd
}

func (o *topicOptions) printPlan(env *Env, plan *kafkatopics.Plan) error {
	if o.output == FormatJSON {
		return PrintJSON(env.Out, plan)
	}
	if len(plan.Changes) == 0 {
		_, err := fmt.Fprintf(env.Out, "%s as declared\n", counted(plan.Topics, "topic"))
		return err
	}
	rows := make([][]any, len(plan.Changes))
	for i, c := range plan.Changes {
		rows[i] = append(changeCells(c), c.Action)
	}
	if err := PrintTable(env.Out, []string{"Topic", "What", "Has", "Declared", "Action"}, rows); err != nil {
		return err
	}
	return printNotes(env, plan.Changes)
}

func changeCells(c kafkatopics.Change) []any {
	what := string(c.Kind)
	if c.Key != "" {
		what = c.Key
	}
	from, to := c.From, c.To
	if from == "" {
		from = "-"
	}
	if to == "" {
		to = "-"
	}
	return []any{c.Topic, what, from, to}
}

// printNotes says what a reader has to know, each once.
func printNotes(env *Env, changes []kafkatopics.Change) error {
	seen := map[string]bool{}
	for _, c := range changes {
		key := string(c.Kind) + c.Note
		if c.Note == "" || seen[key] {
			continue
		}
		seen[key] = true
		if _, err := fmt.Fprintf(env.Out, "\n%s: %s\n", c.Kind, c.Note); err != nil {
			return err
		}
	}
	return nil
}

// counted writes a number and the thing that is counted.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
