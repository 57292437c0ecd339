package memory

import (
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// Store is a registry.Store that ends with the process. It is safe for
// concurrent use.
type Store struct{ *replica.Store }

var _ registry.Store = (*Store)(nil)

// New makes an empty store.
func New() *Store { return &Store{replica.New()} }
