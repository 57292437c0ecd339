package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/registry"
	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
)

const (
	// defaultTopic is where other registries keep their records too.
	defaultTopic = "_schemas"
	kafkaForm    = "kafka://BROKER:PORT,BROKER:PORT/TOPIC, before the brokers USER:PASSWORD@ and behind the topic ?tls=true, &ca=FILE, &cert=FILE&key=FILE or &sasl=plain where they are needed"
)

// kafkaURL is what kafka://USER:PASSWORD@BROKER,BROKER/TOPIC?tls=true&sasl=MECHANISM says.
type kafkaURL struct {
	brokers []string
	topic   string
	client  []kgo.Opt
}

// parseKafkaURL does not use url.Parse, which takes one host alone.
func parseKafkaURL(text string) (*kafkaURL, error) {
	wrong := func(what string) error {
		return Usagef("store %q: %s: want %s", database.Redact(text), what, kafkaForm)
	}
	rest, ok := strings.CutPrefix(text, "kafka://")
	rest, query, _ := strings.Cut(rest, "?")
	rest, topic, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(rest, '@')
	brokers := strings.Split(rest[at+1:], ",")
	if !ok || slices.Contains(brokers, "") || strings.Contains(rest[at+1:], " ") {
		return nil, wrong("the brokers")
	}
	k := &kafkaURL{brokers: brokers, topic: topic}
	if k.topic == "" {
		k.topic = defaultTopic
	}
	settings, err := url.ParseQuery(query)
	if err != nil {
		return nil, wrong("what stands behind the ?")
	}
	var secure kafkaTLS
	files := map[string]*string{"ca": &secure.ca, "cert": &secure.cert, "key": &secure.key}
	for name, values := range settings {
		switch value := values[len(values)-1]; {
		case name == "tls" && (value == "true" || value == "false"):
			secure.on = value == "true"
		case files[name] != nil && value != "":
			*files[name] = value
		case name == "sasl" && at >= 0:
		default:
			return nil, wrong(fmt.Sprintf("the value of %q, or that it is there", name))
		}
	}
	overTLS, err := secure.option("ca of the store", "cert of the store", "key of the store")
	if err != nil {
		return nil, err
	}
	if overTLS != nil {
		k.client = append(k.client, overTLS)
	}
	if at < 0 {
		return k, nil
	}
	name, password, _ := strings.Cut(rest[:at], ":")
	user, err := url.PathUnescape(name)
	if err != nil || user == "" {
		return nil, wrong("the user")
	}
	if password, err = url.PathUnescape(password); err != nil || password == "" {
		return nil, wrong("the password, of which % and what ends it are written as %XX")
	}
	mechanism := saslMechanism(settings.Get("sasl"), user, password)
	if mechanism == nil {
		return nil, wrong("sasl is " + saslForms)
	}
	k.client = append(k.client, kgo.SASL(mechanism))
	return k, nil
}

func openKafkaStore(ctx context.Context, text string, log *slog.Logger) (registry.Store, func() error, error) {
	k, err := parseKafkaURL(text)
	if err != nil {
		return nil, nil, err
	}
	store, err := kafkastore.New(ctx, k.brokers, k.topic, kafkastore.WithLogger(log), kafkastore.WithClientOptions(k.client...))
	if err != nil {
		return nil, nil, fmt.Errorf("registry store %s: %w", database.Redact(text), err)
	}
	return store, store.Close, nil
}
