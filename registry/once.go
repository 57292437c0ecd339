package registry

import (
	"errors"
	"slices"
)

// readOnce keeps what came of reading a schema. A change is tried without the store's
// lock first, and under it the text need not be read once more when all that it refers
// to is the same: others wait meanwhile.
type readOnce struct {
	how   reading
	given Schema
	found []contentKey
	draft draft
	err   error
	valid bool
}

// same answers what came of it, or nil when anything is not as it was.
func (o *readOnce) same(how reading, d *draft, found []Version) *readOnce {
	if o == nil || !o.valid || len(how.tags.Keep) > 0 || o.how.strict != how.strict || o.how.normalize != how.normalize || o.how.context != how.context ||
		o.given.Type != d.Type || o.given.Text != d.Text || !slices.Equal(o.given.References, d.References) ||
		!slices.Equal(o.found, keysOf(found)) {
		return nil
	}
	return o
}

// keep takes note of a schema that was read, or whose text was refused. What depends on
// another version's tags is read anew each time.
func (o *readOnce) keep(how reading, given *draft, found []Version, d *draft, err error) {
	own := err == nil || errors.As(err, new(*schemaError)) || errors.Is(err, ErrSchemaTooLarge)
	if o == nil || !own || len(how.tags.Keep) > 0 {
		return
	}
	*o = readOnce{how: how, given: given.Schema, found: keysOf(found), draft: *d, err: err, valid: true}
}

func keysOf(list []Version) []contentKey {
	var keys []contentKey
	for _, v := range list {
		keys = append(keys, keyOf(v.Content))
	}
	return keys
}
