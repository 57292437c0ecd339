package drift

import "strings"

// pgTypes reads enums, domains and composite types.
func (in *inspector) pgTypes() error {
	const query = `SELECT t.typname, t.typtype::text,
			(SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
			format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END ||
				coalesce(' DEFAULT ' || t.typdefault, '') ||
				coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', conname, pg_get_constraintdef(oid, true)), '' ORDER BY conname)
					FROM pg_constraint WHERE contypid = t.oid AND contype = 'c'), ''),
			(SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
				FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)
		FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
		WHERE t.typnamespace = current_schema()::regnamespace AND (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND c.relkind = 'c')`
	return in.each(query+notOfExtension("t", "pg_type")+`ORDER BY t.oid`, nil, func(r []string) error {
		create := "CREATE TYPE " + pgQuote(r[0]) + " AS ENUM (" + r[2] + ")"
		switch r[1] {
		case "d":
			create = "CREATE DOMAIN " + pgQuote(r[0]) + " AS " + in.local(r[3])
		case "c":
			create = "CREATE TYPE " + pgQuote(r[0]) + " AS (" + in.local(r[4]) + ")"
		}
		in.out.add(Object{Kind: KindType, Name: r[0], Create: create, Facts: []Fact{exact("definition", create)}})
		return nil
	})
}

// pgSequences reads the sequences that no column owns.
func (in *inspector) pgSequences() error {
	const query = `SELECT c.relname, format('AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s',
			format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END)
		FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid WHERE c.relnamespace = current_schema()::regnamespace
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)`
	return in.each(query+notOfExtension("c", "pg_class")+`ORDER BY 1`, nil, func(r []string) error {
		if !in.own(r[0]) {
			in.out.add(Object{Kind: KindSequence, Name: r[0], Create: "CREATE SEQUENCE " + pgQuote(r[0]) + " " + r[1], Facts: []Fact{exact("definition", r[1])}})
		}
		return nil
	})
}

// pgFunctions also finds out which functions tables, domains and indexes use,
// and which use views: pg_depend knows it for all but the text of old-style
// bodies, which is not looked at when a function is made.
func (in *inspector) pgFunctions() error {
	const query = `SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid),
			EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
				AND (d.classid IN ('pg_attrdef'::regclass, 'pg_type'::regclass)
				OR d.classid = 'pg_constraint'::regclass
				OR d.classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = d.objid) IN ('r', 'p', 'i'))),
			EXISTS (SELECT FROM pg_depend d LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
				LEFT JOIN pg_type e ON e.oid = t.typelem
				JOIN pg_class c ON c.oid IN (t.typrelid, e.typrelid) OR d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
				WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND c.relkind IN ('v', 'm'))
		FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind IN ('f', 'p', 'w')`
	return in.each(query+notOfExtension("p", "pg_proc")+`ORDER BY p.oid`, nil, func(r []string) error {
		text := in.local(strings.TrimSpace(r[1]))
		o := Object{Kind: KindFunction, Name: in.local(r[0]), Create: text, Facts: []Fact{exact("definition", text)}, stage: afterTables}
		switch {
		case r[2] == "true":
			o.stage = beforeTables
		case r[3] == "true":
			o.stage = afterViews
		}
		in.out.add(o)
		return nil
	})
}

func (in *inspector) pgAggregates() error {
	const query = `SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
			format('CREATE AGGREGATE %I(%s) (SFUNC = %s, STYPE = %s%s%s%s%s%s, PARALLEL = %s)', p.proname,
				CASE WHEN pg_get_function_identity_arguments(p.oid) = '' THEN '*' ELSE pg_get_function_identity_arguments(p.oid) END,
				a.aggtransfn, format_type(a.aggtranstype, NULL),
				CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn END, CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' END,
				CASE WHEN a.aggcombinefn <> 0 THEN ', COMBINEFUNC = ' || a.aggcombinefn END, ', INITCOND = ' || quote_literal(a.agginitval),
				CASE WHEN a.aggsortop <> 0 THEN (SELECT format(', SORTOP = OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_operator o
					JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = a.aggsortop) END,
				CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END)
		FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid = p.oid WHERE p.pronamespace = current_schema()::regnamespace AND a.aggkind = 'n'`
	return in.each(query+notOfExtension("p", "pg_proc")+`ORDER BY p.oid`, nil, func(r []string) error {
		text := in.local(r[1])
		in.out.add(Object{Kind: KindFunction, Name: in.local(r[0]), Create: text, Facts: []Fact{exact("definition", text)}, stage: afterTables})
		return nil
	})
}

