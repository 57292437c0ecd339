package memory_test

import (
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
	"github.com/schemactl/schemactl/registry/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) registry.Store { return memory.New() })
}
