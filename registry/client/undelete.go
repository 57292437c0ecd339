package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/schemactl/schemactl/registry"
)

// Undelete makes deleted versions live again under their numbers and answers these.
// See [registry.Registry.Undelete]. The contract has no such call: a registry of
// another make is [ErrNotOffered], and [Client.Reregister] is what is left. Over
// HTTP it is sent once: the second time there is nothing left to undelete.
func (c *Client) Undelete(ctx context.Context, req registry.UndeleteRequest) ([]int, error) {
	return c.backend.Undelete(ctx, req)
}

// POST /schemactl/v1/subjects/{subject}/undelete
func (r *remote) Undelete(ctx context.Context, req registry.UndeleteRequest) ([]int, error) {
	q := url.Values{}
	if req.Version != 0 {
		q.Set("version", strconv.Itoa(req.Version))
	}
	var numbers []int
	err := r.attempt(ctx, http.MethodPost, "/schemactl/v1/subjects/"+segment(req.Subject)+"/undelete"+encode(q), []byte("{}"), &numbers)
	return numbers, r.offered("undelete", err)
}

// offered tells a path that a registry does not know from a thing that it does not
// have: the contract has a code of its own for each of the latter.
func (r *remote) offered(what string, err error) error {
	if wire, ok := errors.AsType[*registry.WireError](err); ok && wire.Unwrap() == nil &&
		(wire.Status == http.StatusNotFound || wire.Status == http.StatusMethodNotAllowed) {
		return fmt.Errorf("registry %s: %s: %w", r.shown, what, ErrNotOffered)
	}
	return err
}

// Reregister registers the texts of deleted versions once more, in the order of
// their numbers, and answers the new versions. Their numbers are new, the ids are
// the old ones where the registry still knows them, and they have to be compatible
// with what is there. What was registered before an error stays. A subject without
// such a version is registry.ErrVersionNotFound.
func (c *Client) Reregister(ctx context.Context, req registry.UndeleteRequest) ([]registry.Entry, error) {
	numbers, err := c.ListVersions(ctx, registry.VersionsRequest{Subject: req.Subject, Deleted: registry.WithDeleted})
	if err != nil {
		return nil, err
	}
	var entries []registry.Entry
	for _, n := range numbers {
		if req.Version != 0 && req.Version != n {
			continue
		}
		old, err := c.ReadVersion(ctx, registry.VersionRequest{Subject: req.Subject, Version: n, Deleted: registry.WithDeleted})
		if err == nil {
			err = c.Own(ctx, req.Subject, old)
		}
		if err != nil {
			return entries, err
		}
		isDeleted, err := c.IsDeleted(ctx, req.Subject, old)
		if err != nil {
			return entries, err
		}
		if !isDeleted {
			continue
		}
		e, err := c.Register(ctx, registry.RegisterRequest{Subject: req.Subject, Schema: old.Schema})
		if err != nil {
			return entries, fmt.Errorf("register the text of version %d again: %w", n, err)
		}
		entries = append(entries, e)
	}
	switch {
	case len(entries) > 0:
		return entries, nil
	case req.Version != 0:
		return nil, fmt.Errorf("subject %q: %w: %d is not a deleted version", req.Subject, registry.ErrVersionNotFound, req.Version)
	}
	return nil, fmt.Errorf("subject %q: %w: none is deleted", req.Subject, registry.ErrVersionNotFound)
}
