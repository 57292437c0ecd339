package registry

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subjects live in contexts, and a subject's whole name says in which: ":.eu:a"
// is the subject "a" of the context ".eu", and a name without such a front is in
// the default context. Ids count per context.
const (
	// DefaultContext is the context of subjects whose name names none.
	DefaultContext = "."
	// GlobalContext holds the settings that all contexts inherit, and no schemas.
	GlobalContext = ".__GLOBAL"
	// AllContexts, before a prefix of names, means that of every context.
	AllContexts = ":*:"
)

// ContextOf splits a subject's whole name into its context and its own name. The
// latter is empty for a name that stands for the context itself.
func ContextOf(subject string) (contextName, name string) {
	if !strings.HasPrefix(subject, ":.") {
		return DefaultContext, subject
	}
	end := strings.IndexByte(subject[1:], ':')
	if end < 0 {
		return DefaultContext, subject
	}
	return subject[1 : 1+end], subject[2+end:]
}

// Qualify is the whole name of a subject of a context. A name that has a context
// of its own keeps it.
func Qualify(contextName, subject string) string {
	if strings.HasPrefix(subject, ":.") {
		return normalName(subject)
	}
	if contextName == DefaultContext {
		return subject
	}
	return ":" + contextName + ":" + subject
}

// normalName takes the default context's front off a name: ":.:a" is "a".
func normalName(subject string) string {
	if name, ok := strings.CutPrefix(subject, ":.:"); ok {
		return name
	}
	return subject
}

// maxSubjectBytes is what every store can index.
const maxSubjectBytes = 1024

// checkSubject refuses names that the contract keeps for itself. It guards
// writes; a read of such a name finds nothing.
func checkSubject(name string) error {
	contextName, own := ContextOf(name)
	switch {
	case own == "":
		return fmt.Errorf("%w: it is empty", ErrInvalidSubject)
	case contextName == GlobalContext:
		return fmt.Errorf("%w: context %s takes no schemas", ErrInvalidSubject, GlobalContext)
	}
	return checkName(name)
}

// checkSettable is checkSubject for settings, which a context may have too.
func checkSettable(name string) error {
	if _, own := ContextOf(name); own == "" && name != "" {
		return checkName(name)
	}
	if name == "" {
		return nil
	}
	if contextName, _ := ContextOf(name); contextName == GlobalContext {
		return fmt.Errorf("%w: context %s has no subjects", ErrInvalidSubject, GlobalContext)
	}
	return checkSubject(name)
}

func checkName(name string) error {
	_, own := ContextOf(name)
	switch {
	case len(name) > maxSubjectBytes:
		return fmt.Errorf("%w: it has %d bytes, the most is %d", ErrInvalidSubject, len(name), maxSubjectBytes)
	case own == "__GLOBAL" || own == "__EMPTY":
		return fmt.Errorf("%w: %s is reserved", ErrInvalidSubject, own)
	case strings.HasPrefix(name, AllContexts):
		return fmt.Errorf("%w: %q names all contexts", ErrInvalidSubject, name)
	case strings.HasPrefix(own, ":."):
		return fmt.Errorf("%w: %q begins like the name of a context, which ends with a colon", ErrInvalidSubject, own)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: %q has control characters or is no UTF-8", ErrInvalidSubject, name)
	}
	return nil
}
