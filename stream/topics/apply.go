package topics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ApplyRequest says what Apply is to do.
type ApplyRequest struct {
	// Topics is the declaration, with the deployment's prefix.
	Topics []Topic
	// Events are topics that event schemas name, for Compare.
	Events []string
	// AddPartitions allows to add partitions, which moves keys.
	AddPartitions bool
}

// Outcome says what has become of a change.
type Outcome string

// What has become of a change.
const (
	Done     Outcome = "done"      // by this call, or by another one at the same time
	HeldBack Outcome = "held-back" // it needs AddPartitions
	Failed   Outcome = "failed"
	Left     Outcome = "left" // it is refused, told, or for a person to declare
)

// Result is a change and what has become of it.
type Result struct {
	Change
	Outcome Outcome `json:"outcome"`
	// Err is why it failed.
	Err error `json:"-"`
}

const (
	firstPause = 10 * time.Millisecond
	lastPause  = 500 * time.Millisecond
	// settle is how long brokers may take to show what they have confirmed.
	settle = 10 * time.Second
)

// Apply brings a cluster in line with a declaration and waits until the brokers show
// it, up to ten seconds after the last of it was done. What fails is told per topic
// in the results, and the rest goes on; the error is for what ends it as a whole.
// Done again it changes nothing, and several calls may run at once.
func Apply(ctx context.Context, client *kgo.Client, req ApplyRequest) ([]Result, error) {
	a := &applier{req: req, admin: kadm.NewClient(client), done: map[place]*Result{}, failed: map[place]error{}}
	deadline := time.Now().Add(settle)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		plan, err := Compare(ctx, client, req.Topics, req.Events...)
		if err != nil {
			return a.results(plan), err
		}
		open, progress := a.round(ctx, plan)
		if progress {
			deadline = time.Now().Add(settle)
		}
		if !open || time.Now().After(deadline) {
			return a.results(plan), nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return a.results(plan), context.Cause(ctx)
		}
	}
}

// place tells changes apart over several plans.
type place struct {
	topic string
	kind  Kind
	key   string
}

func (c Change) place() place { return place{c.Topic, c.Kind, c.Key} }

type applier struct {
	req   ApplyRequest
	admin *kadm.Client
	order []place
	done  map[place]*Result // what was confirmed or seen to be done by another
	// failed is what no other try can mend.
	failed map[place]error
}

// round does what a plan has to be done. open says that another look is needed,
// progress that something was done.
func (a *applier) round(ctx context.Context, plan *Plan) (open, progress bool) {
	settings := map[string][]Change{}
	for _, c := range plan.Changes {
		if !a.mine(c) || a.failed[c.place()] != nil {
			continue
		}
		open = true
		if c.Kind == Setting {
			settings[c.Topic] = append(settings[c.Topic], c)
			continue
		}
		progress = a.note(c, a.one(ctx, c)) || progress
	}
	for _, t := range a.req.Topics {
		list := settings[t.Name]
		if len(list) == 0 {
			continue
		}
		err := a.alter(ctx, list)
		for _, c := range list {
			progress = a.note(c, err) || progress
		}
	}
	return open, progress
}

func (a *applier) mine(c Change) bool {
	return c.Action == Do || c.Action == Confirm && a.req.AddPartitions
}

// note keeps what became of a try. Done twice is what a broker's late sight makes of
// a change, and no progress.
func (a *applier) note(c Change, err error) (progress bool) {
	raced := errors.Is(err, kerr.TopicAlreadyExists) || errors.Is(err, kerr.InvalidPartitions) && c.Kind == Partitions
	if err != nil && !raced {
		a.failed[c.place()] = err
		return false
	}
	if a.done[c.place()] != nil {
		return false
	}
	a.order = append(a.order, c.place())
	a.done[c.place()] = &Result{Change: c, Outcome: Done, Err: err}
	return true
}

func (a *applier) one(ctx context.Context, c Change) error {
	t := a.topic(c.Topic)
	if c.Kind == Partitions {
		answers, err := a.admin.UpdatePartitions(ctx, int(t.Partitions), t.Name)
		if err != nil {
			return err
		}
		return said(answers[t.Name].Err, answers[t.Name].ErrMessage)
	}
	partitions, replicas := t.Partitions, t.ReplicationFactor
	if partitions == 0 {
		partitions = -1
	}
	if replicas == 0 {
		replicas = -1
	}
	config := map[string]*string{}
	for key, value := range t.Config {
		config[key] = &value
	}
	answer, err := a.admin.CreateTopic(ctx, partitions, replicas, config, t.Name)
	if answer.Err != nil {
		err = said(answer.Err, answer.ErrMessage)
	}
	if errors.Is(err, kerr.InvalidReplicationFactor) {
		err = fmt.Errorf("%w (are there %d brokers? a replication factor of 0 leaves it to them)", err, t.ReplicationFactor)
	}
	return err
}

func (a *applier) topic(name string) Topic {
	for _, t := range a.req.Topics {
		if t.Name == name {
			return t
		}
	}
	return Topic{Name: name}
}

// alter sets the settings of one topic, all or none.
func (a *applier) alter(ctx context.Context, list []Change) error {
	var set []kadm.AlterConfig
	for _, c := range list {
		set = append(set, kadm.AlterConfig{Op: kadm.SetConfig, Name: c.Key, Value: &c.To})
	}
	answers, err := a.admin.AlterTopicConfigs(ctx, set, list[0].Topic)
	if err != nil {
		return err
	}
	for _, r := range answers {
		if r.Err != nil {
			return said(r.Err, r.ErrMessage)
		}
	}
	return nil
}

// said adds what the broker says beside the code.
func said(err error, message string) error {
	if err == nil || message == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, message)
}

// results are what was done, in order, and what the last plan has left.
func (a *applier) results(last *Plan) []Result {
	var out []Result
	left := map[place]bool{}
	if last != nil {
		for _, c := range last.Changes {
			left[c.place()] = true
		}
	}
	for _, p := range a.order {
		r := *a.done[p]
		if !left[p] || last == nil {
			r.Err = nil
			out = append(out, r)
		}
	}
	if last == nil {
		return out
	}
	for _, c := range last.Changes {
		r := Result{Change: c, Outcome: Left}
		switch {
		case a.failed[c.place()] != nil:
			r.Outcome, r.Err = Failed, a.failed[c.place()]
		case a.mine(c):
			r.Outcome, r.Err = Failed, a.unseen(c)
		case c.Action == Confirm:
			r.Outcome = HeldBack
		}
		out = append(out, r)
	}
	return out
}

// unseen is the error of a change that was confirmed and that does not show.
func (a *applier) unseen(c Change) error {
	if done := a.done[c.place()]; done != nil && done.Err != nil {
		return done.Err
	}
	if c.Kind == Setting {
		return fmt.Errorf("the brokers took it and show %q: declare it in their spelling", c.From)
	}
	return errors.New("the brokers do not show it yet: look again with 'topic plan'")
}
