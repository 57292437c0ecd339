package registry

import (
	"context"
	"fmt"
	"maps"
)

// A schema is read with all that it refers to, so a short one may stand for much.
// These bound that, in multiples of the longest text that is taken.
const (
	// mostResolved is for the text with its references written out.
	mostResolved = 4
	// mostRead is for what is read on the way there: each schema that is referred to
	// is written out with its own references, too.
	mostRead = 32
	// leastWeight is what the shortest text counts: reading it is not all of the work.
	leastWeight = 256
)

// weigher adds up what reading a schema takes, without reading it.
type weigher struct {
	*Registry
	from Reader
	// within has for each content what it leads to, itself among that.
	within map[contentKey]map[contentKey]int
	// resolved counts each content once, read all that each of them leads to.
	resolved, read int
}

// weigh refuses a schema that with its references would take too long to read.
func (r *Registry) weigh(ctx context.Context, from Reader, c Content) error {
	w := weigher{Registry: r, from: from, within: map[contentKey]map[contentKey]int{}}
	return w.visit(ctx, c)
}

// visit goes depth first, so that what is far too much is left early, and comes to each
// content once: references have no circles.
func (w *weigher) visit(ctx context.Context, c Content) error {
	own := max(leastWeight, len(c.Text))
	if w.resolved += own; w.resolved > mostResolved*w.config.maxSchemaBytes {
		return fmt.Errorf("%w: with all that it refers to it has more than %d bytes", ErrSchemaTooLarge, mostResolved*w.config.maxSchemaBytes)
	}
	all := map[contentKey]int{keyOf(c): own}
	how := reading{from: w.from, context: c.Context, deleted: WithDeleted}
	_, found, err := w.resolve(ctx, how, c.References)
	if err != nil {
		found = nil // who reads it says what is wrong
	}
	for _, v := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, known := w.within[keyOf(v.Content)]; !known {
			if err := w.visit(ctx, v.Content); err != nil {
				return err
			}
		}
		maps.Copy(all, w.within[keyOf(v.Content)])
	}
	w.within[keyOf(c)] = all
	for _, n := range all {
		w.read += n
	}
	if w.read > mostRead*w.config.maxSchemaBytes {
		return fmt.Errorf("%w: to read all that it refers to takes more than %d bytes", ErrSchemaTooLarge, mostRead*w.config.maxSchemaBytes)
	}
	return nil
}
