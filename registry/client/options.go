package client

import (
	"errors"
	"net/http"
	"time"
)

// Option changes how a [Client] works.
type Option interface{ apply(*config) error }

type config struct {
	http         *http.Client
	user, pass   string
	autoRegister bool
	lock         *LockFile
	identity     string
	retries      int
	backoff      time.Duration
	timeout      time.Duration
	maxAnswer    int64
}

func defaults() config {
	return config{
		http:      http.DefaultClient,
		retries:   4,
		backoff:   100 * time.Millisecond,
		timeout:   10 * time.Second,
		maxAnswer: 32 << 20,
	}
}

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// WithAutoRegister makes [Client.ID] register a schema that the subject does
// not have. The default is to answer an error: producers in production should
// use what was registered beforehand.
func WithAutoRegister() Option {
	return optionFunc(func(c *config) error {
		c.autoRegister = true
		return nil
	})
}

// WithLock makes [Client.ID] and [Client.Schema] look into a lock file first, and ask
// the registry only for what that lacks. Ids belong to one registry: of the file
// counts what it says of the client's. That is told by the URL; where the file has
// registries by name, the registry is asked for its own once ([Client.Identity]),
// unless [WithIdentity] says it. A file that does not have the registry is of no use
// and does no harm. The default is none.
func WithLock(f *LockFile) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("WithLock: the file is nil")
		}
		c.lock = f
		return nil
	})
}

// WithIdentity says which registry it is, as [Client.Identity] would answer, so that
// with [WithLock] nothing is asked. The default is to ask.
func WithIdentity(identity string) Option {
	return optionFunc(func(c *config) error {
		if identity == "" {
			return errors.New("WithIdentity: it is empty")
		}
		c.identity = identity
		return nil
	})
}

// WithHTTPClient sets the client that sends the requests. The default is
// [http.DefaultClient].
func WithHTTPClient(h *http.Client) Option {
	return optionFunc(func(c *config) error {
		if h == nil {
			return errors.New("WithHTTPClient: the client is nil")
		}
		c.http = h
		return nil
	})
}

// WithBasicAuth sends a user and a password with each request. Those in the
// URL are the default.
func WithBasicAuth(user, password string) Option {
	return optionFunc(func(c *config) error {
		if user == "" {
			return errors.New("WithBasicAuth: the user is empty")
		}
		c.user, c.pass = user, password
		return nil
	})
}

// WithRetries sets how often a request is sent again when the registry cannot
// be reached or answers 5xx, and how long to wait before the first time; the
// wait doubles from one to the next, up to 5 s. Deletes, and what takes them back,
// are sent once; no other request does more the second time. The default is 4 times
// from 100 ms.
func WithRetries(n int, wait time.Duration) Option {
	return optionFunc(func(c *config) error {
		if n < 0 || wait <= 0 {
			return errors.New("WithRetries: the number may not be below 0, the wait has to be above it")
		}
		c.retries, c.backoff = n, wait
		return nil
	})
}

// WithTimeout bounds each attempt of a request. The default is 10 s. The whole
// is bounded by the caller's context.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d <= 0 {
			return errors.New("WithTimeout: the time has to be above 0")
		}
		c.timeout = d
		return nil
	})
}

// WithMaxAnswerBytes bounds an answer's body. The default is 32 MiB.
func WithMaxAnswerBytes(n int64) Option {
	return optionFunc(func(c *config) error {
		if n <= 0 {
			return errors.New("WithMaxAnswerBytes: the bound has to be above 0")
		}
		c.maxAnswer = n
		return nil
	})
}
