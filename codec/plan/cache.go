package plan

import (
	"container/list"
	"sync"

	"github.com/schemactl/schemactl/codec"
)

// capacity is how many plans a Cache keeps. A consumer needs one for each
// version of each event type that it still meets.
const capacity = 512

// Cache compiles plans and keeps the most recently used, at most 512. The
// outcome for a pair of schemas is kept whether it is a plan or an error, and
// is found by the text of both. A Cache is safe for concurrent use; callers
// that ask for the same pair at once share one compilation.
//
// Looking up a plan reads both texts. Where every message brings the id of its
// schema, keep the plan by that id and ask the Cache only for new ids.
type Cache struct {
	mu      sync.Mutex // guards the rest
	entries map[pair]*entry
	recent  *list.List // of *entry, most recently used first
}

type pair struct{ writer, reader string }

type entry struct {
	pair  pair
	place *list.Element
	once  sync.Once // guards plan and err
	plan  *Plan
	err   error
}

// NewCache is an empty Cache.
func NewCache() *Cache {
	return &Cache{entries: map[pair]*entry{}, recent: list.New()}
}

// Plan gives the plan for reading values of the writer's schema into types of
// the reader's. The writer's schema is JSON that is complete in itself.
// ErrSchema and ErrIncompatible tell why there is none.
func (c *Cache) Plan(writer string, reader *codec.Schema) (*Plan, error) {
	e := c.entry(pair{writer: writer, reader: reader.String()})
	e.once.Do(func() { e.plan, e.err = compile(writer, reader) })
	return e.plan, e.err
}

func (c *Cache) entry(key pair) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.entries[key]; found != nil {
		c.recent.MoveToFront(found.place)
		return found
	}
	e := &entry{pair: key}
	e.place = c.recent.PushFront(e)
	c.entries[key] = e
	if c.recent.Len() > capacity {
		if oldest, ok := c.recent.Remove(c.recent.Back()).(*entry); ok {
			delete(c.entries, oldest.pair)
		}
	}
	return e
}
