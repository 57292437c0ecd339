package registry

import "errors"

// DefaultMaxSchemaBytes bounds a schema's text where nothing else is said.
const DefaultMaxSchemaBytes = 1 << 20

// Option changes how a [Registry] works.
type Option interface{ apply(*config) error }

type config struct {
	maxSchemaBytes int
	maxParsed      int
	fixedModes     bool
	lenient        bool
}

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// WithMaxSchemaBytes bounds the text of a schema that is registered, looked up
// or checked. The default is [DefaultMaxSchemaBytes]. With all that it refers to a
// schema may have four times as many.
func WithMaxSchemaBytes(n int) Option {
	return optionFunc(func(c *config) error {
		if n <= 0 {
			return errors.New("WithMaxSchemaBytes: the bound has to be above 0")
		}
		c.maxSchemaBytes = n
		return nil
	})
}

// WithParsedCache sets how many parsed schemas are kept for compatibility checks and
// references. The default is 1000; each takes some ten times its text's size, and of
// long ones fewer are kept, those of 8 MB of text.
func WithParsedCache(n int) Option {
	return optionFunc(func(c *config) error {
		if n <= 0 {
			return errors.New("WithParsedCache: the number has to be above 0")
		}
		c.maxParsed = n
		return nil
	})
}

// WithFixedModes refuses every change of a mode. By default modes can be changed.
func WithFixedModes() Option {
	return optionFunc(func(c *config) error {
		c.fixedModes = true
		return nil
	})
}

// WithLenientSchemas takes new schemas whose defaults and names are not valid,
// where no config says otherwise. By default they are refused.
func WithLenientSchemas() Option {
	return optionFunc(func(c *config) error {
		c.lenient = true
		return nil
	})
}
