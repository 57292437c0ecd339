package tree

import (
	"errors"
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/codec"
)

// ErrNaming says that words name no strategy.
var ErrNaming = errors.New("want topic, topic-record or record, alone or behind TOPIC=")

// Naming says which subjects events go to. The zero value is codec.TopicName without a
// prefix, what outbox and stream do when nothing else is said.
type Naming struct {
	// Prefix is put in front of every topic, as outbox.WithTopicPrefix does.
	Prefix string
	// Default holds for topics that PerTopic does not have; nil is codec.TopicName.
	Default  codec.SubjectNaming
	PerTopic map[string]codec.SubjectNaming
}

// ParseNaming reads strategies: topic, topic-record or record for all topics,
// TOPIC=STRATEGY for one. What is neither is [ErrNaming].
func ParseNaming(words []string) (Naming, error) {
	n := Naming{PerTopic: map[string]codec.SubjectNaming{}}
	for _, word := range words {
		topic, strategy, one := strings.Cut(word, "=")
		if !one {
			strategy = word
		}
		var naming codec.SubjectNaming
		switch strategy {
		case "topic":
			naming = codec.TopicName
		case "topic-record":
			naming = codec.TopicRecordName
		case "record":
			naming = codec.RecordName
		default:
			return Naming{}, fmt.Errorf("strategy %q: %w", word, ErrNaming)
		}
		if one {
			n.PerTopic[topic] = naming
		} else {
			n.Default = naming
		}
	}
	return n, nil
}

// subject is where a type of that topic goes; topic is empty for one that is no event.
func (n Naming) subject(name, topic string) string {
	if topic == "" {
		return name
	}
	naming := n.PerTopic[topic]
	if naming == nil {
		naming = n.Default
	}
	if naming == nil {
		naming = codec.TopicName
	}
	return naming(n.Prefix+topic, codec.NewSchema(name, "", codec.Fingerprints{}))
}
