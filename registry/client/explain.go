package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/compat"
)

// Explain says what breaks, for whom, and what would let a schema pass that a check
// refused. Where the registry gives no data about that, which none does over HTTP, the
// version that the result names is asked for and compared here. Nil means that there
// is nothing to say: the result is not about an Avro schema's compatibility, or the
// version is gone.
func (c *Client) Explain(ctx context.Context, req registry.CheckRequest, result registry.CheckResult) ([]compat.Explanation, error) {
	if result.Compatible || req.Schema.Type != registry.Avro {
		return nil, nil
	}
	if result.Conflict != nil {
		return result.Conflict.Explain(), nil
	}
	config, err := c.EffectiveConfig(ctx, req.Subject)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	old, err := c.Version(ctx, req.Subject, refusing(req, result))
	if errors.Is(err, registry.ErrSubjectNotFound) || errors.Is(err, registry.ErrVersionNotFound) || err == nil && old.Type != registry.Avro {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	subject := cmp.Or(old.Subject, req.Subject) // the former is where an alias leads
	was, err := c.Parse(ctx, subject, old.Schema)
	if err != nil {
		return nil, fmt.Errorf("explain: version %d of subject %q: %w", old.Version, req.Subject, err)
	}
	is, err := c.Parse(ctx, subject, req.Schema)
	if err != nil {
		return nil, nil //nolint:nilerr // the messages say what is wrong with the text
	}
	level := string(config.Level)
	full := strings.HasPrefix(level, string(registry.LevelFull))
	return compat.Explain(compat.Question{
		Old: was, New: is,
		OldReadsNew: full || strings.HasPrefix(level, string(registry.LevelForward)),
		NewReadsOld: full || strings.HasPrefix(level, string(registry.LevelBackward)),
	}), nil
}

// refusing is the version that a schema clashes with: the one that was asked about, else
// the one that the messages name, else the latest.
func refusing(req registry.CheckRequest, result registry.CheckResult) int {
	if req.Version != 0 {
		return req.Version
	}
	for _, m := range result.Messages {
		text, ok := strings.CutPrefix(m, "{oldSchemaVersion: ")
		if n, err := strconv.Atoi(strings.TrimSuffix(text, "}")); ok && err == nil && n > 0 {
			return n
		}
	}
	return registry.Latest
}
