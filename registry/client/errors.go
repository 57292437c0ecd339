package client

import "errors"

// ErrUnreachable says that no registry answered at the URL. The text of the
// error names the URL, without credentials, and what went wrong.
var ErrUnreachable = errors.New("the schema registry cannot be reached")

// ErrNotOffered says that a registry of another make does not have the call.
var ErrNotOffered = errors.New("this registry does not offer it")

// ErrNotLocked says that a lock file does not have what was asked for.
var ErrNotLocked = errors.New("not in the lock file")
