package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/atomicfile"
)

// LockName is the usual name of a lock file, beside the schemas that it is about.
const LockName = "schemas.lock.json"

// LockFile is schemas.lock.json: which ids the schemas of a tree have in which
// registries. `schema push` writes it; it is made to be committed and embedded. The
// zero value is a file without registries. It is not safe for concurrent use.
//
// It holds the schemas' texts, complete in themselves, so that a program that has
// it can both write and read events without any registry, also those of versions
// that the tree no longer has.
type LockFile struct {
	// locks are by the registry's identity.
	locks map[string]*Lock
}

type lockFileJSON struct {
	Registries []lockJSON `json:"registries"`
}

type lockJSON struct {
	Registry string        `json:"registry"`
	Schemas  []LockedEntry `json:"schemas"`
}

// ReadLockFile reads a lock file from a file system, such as an embedded one. One
// that is not there is fs.ErrNotExist.
func ReadLockFile(from fs.FS, name string) (*LockFile, error) {
	text, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	f, err := ParseLockFile(text)
	if err != nil {
		return nil, fmt.Errorf("lock file %s: %w", name, err)
	}
	return f, nil
}

// ParseLockFile reads the text of a lock file. A text that was changed by hand is
// refused: fingerprints have to be those of the schemas.
func ParseLockFile(text []byte) (*LockFile, error) {
	var b lockFileJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return nil, fmt.Errorf("it is not what schema push writes: %w", err)
	}
	f := &LockFile{}
	for _, registry := range b.Registries {
		if registry.Registry == "" || f.locks[registry.Registry] != nil {
			return nil, fmt.Errorf("registry %q is empty or there twice", registry.Registry)
		}
		if err := f.Set(registry.Registry, registry.Schemas); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Registries lists the identities of the registries, sorted.
func (f *LockFile) Registries() []string { return slices.Sorted(maps.Keys(f.locks)) }

// Lock answers what the file says of a registry. An empty identity means the one
// registry of a file that has no other. What is not there is [ErrNotLocked].
func (f *LockFile) Lock(identity string) (*Lock, error) {
	if identity == "" && len(f.locks) == 1 {
		identity = f.Registries()[0]
	}
	l := f.locks[identity]
	switch {
	case l != nil:
		return l, nil
	case len(f.locks) == 0:
		return nil, fmt.Errorf("%w: the lock file has no registries, 'schema push' writes them", ErrNotLocked)
	case identity == "":
		return nil, fmt.Errorf("%w: the lock file has several registries, name one of %s", ErrNotLocked, strings.Join(f.Registries(), ", "))
	}
	return nil, fmt.Errorf("%w: the lock file does not have registry %s, but %s", ErrNotLocked, identity, strings.Join(f.Registries(), ", "))
}

// Set replaces what the file says of a registry.
func (f *LockFile) Set(identity string, entries []LockedEntry) error {
	l, err := newLock(identity, entries)
	if err != nil {
		return err
	}
	if f.locks == nil {
		f.locks = map[string]*Lock{}
	}
	f.locks[identity] = l
	return nil
}

// Text is the file's text: registries by identity, schemas by subject and version.
func (f *LockFile) Text() ([]byte, error) {
	b := lockFileJSON{Registries: []lockJSON{}}
	for _, identity := range f.Registries() {
		l := f.locks[identity]
		b.Registries = append(b.Registries, lockJSON{identity, l.entries})
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(b); err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	return out.Bytes(), nil
}

// WriteFile writes the file, unless it says the same already, and tells whether it
// did. It is written beside its place and renamed: whoever reads sees the old file or
// the new one.
func (f *LockFile) WriteFile(name string) (changed bool, err error) {
	text, err := f.Text()
	if err != nil {
		return false, err
	}
	if changed, err = atomicfile.Write(name, text); err != nil {
		return false, fmt.Errorf("lock file %s: %w", name, err)
	}
	return changed, nil
}
