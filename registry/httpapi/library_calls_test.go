package httpapi_test

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/schemactl/schemactl/registry"
)

func (c *libraryCall) prefix(otherwise string) (prefix string, defaultOnly bool) {
	switch {
	case c.context != "":
		return c.name(c.query.Get("subjectPrefix")), false
	case c.query.Has("subjectPrefix"):
		return c.query.Get("subjectPrefix"), c.query.Get("subjectPrefix") == ""
	}
	return otherwise, otherwise == ""
}

func (c *libraryCall) doSchemas() (any, bool, error) {
	resolved := c.query.Get("format") == "resolved"
	switch kind := c.at(1); {
	case c.method != "GET":
	case kind == "" && c.query.Get("associationType") == "":
		prefix, defaultOnly := c.prefix("")
		entries, err := c.reg.List(c.ctx, registry.ListRequest{
			Prefix: prefix, DefaultOnly: defaultOnly, Deleted: c.deleted(), LatestOnly: c.flag("latestOnly"),
			RuleType: c.query.Get("ruleType"), Aliases: c.flag("aliases"), Page: c.page(),
		})
		answers := []any{}
		for _, e := range entries {
			answers = append(answers, entryAnswer(e, true))
		}
		return answers, true, err
	case kind == "guids":
		guid, err := registry.ParseHash(c.at(2))
		if err != nil {
			return nil, false, err
		}
		if c.at(3) == "ids" {
			keys, err := c.reg.KeysByGUID(c.ctx, guid)
			answers := []any{}
			for _, k := range keys {
				answers = append(answers, map[string]any{"context": k.Context, "id": k.ID})
			}
			return answers, true, err
		}
		e, err := c.reg.ByGUID(c.ctx, registry.GUIDRequest{GUID: guid, Resolved: resolved, FindTags: c.flag("findTags")})
		return entryAnswer(e, false), true, err
	case kind == "ids":
		return c.doID(resolved)
	}
	return nil, false, nil
}

func (c *libraryCall) doID(resolved bool) (any, bool, error) {
	id, err := strconv.ParseUint(c.at(2), 10, 32)
	if err != nil {
		return nil, false, err
	}
	subject := c.name(c.query.Get("subject"))
	uses := registry.UsesRequest{ID: uint32(id), Subject: subject, Deleted: c.deleted(), Page: c.page()}
	switch c.at(3) {
	case "subjects":
		names, err := c.reg.UsedBy(c.ctx, uses)
		return list(names), true, err
	case "versions":
		versions, err := c.reg.Uses(c.ctx, uses)
		return list(versions), true, err
	case "", "schema":
		e, err := c.reg.ReadID(c.ctx, registry.IDRequest{
			ID: uint32(id), Subject: subject, Resolved: resolved, FindTags: c.flag("findTags"), Qualified: c.query.Get("referenceFormat") == "qualified",
		})
		if c.at(3) == "schema" {
			return schemaAnswer(e), true, err
		}
		answer := entryAnswer(e, false)
		if c.flag("fetchMaxId") && err == nil {
			answer["maxId"], err = c.reg.LastID(c.ctx, e.Subject)
		}
		return answer, true, err
	}
	return nil, false, nil
}

func (c *libraryCall) doSubjects() (any, bool, error) {
	subject, resolved := c.name(c.at(1)), c.query.Get("format") == "resolved"
	switch c.method + " " + fmt.Sprint(len(c.path)) + " " + c.at(2) {
	case "GET 1 ":
		prefix, defaultOnly := c.prefix(":*:")
		names, err := c.reg.Subjects(c.ctx, registry.SubjectsRequest{Prefix: prefix, DefaultOnly: defaultOnly, Deleted: c.deletedInList(), Page: c.page()})
		return list(names), true, err
	case "POST 2 ":
		e, err := c.reg.Lookup(c.ctx, registry.LookupRequest{Subject: subject, Schema: c.schema(), Normalize: c.flag("normalize"), Deleted: c.deleted(), Resolved: resolved})
		return entryAnswer(e, true), true, err
	case "DELETE 2 ":
		numbers, err := c.reg.DeleteSubject(c.ctx, registry.DeleteSubjectRequest{Subject: subject, Permanent: c.flag("permanent")})
		return list(numbers), true, err
	case "GET 3 metadata":
		properties := map[string]string{}
		if len(c.query["key"]) != len(c.query["value"]) {
			return nil, false, nil
		}
		for i, key := range c.query["key"] {
			properties[key] = c.query["value"][i]
		}
		e, err := c.reg.ByMetadata(c.ctx, registry.MetadataRequest{Subject: subject, Properties: properties, Deleted: c.deleted(), Resolved: resolved})
		return entryAnswer(e, true), true, err
	case "GET 3 versions":
		numbers, err := c.reg.ListVersions(c.ctx, registry.VersionsRequest{Subject: subject, Deleted: c.deletedInList(), Page: c.page()})
		return list(numbers), !c.flag("deletedAsNegative"), err
	case "POST 3 versions":
		b := c.body
		e, err := c.reg.Register(c.ctx, registry.RegisterRequest{
			Subject: subject, Schema: c.schema(), Version: number(b.Version), ID: uint32(number(b.ID)), Normalize: c.flag("normalize"), Force: c.flag("force"),
			AddTags: tagged(b.SchemaTagsToAdd), RemoveTags: tagged(b.SchemaTagsToRemove), PropagateTags: b.PropagateSchemaTags,
		})
		return entryAnswer(e, true), true, err
	}
	if c.at(2) != "versions" || c.at(3) == "" {
		return nil, false, nil
	}
	return c.doVersion(subject, resolved)
}

