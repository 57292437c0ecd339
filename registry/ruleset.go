package registry

import (
	"fmt"
	"slices"
	"strings"
)

// RuleSet are the rules that go with a schema. The registry keeps and hands them
// out; whoever writes and reads data applies them.
type RuleSet struct {
	MigrationRules []Rule `json:"migrationRules,omitempty"`
	DomainRules    []Rule `json:"domainRules,omitempty"`
	EncodingRules  []Rule `json:"encodingRules,omitempty"`
}

// Rule is one rule of a set.
type Rule struct {
	// Name is unique among the rules of its list.
	Name string `json:"name"`
	Doc  string `json:"doc,omitempty"`
	// Kind is TRANSFORM or CONDITION.
	Kind string `json:"kind,omitempty"`
	// Mode is UPGRADE, DOWNGRADE or UPDOWN for migration rules, WRITE, READ or
	// WRITEREAD for the others.
	Mode      string            `json:"mode,omitempty"`
	Type      string            `json:"type,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Params    map[string]string `json:"params,omitempty"`
	Expr      string            `json:"expr,omitempty"`
	OnSuccess string            `json:"onSuccess,omitempty"`
	OnFailure string            `json:"onFailure,omitempty"`
	Disabled  bool              `json:"disabled"`
}

// lists are the set's lists with the modes that each takes.
func (s *RuleSet) lists() []ruleList {
	migration, data := []string{"UPGRADE", "DOWNGRADE", "UPDOWN"}, []string{"WRITE", "READ", "WRITEREAD"}
	return []ruleList{
		{"migrationRules", &s.MigrationRules, migration},
		{"domainRules", &s.DomainRules, data},
		{"encodingRules", &s.EncodingRules, data},
	}
}

type ruleList struct {
	name  string
	rules *[]Rule
	modes []string
}

// check refuses what no rule may be, with ErrInvalidRules.
func (s *RuleSet) check() error {
	if s == nil {
		return nil
	}
	for _, list := range s.lists() {
		seen := map[string]bool{}
		for i, rule := range *list.rules {
			at := fmt.Sprintf("%s[%d]", list.name, i)
			switch {
			case rule.Name == "":
				return fmt.Errorf("%w: %s has no name", ErrInvalidRules, at)
			case seen[rule.Name]:
				return fmt.Errorf("%w: %s: the name %q is there twice", ErrInvalidRules, at, rule.Name)
			case !slices.Contains([]string{"TRANSFORM", "CONDITION"}, rule.Kind):
				return fmt.Errorf("%w: %s: kind %q is neither TRANSFORM nor CONDITION", ErrInvalidRules, at, rule.Kind)
			case !slices.Contains(list.modes, rule.Mode):
				return fmt.Errorf("%w: %s: mode %q is none of %s", ErrInvalidRules, at, rule.Mode, strings.Join(list.modes, ", "))
			case slices.ContainsFunc(rule.texts(), isNoUTF8):
				return fmt.Errorf("%w: %s is no UTF-8", ErrInvalidRules, at)
			}
			seen[rule.Name] = true
		}
	}
	return nil
}

// HasType tells whether a rule of the set is of that type.
func (s *RuleSet) HasType(ruleType string) bool {
	if s == nil {
		return false
	}
	return slices.ContainsFunc(s.lists(), func(list ruleList) bool {
		return slices.ContainsFunc(*list.rules, func(r Rule) bool { return r.Type == ruleType })
	})
}

// without is s less the rules of these names.
func (s *RuleSet) without(names []string) *RuleSet {
	if s == nil || len(names) == 0 {
		return s
	}
	out := *s
	for _, list := range out.lists() {
		*list.rules = slices.DeleteFunc(slices.Clone(*list.rules), func(r Rule) bool { return slices.Contains(names, r.Name) })
	}
	return &out
}

// over is s, and below that the rules of base whose names s does not have.
func (s *RuleSet) over(base *RuleSet) *RuleSet {
	switch {
	case s == nil:
		return base
	case base == nil:
		return s
	}
	out := &RuleSet{}
	lower, upper := base.lists(), s.lists()
	for i, list := range out.lists() {
		for _, rule := range *lower[i].rules {
			if !slices.ContainsFunc(*upper[i].rules, func(r Rule) bool { return r.Name == rule.Name }) {
				*list.rules = append(*list.rules, rule)
			}
		}
		*list.rules = append(*list.rules, *upper[i].rules...)
	}
	return out
}

// texts are what a hash of content covers.
func (s *RuleSet) texts() []string {
	var list []string
	for _, rules := range s.lists() {
		for i := range *rules.rules {
			list = append(list, (*rules.rules)[i].texts()...)
		}
	}
	return list
}

func (r *Rule) texts() []string {
	list := append([]string{r.Name, r.Doc, r.Kind, r.Mode, r.Type}, unique(r.Tags)...)
	list = append(appendPairs(list, r.Params), r.Expr, r.OnSuccess, r.OnFailure)
	if r.Disabled {
		list = append(list, "true")
	}
	return list
}