func (in *inspector) pgRules() error {
	const query = `SELECT c.relname, r.rulename, pg_get_ruledef(r.oid), r.ev_enabled::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
		WHERE c.relnamespace = current_schema()::regnamespace AND r.rulename <> '_RETURN'`
	return in.each(query+notOfExtension("c", "pg_class")+`ORDER BY c.oid, r.rulename`, nil, func(r []string) error {
		if !in.own(r[0]) {
			text := in.local(strings.TrimSuffix(r[2], ";"))
			in.out.add(Object{Kind: KindRule, Table: r[0], Name: r[1], Create: text, Facts: []Fact{exact("definition", text), exact("enabled", r[3])}})
		}
		return nil
	})
}

func (in *inspector) pgViews() error {
	const query = `SELECT c.relname, c.relkind = 'm', pg_get_viewdef(c.oid), array_to_string(c.reloptions, ', ')
		FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('v', 'm')`
	return in.each(query+notOfExtension("c", "pg_class")+`ORDER BY c.oid`, nil, func(r []string) error {
		create := "CREATE VIEW "
		if r[1] == "true" {
			create = "CREATE MATERIALIZED VIEW "
		}
		create += pgQuote(r[0])
		if r[3] != "" {
			create += " WITH (" + r[3] + ")"
		}
		create += " AS\n" + in.local(strings.TrimSuffix(strings.TrimSpace(r[2]), ";"))
		in.out.add(Object{Kind: KindView, Name: r[0], Create: create, Facts: []Fact{exact("definition", squeeze(create))}})
		return nil
	})
}

func (in *inspector) pgTriggers() error {
	const query = `SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text
		FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal AND t.tgparentid = 0`
	return in.each(query+notOfExtension("c", "pg_class")+`ORDER BY c.oid, t.tgname`, nil, func(r []string) error {
		if !in.own(r[0]) {
			text := in.local(r[2])
			in.out.add(Object{Kind: KindTrigger, Table: r[0], Name: r[1], Create: text, Facts: []Fact{
				exact("definition", text),
				exact("enabled", map[string]string{"O": "yes", "D": "no", "R": "replica", "A": "always"}[r[3]]),
			}})
		}
		return nil
	})
}

func (in *inspector) pgPolicies() error {
	const query = `SELECT tablename, policyname, format('AS %s FOR %s TO %s%s%s', permissive, cmd, array_to_string(roles, ', '),
			' USING (' || qual || ')', ' WITH CHECK (' || with_check || ')')
		FROM pg_policies WHERE schemaname = current_schema() ORDER BY 1, 2`
	return in.each(query, nil, func(r []string) error {
		text := in.local(r[2])
		in.out.add(Object{
			Kind: KindPolicy, Table: r[0], Name: r[1], Facts: []Fact{exact("definition", text)},
			Create: "CREATE POLICY " + pgQuote(r[1]) + " ON " + pgQuote(r[0]) + " " + text,
		})
		return nil
	})
}

// pgExtensions reads the extensions whose types, functions and operators are
// used by what stands in the schema, or that stand in it themselves.
func (in *inspector) pgExtensions() error {
	const query = `SELECT quote_ident(x.extname), CASE WHEN n.nspname <> current_schema() THEN quote_ident(n.nspname) END
		FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
		WHERE x.extname <> 'plpgsql' AND (n.nspname = current_schema() OR EXISTS (
			SELECT FROM pg_depend m JOIN pg_depend u ON u.refclassid = m.classid AND u.refobjid = m.objid AND u.deptype = 'n'
			JOIN pg_class c ON u.classid = 'pg_class'::regclass AND c.oid = u.objid AND c.relnamespace = current_schema()::regnamespace
			WHERE m.refclassid = 'pg_extension'::regclass AND m.refobjid = x.oid AND m.deptype = 'e'))
		ORDER BY x.oid`
	return in.each(query, nil, func(r []string) error {
		text := "CREATE EXTENSION IF NOT EXISTS " + r[0]
		if r[1] != "" {
			text += " WITH SCHEMA " + r[1]
		}
		in.out.extensions = append(in.out.extensions, text)
		return nil
	})
}