func (c *libraryCall) doVersion(subject string, resolved bool) (any, bool, error) {
	number, err := registry.ParseVersion(c.at(3))
	if err != nil {
		return nil, true, err
	}
	switch c.method + " " + c.at(4) {
	case "GET ", "GET schema":
		e, err := c.reg.ReadVersion(c.ctx, registry.VersionRequest{
			Subject: subject, Version: number, Deleted: c.deleted(), Resolved: resolved, FindTags: c.flag("findTags"),
			Qualified: c.query.Get("referenceFormat") == "qualified",
		})
		if c.at(4) == "schema" {
			return schemaAnswer(e), true, err
		}
		return entryAnswer(e, true), true, err
	case "DELETE ":
		n, err := c.reg.DeleteVersion(c.ctx, registry.DeleteVersionRequest{Subject: subject, Version: number, Permanent: c.flag("permanent")})
		return n, true, err
	case "GET referencedby":
		ids, err := c.reg.ReferencedBy(c.ctx, registry.ReferencedByRequest{Subject: subject, Version: number, Deleted: c.deleted(), Page: c.page()})
		return list(ids), true, err
	case "POST tags":
		b := c.body
		e, err := c.reg.Tag(c.ctx, registry.TagRequest{
			Subject: subject, Version: number, NewVersion: int(max(b.NewVersion, 0)), Add: tagged(b.TagsToAdd), Remove: tagged(b.TagsToRemove),
			Metadata: b.Metadata, Rules: b.RuleSet, MergeRules: b.RulesToMerge, RemoveRules: b.RulesToRemove,
		})
		return entryAnswer(e, true), true, err
	}
	return nil, false, nil
}

func (c *libraryCall) doCheck() (any, bool, error) {
	number := 0
	if c.at(4) != "" {
		var err error
		if number, err = registry.ParseVersion(c.at(4)); err != nil {
			return nil, true, err
		}
	}
	result, err := c.reg.Check(c.ctx, registry.CheckRequest{
		Subject: c.name(c.at(2)), Schema: c.schema(), Version: number, Normalize: c.flag("normalize"), Verbose: c.flag("verbose"),
	})
	answer := map[string]any{"is_compatible": result.Compatible}
	if c.flag("verbose") {
		answer["messages"] = list(result.Messages)
	}
	return answer, c.method == "POST", err
}

func (c *libraryCall) doConfig() (any, bool, error) {
	name := c.name(c.at(1))
	switch c.method {
	case "GET":
		ask := c.reg.Config
		if c.flag("defaultToGlobal") {
			ask = c.reg.EffectiveConfig
		}
		config, err := ask(c.ctx, name)
		return configAnswer("compatibilityLevel", config), true, err
	case "DELETE":
		config, err := c.reg.DeleteConfig(c.ctx, name)
		return configAnswer("compatibilityLevel", config), true, err
	case "PUT":
		change, ok := changeOf(c.members)
		if !ok {
			return nil, false, nil
		}
		config, err := c.reg.SetConfig(c.ctx, name, change)
		return configAnswer("compatibility", config), true, err
	}
	return nil, false, nil
}

func (c *libraryCall) doMode() (any, bool, error) {
	name := c.name(c.at(1))
	answer := func(m registry.Mode, err error) (any, bool, error) { return map[string]any{"mode": m}, true, err }
	switch c.method {
	case "GET":
		if c.flag("defaultToGlobal") {
			return answer(c.reg.EffectiveMode(c.ctx, name))
		}
		return answer(c.reg.Mode(c.ctx, name))
	case "DELETE":
		return answer(c.reg.DeleteMode(c.ctx, registry.DeleteModeRequest{Name: name, Recursive: c.flag("recursive")}))
	case "PUT":
		m, err := registry.ParseMode(c.body.Mode)
		if err == nil {
			err = c.reg.SetMode(c.ctx, registry.SetModeRequest{Name: name, Mode: m, Force: c.flag("force")})
		}
		return answer(m, err)
	}
	return nil, false, nil
}

// sortedNames are the members of a change that are null.
func sortedNames(members map[string]any) []string {
	var names []string
	for name, value := range members {
		if value == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
