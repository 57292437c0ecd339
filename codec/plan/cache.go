package plan

import (
	"sync"
	"sync/atomic"

	"github.com/schemactl/schemactl/codec"
)

// What a Cache keeps: a consumer needs one plan for each version of each event
// type that it still meets. The text is bounded because plans are as large as
// the schemas that they come from.
const (
	capacity = 512
	maxText  = 64 << 20
)

// Cache compiles plans and keeps the most recently used: at most 512, and of
// writers' schemas of no more than 64 MiB in all. The outcome for a pair of
// schemas is kept whether it is a plan or an error, and is found by the text of
// both. A Cache is safe for concurrent use; callers that ask for the same pair at
// once share one compilation.
//
// Looking up a plan hashes the writer's text. Where every message brings the id
// of its schema, keep the plan by that id and ask the Cache only for new ids.
type Cache struct {
	clock   atomic.Int64 // counts uses, for telling which entry is oldest
	mu      sync.RWMutex // guards the rest
	readers map[*codec.Schema]*shelf
	shelves map[string]*shelf // by the reader's text
	count   int               // entries in all shelves
	text    int               // bytes of their writers' schemas
}

// shelf holds the plans of one reader's schema.
type shelf struct {
	once    sync.Once // guards root and err
	root    *schemaType
	err     error
	entries map[string]*entry // by the writer's text; guarded by the Cache's mu
	last    atomic.Pointer[entry]
}

type entry struct {
	writer string
	used   atomic.Int64
	once   sync.Once // guards plan and err
	plan   *codec.Plan
	err    error
}

// NewCache is an empty Cache.
func NewCache() *Cache {
	return &Cache{readers: map[*codec.Schema]*shelf{}, shelves: map[string]*shelf{}}
}

// Plan is [Compile], whose outcome the Cache keeps. The plan's Reader may be
// another Schema of the same text.
func (c *Cache) Plan(writer string, reader *codec.Schema) (*codec.Plan, error) {
	s, e := c.find(writer, reader)
	if e == nil {
		s, e = c.add(writer, reader)
	}
	e.once.Do(func() {
		s.once.Do(func() { s.root, s.err = parseReader(reader) })
		if e.err = s.err; e.err == nil {
			e.plan, e.err = compile(writer, reader, s.root)
		}
	})
	return e.plan, e.err
}

// find looks for a pair that is known.
func (c *Cache) find(writer string, reader *codec.Schema) (*shelf, *entry) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := c.readers[reader]
	if s == nil {
		return nil, nil
	}
	// Most messages are written with the schema of the message before, which is
	// cheaper to compare than to hash.
	e := s.last.Load()
	if e == nil || e.writer != writer {
		if e = s.entries[writer]; e == nil {
			return nil, nil
		}
		s.last.Store(e)
	}
	e.used.Store(c.clock.Add(1))
	return s, e
}

func (c *Cache) add(writer string, reader *codec.Schema) (*shelf, *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.shelf(reader)
	e := s.entries[writer]
	if e == nil {
		e = &entry{writer: writer}
		s.entries[writer] = e
		c.count++
		c.text += len(writer)
	}
	e.used.Store(c.clock.Add(1))
	for c.count > 1 && (c.count > capacity || c.text > maxText) {
		c.dropOldest()
	}
	return s, e
}

// shelf finds the reader's by its text and remembers where it is. Readers that
// come and go are forgotten together.
func (c *Cache) shelf(reader *codec.Schema) *shelf {
	if s := c.readers[reader]; s != nil {
		return s
	}
	if len(c.readers) >= 2*capacity {
		clear(c.readers)
	}
	s := c.shelves[reader.String()]
	if s == nil {
		s = &shelf{entries: map[string]*entry{}}
		c.shelves[reader.String()] = s
	}
	c.readers[reader] = s
	return s
}

// dropOldest looks at all entries, which costs little next to the compilation
// that made it necessary.
func (c *Cache) dropOldest() {
	var oldest *entry
	var from *shelf
	var text string
	for t, s := range c.shelves {
		for _, e := range s.entries {
			if oldest == nil || e.used.Load() < oldest.used.Load() {
				oldest, from, text = e, s, t
			}
		}
	}
	delete(from.entries, oldest.writer)
	from.last.CompareAndSwap(oldest, nil)
	c.count--
	c.text -= len(oldest.writer)
	if len(from.entries) > 0 {
		return
	}
	delete(c.shelves, text)
	for reader, s := range c.readers {
		if s == from {
			delete(c.readers, reader)
		}
	}
}
