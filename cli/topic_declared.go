package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codegen"
	kafkatopics "github.com/schemactl/schemactl/stream/topics"
)

// topicsKey is the one key of schemactl.yaml that is no flag.
const topicsKey = "topics"

// declaration is what plan and apply are about.
type declaration struct {
	*topicOptions
	schemas string
}

func (d *declaration) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.schemas, "schemas", defaultSchemas, "folder of the .avsc files, whose events say which topics they need")
	cmd.Flags().DurationVar(&d.timeout, "timeout", time.Minute, "how long it may take at most")
	OutputFlag(cmd, &d.output)
}

// with compares, or does, what is declared, on a client of the brokers and within
// --timeout.
func (d *declaration) with(ctx context.Context, env *Env,
	do func(ctx context.Context, client *kgo.Client, list []kafkatopics.Topic, events []string) error,
) error {
	list, events, err := d.read(ctx, env)
	if err != nil {
		return err
	}
	client, err := d.client(ctx, env)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return do(ctx, client, list, events)
}

// read gives the declared topics and those that events need, with the prefix.
func (d *declaration) read(ctx context.Context, env *Env) (list []kafkatopics.Topic, events []string, err error) {
	if list, err = env.declaredTopics(); err != nil {
		return nil, nil, err
	}
	list = kafkatopics.WithPrefix(d.prefix, list)
	if err := kafkatopics.Validate(list); err != nil {
		return nil, nil, &UsageError{err: err}
	}
	if events, err = d.events(ctx, env); err != nil {
		return nil, nil, err
	}
	for i := range events {
		events[i] = d.prefix + events[i]
	}
	if len(list) == 0 && len(events) == 0 {
		return nil, nil, Usagef("no topics are declared: name them under topics in %s (see 'help topic')", defaultConfigFile)
	}
	return list, events, nil
}

// declaredTopics are the project's topics and those of the configuration file, which
// replace the project's of the same name.
func (e *Env) declaredTopics() ([]kafkatopics.Topic, error) {
	list := slices.Clone(e.Project.Topics)
	if e.settings == nil || !e.settings.Exists(topicsKey) {
		return list, nil
	}
	items, ok := e.settings.Get(topicsKey).([]any)
	if !ok {
		return nil, Usagef("%s: %s: want a list, each item with a name", e.settingsFile, topicsKey)
	}
	var problems []error
	own := map[string]bool{}
	for i, item := range items {
		t, err := readTopic(item)
		if err == nil && own[t.Name] {
			err = errors.New("it is declared twice")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: item %d (%q): %w", e.settingsFile, topicsKey, i+1, t.Name, err))
			continue
		}
		own[t.Name] = true
		at := slices.IndexFunc(list, func(other kafkatopics.Topic) bool { return other.Name == t.Name })
		if at < 0 {
			list = append(list, t)
			continue
		}
		list[at] = t
	}
	if len(problems) > 0 {
		return nil, &UsageError{err: errors.Join(problems...)}
	}
	return list, nil
}

// readTopic reads an item of the list, and refuses keys that it does not know.
func readTopic(item any) (t kafkatopics.Topic, err error) {
	if name, ok := item.(string); ok {
		return kafkatopics.Topic{Name: name}, kafkatopics.Validate([]kafkatopics.Topic{{Name: name}})
	}
	fields, ok := item.(map[string]any)
	if !ok {
		return t, errors.New("want a name, or keys name, partitions, replication-factor and config")
	}
	t.Name, _ = fields["name"].(string)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value := fields[key]
		switch key {
		case "name":
		case "partitions":
			n, err := whole(value, kafkatopics.MaxPartitions)
			if err != nil {
				return t, fmt.Errorf("partitions: %w", err)
			}
			t.Partitions = int32(n) //nolint:gosec // bounded above
		case "replication-factor":
			n, err := whole(value, math.MaxInt16)
			if err != nil {
				return t, fmt.Errorf("replication-factor: %w", err)
			}
			t.ReplicationFactor = int16(n) //nolint:gosec // bounded above
		case "config":
			if t.Config, err = settingsOf(value); err != nil {
				return t, fmt.Errorf("config: %w", err)
			}
		default:
			return t, fmt.Errorf("unknown key %q: want name, partitions, replication-factor and config", key)
		}
	}
	return t, kafkatopics.Validate([]kafkatopics.Topic{t})
}

func whole(value any, most int) (int, error) {
	n, ok := value.(int)
	if !ok || n < 1 || n > most {
		return 0, fmt.Errorf("%v: want a number from 1 to %d", value, most)
	}
	return n, nil
}

func settingsOf(value any) (map[string]string, error) {
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("want a value for each setting, one a line: 'retention.ms: 604800000'")
	}
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[key].(type) {
		case string:
			out[key] = v
		case int:
			out[key] = strconv.Itoa(v)
		case bool:
			out[key] = strconv.FormatBool(v)
		case float64:
			out[key] = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("%s: %v: want a word or a number", key, v)
		}
	}
	return out, nil
}

// events are the topics that event schemas name: of the folder, else of the schemas
// that the binary carries. Where there is neither, nothing is known.
func (d *declaration) events(ctx context.Context, env *Env) ([]string, error) {
	from, label := env.Project.Schemas, ""
	info, err := os.Stat(d.schemas)
	switch {
	case err == nil && info.IsDir():
		from, label = os.DirFS(d.schemas), d.schemas
	case err == nil:
		return nil, Usagef("%s is a file: --schemas names the folder of the schemas", d.schemas)
	case !errors.Is(err, fs.ErrNotExist) || d.schemas != defaultSchemas:
		return nil, Usagef("folder of schemas %s is not there: name it by --schemas", d.schemas)
	case from == nil:
		return nil, nil
	}
	definitions, err := codegen.Definitions(ctx, from, label)
	if err != nil {
		return nil, err
	}
	var events []string
	for _, def := range definitions {
		if def.Topic != "" {
			events = append(events, def.Topic)
		}
	}
	return events, nil
}
