package client

import (
	"context"
	"errors"
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// defaultCluster is what registries call themselves that nobody has named.
const defaultCluster = "schema-registry"

// clusterPrefix tells identities that are names from those that are URLs.
const clusterPrefix = "cluster:"

// Identity says which registry this is, so that its ids are not taken for those of
// another one. It is what GET /v1/metadata/id tells, as "cluster:NAME" or
// "cluster:KAFKA/NAME"; for a registry that was given no name there it is the URL
// without credentials. [WithIdentity] says it beforehand. A registry in this process is
// "local".
func (c *Client) Identity(ctx context.Context) (string, error) {
	r, ok := c.backend.(*remote)
	if !ok {
		return "local", nil
	}
	if r.config.identity != "" {
		return r.config.identity, nil
	}
	return c.identity.do(ctx, "", r.identity)
}

// GET /v1/metadata/id
func (r *remote) identity(ctx context.Context) (string, error) {
	var b struct {
		Scope struct {
			Clusters struct {
				Kafka    string `json:"kafka-cluster"`
				Registry string `json:"schema-registry-cluster"`
			} `json:"clusters"`
		} `json:"scope"`
	}
	err := r.do(ctx, http.MethodGet, "/v1/metadata/id", nil, &b)
	if wire, ok := errors.AsType[*registry.WireError](err); ok && wire.Status == http.StatusNotFound {
		return r.base, nil // of another make
	}
	if err != nil {
		return "", err
	}
	switch at := b.Scope.Clusters; {
	case at.Kafka != "":
		return clusterPrefix + at.Kafka + "/" + at.Registry, nil
	case at.Registry != "" && at.Registry != defaultCluster:
		return clusterPrefix + at.Registry, nil
	}
	return r.base, nil
}
