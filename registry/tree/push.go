package tree

import (
	"context"
	"fmt"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// RefusedError says that a registry would not take schemas of a tree, so that none
// was registered.
type RefusedError struct {
	// Verdicts are those of all schemas.
	Verdicts []Verdict
}

// Error counts the schemas that are refused.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%d of %d schemas would be refused, nothing was registered", CountRefused(e.Verdicts), len(e.Verdicts))
}

// CountRefused counts the verdicts that are refusals.
func CountRefused(list []Verdict) int {
	n := 0
	for _, v := range list {
		if v.State == Refused {
			n++
		}
	}
	return n
}

// Push registers every schema that the registry does not have, those that others refer
// to first, and answers what became of each. It checks all of them before and
// registers none when one would be refused: a [*RefusedError]. Done again it changes
// nothing, and does what is left when it was ended in between.
func (t *Tree) Push(ctx context.Context, c *client.Client) ([]Verdict, error) {
	list, err := t.Check(ctx, c)
	if err != nil {
		return nil, err
	}
	if CountRefused(list) > 0 {
		return nil, &RefusedError{Verdicts: list}
	}
	at := 0
	// Where each type can be referred to.
	where := map[string]registry.Reference{}
	for _, s := range t.Schemas {
		for i := range s.Subjects {
			v := &list[at]
			at++
			if v.State != Unchanged {
				if err := v.register(ctx, c, s, where); err != nil {
					return list, fmt.Errorf("%w (%d of %d schemas are done, the next push goes on there)", err, at-1, len(list))
				}
			}
			if i == 0 {
				where[s.Name] = registry.Reference{Name: s.Name, Subject: v.Subject, Version: v.Version}
			}
		}
	}
	return list, nil
}

func (v *Verdict) register(ctx context.Context, c *client.Client, s Schema, where map[string]registry.Reference) error {
	schema := registry.Schema{Type: registry.Avro, Text: s.Text}
	for _, name := range s.Uses {
		schema.References = append(schema.References, where[name])
	}
	e, err := c.Register(ctx, registry.RegisterRequest{Subject: v.Subject, Schema: schema})
	if err == nil && e.Version == 0 { // old servers answer the id alone
		id := e.ID
		e, err = c.Lookup(ctx, registry.LookupRequest{Subject: v.Subject, Schema: schema})
		e.ID = id
	}
	if err != nil {
		return fmt.Errorf("subject %q: %w", v.Subject, err)
	}
	v.Version, v.ID = e.Version, e.ID
	return nil
}

// Lock lists what a lock file says of the tree in a registry: all versions of its
// subjects that are not deleted, since data of any of them may be around. verdicts are
// those of a push. was is what the file said before, and saves questions; nil for
// nothing.
func (t *Tree) Lock(ctx context.Context, c *client.Client, verdicts []Verdict, was *client.Lock) ([]client.LockedEntry, error) {
	known := map[registry.SubjectVersion]client.LockedEntry{}
	if was != nil {
		for _, e := range was.Entries() {
			known[registry.SubjectVersion{Subject: e.Subject, Version: e.Version}] = e
		}
	}
	var list []client.LockedEntry
	for _, v := range verdicts {
		numbers, err := c.Versions(ctx, v.Subject, registry.Page{})
		if err != nil {
			return nil, err
		}
		// Numbers begin anew in a subject that was removed and made again; ids do not.
		old, ok := known[registry.SubjectVersion{Subject: v.Subject, Version: v.Version}]
		trusted := ok && old.ID == v.ID
		for _, n := range numbers {
			e, ok := known[registry.SubjectVersion{Subject: v.Subject, Version: n}]
			if !ok || !trusted {
				if e, err = lockedEntry(ctx, c, v.Subject, n); err != nil {
					return nil, err
				}
			}
			if e.ID != 0 {
				list = append(list, e)
			}
		}
	}
	return list, nil
}

// lockedEntry asks for a version. One that is not Avro is answered empty.
func lockedEntry(ctx context.Context, c *client.Client, subject string, version int) (client.LockedEntry, error) {
	e, err := c.ResolvedVersion(ctx, registry.VersionRequest{Subject: subject, Version: version})
	if err == nil {
		err = c.Own(ctx, subject, e)
	}
	if err != nil || e.Type != registry.Avro {
		return client.LockedEntry{}, err
	}
	fingerprint, err := client.Fingerprint(e.Text)
	if err != nil {
		return client.LockedEntry{}, fmt.Errorf("version %d of subject %q: %w", version, subject, err)
	}
	return client.LockedEntry{Subject: subject, Version: version, ID: e.ID, Fingerprint: fingerprint, Schema: e.Text}, nil
}
