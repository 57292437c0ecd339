package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/migrate"
)

// strange gives the source that an object of the live database probably belongs
// to, when it is one whose migrations are not at hand: the object is, or belongs
// to, something named after it. Else it is "".
func (c *comparison) strange(o *Object) string {
	name := o.Table
	if name == "" {
		name = o.Name
	}
	for _, source := range c.live.Sources {
		known := slices.ContainsFunc(c.req.Sources, func(s migrate.Source) bool { return s.Name() == source })
		if !known && (name == source || strings.HasPrefix(name, source+"_")) && !c.made.hasTable(name) && !c.modelled(name) {
			return source
		}
	}
	return ""
}

func (c *comparison) modelled(table string) bool { return c.models != nil && c.models.hasTable(table) }

// notes say what the report leaves out and what may explain differences.
func (c *comparison) notes() []string {
	out := []string{}
	if c.adrift {
		out = append(out, "no migration is recorded as applied: the live database is compared with what all of them make")
	}
	for _, s := range c.status {
		switch s.State {
		case migrate.StateUnknown, migrate.StateMissing:
			out = append(out, fmt.Sprintf("%s is applied, and there is no such file here: another version of the module may explain differences", s.Migration))
		case migrate.StateEdited:
			out = append(out, fmt.Sprintf("%s was edited after it was applied", s.Migration))
		case migrate.StatePartial:
			out = append(out, fmt.Sprintf("%s ended between its statements: finish it first", s.Migration))
		default: // nothing that explains a difference
		}
	}
	out = append(out, c.strangers()...)
	if c.models != nil {
		var bare []string
		for _, t := range c.made.of(KindTable, "") {
			if !c.modelled(t.Name) {
				bare = append(bare, t.Name)
			}
		}
		if len(bare) > 0 {
			out = append(out, "made by migrations, without a model: "+strings.Join(bare, ", "))
		}
	}
	return out
}

// unknownSources are those that the live database has and this call does not.
func (c *comparison) unknownSources() []string {
	return slices.DeleteFunc(slices.Clone(c.live.Sources), func(source string) bool {
		return slices.ContainsFunc(c.req.Sources, func(s migrate.Source) bool { return s.Name() == source })
	})
}

// strangers lists sources that the live database has and this call does not.
func (c *comparison) strangers() []string {
	var out []string
	for _, source := range c.unknownSources() {
		var tables []string
		for _, t := range c.live.of(KindTable, "") {
			if c.strange(t) == source {
				tables = append(tables, t.Name)
			}
		}
		text := fmt.Sprintf("the live database has migrations of source %q, which are not at hand: name them with --add-source", source)
		if len(tables) > 0 {
			text += "; left out: " + strings.Join(tables, ", ")
		}
		out = append(out, text)
	}
	return out
}
