//go:build !unix

package server

import (
	"context"
	"errors"
)

// keeper needs a Unix shell; elsewhere tests use servers named by variables.
type keeper struct{ gone chan struct{} }

func keep(string, recipe) (*keeper, error) {
	return nil, errors.New("servers are started on Unix only: name a running one by its variable")
}

func (*keeper) again(context.Context) error { return nil }

func (*keeper) stop() error { return nil }

func (*keeper) logTail() string { return "" }
