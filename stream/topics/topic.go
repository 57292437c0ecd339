package topics

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Topic is what a project wants of one topic.
type Topic struct {
	// Name is the topic's name, without the prefix of a deployment.
	Name string
	// Partitions is how many there are to be; 0 leaves it to the brokers.
	Partitions int32
	// ReplicationFactor is how many brokers keep each partition; 0 leaves it to the
	// brokers.
	ReplicationFactor int16
	// Config are settings of the topic, such as "retention.ms". What is not named
	// stays as it is.
	Config map[string]string
}

// MaxPartitions is the most partitions of a topic that are taken for meant.
const MaxPartitions = 100_000

// Validate reports everything that is wrong with a declaration at once.
func Validate(list []Topic) error {
	var problems []error
	seen := map[string]bool{}
	for i, t := range list {
		wrong := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("topic %d (%q): %w", i+1, t.Name, fmt.Errorf(format, args...)))
		}
		switch {
		case !isName(t.Name):
			wrong("a name has 1 to 249 letters, digits, dots, dashes and underscores")
		case seen[t.Name]:
			wrong("it is declared twice")
		}
		seen[t.Name] = true
		if t.Partitions < 0 || t.Partitions > MaxPartitions {
			wrong("%d partitions: want 1 to %d, or 0 to leave it to the brokers", t.Partitions, MaxPartitions)
		}
		if t.ReplicationFactor < 0 {
			wrong("replication factor %d: want 1 or more, or 0 to leave it to the brokers", t.ReplicationFactor)
		}
		for _, key := range slices.Sorted(maps.Keys(t.Config)) {
			if strings.TrimSpace(key) != key || key == "" {
				wrong("setting %q has no name", key)
			}
		}
	}
	return errors.Join(problems...)
}

// WithPrefix puts a deployment's prefix in front of all names.
func WithPrefix(prefix string, list []Topic) []Topic {
	out := slices.Clone(list)
	for i := range out {
		out[i].Name = prefix + out[i].Name
	}
	return out
}

func isName(s string) bool {
	if s == "" || len(s) > 249 || s == "." || s == ".." {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	})
}
