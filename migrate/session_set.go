package migrate

import (
	"slices"
	"strings"
)

// sets judges a SET.
func (l lexis) sets(p part) sessionEffect {
	if !p.plain {
		return sessionLost
	}
	r := &reader{l.symbols(p.text)}
	r.skip()
	switch {
	case l.dollar:
		if r.word(0, "LOCAL", "TRANSACTION", "CONSTRAINTS") {
			return sessionNone // for a transaction
		}
		return sessionSet // it takes no expressions
	case r.take("STATEMENT"), r.take("PASSWORD"), r.take("DEFAULT", "ROLE"):
		return sessionNone
	case r.take("NAMES"), r.any("CHARSET", "ROLE"), r.take("CHARACTER", "SET"):
		return sessionSet
	}
	list := r.list()
	users := !slices.ContainsFunc(list, func(a *reader) bool { return !a.user() })
	for _, a := range list {
		switch e := a.assignment(); {
		case e == sessionSet:
		case users:
			return sessionNone // whether they are missed tells [lexis.traceOf]
		case len(list) > 1:
			return sessionLost
		default:
			return e
		}
	}
	return sessionSet
}

// user reports whether a user variable comes next.
func (r *reader) user() bool {
	rest := &reader{r.left}
	return rest.sign("@") && !rest.next("@")
}

// assignment judges one of MySQL's: a variable of the session, or a user's.
func (r *reader) assignment() sessionEffect {
	e := sessionSet
	system := r.system()
	switch {
	case !system && r.sign("@"): // a user's
	case r.any("GLOBAL", "PERSIST", "PERSIST_ONLY"):
		e = sessionNone
	default:
		r.any("SESSION", "LOCAL")
	}
	if system {
		r.sign(".")
	}
	_, _, named := r.qualified()
	r.sign(":")
	if !named || !r.sign("=") || e == sessionSet && !r.constant() {
		return sessionLost
	}
	return e
}

// system passes over the mark of a system variable.
func (r *reader) system() bool {
	rest := &reader{r.left}
	if !rest.sign("@") || !rest.next("@") {
		return false
	}
	r.left = r.left[2:]
	return true
}

// constant reports whether what is left means the same at any time.
func (r *reader) constant() bool {
	if !r.sign("-") {
		r.sign("+")
	}
	if len(r.left) == 3 && r.left[1] == (symbol{".", symbolSign}) {
		return strings.Trim(r.left[0].text+r.left[2].text, "0123456789") == ""
	}
	if len(r.left) != 1 || r.left[0].kind == symbolSign {
		return false
	}
	word := strings.ToUpper(r.left[0].text)
	clock := strings.HasPrefix(word, "CURRENT_") || strings.HasPrefix(word, "UTC_") || strings.HasPrefix(word, "LOCALTIME")
	return r.left[0].kind != symbolWord || !clock
}

// setConfig judges a SELECT of PostgreSQL's function, as dumps begin with it.
func (l lexis) setConfig(p part) sessionEffect {
	r := &reader{l.symbols(p.text)}
	if !r.take("SELECT") {
		return sessionLost
	}
	if r.take("PG_CATALOG") {
		r.sign(".")
	}
	if !r.take("SET_CONFIG") || !r.sign("(") || !r.literal() || !r.sign(",") || !r.literal() || !r.sign(",") {
		return sessionLost
	}
	local := r.word(0, "TRUE")
	if !r.any("TRUE", "FALSE") || !r.sign(")") || len(r.left) > 0 {
		return sessionLost
	}
	if local {
		return sessionNone
	}
	return sessionSet
}

func (r *reader) literal() bool {
	if len(r.left) == 0 || r.left[0].kind != symbolLiteral {
		return false
	}
	r.skip()
	return true
}

var (
	// connectionPragmas are settings of SQLite's that end with the connection,
	// and may be set twice.
	connectionPragmas = strings.Fields(`analysis_limit auto_vacuum automatic_index busy_timeout cache_size cache_spill
case_sensitive_like cell_size_check checkpoint_fullfsync count_changes empty_result_callbacks foreign_keys full_column_names
fullfsync hard_heap_limit ignore_check_constraints journal_mode journal_size_limit legacy_alter_table locking_mode
max_page_count mmap_size page_size query_only read_uncommitted recursive_triggers reverse_unordered_selects secure_delete
short_column_names soft_heap_limit synchronous temp_store threads trusted_schema wal_autocheckpoint writable_schema`)
	// otherPragmas look at the database, work on it, or set what is in its file
	// or ends with a transaction.
	otherPragmas = strings.Fields(`application_id defer_foreign_keys encoding foreign_key_check foreign_key_list incremental_vacuum
index_info index_list index_xinfo integrity_check optimize quick_check schema_version shrink_memory table_info table_list
table_xinfo user_version wal_checkpoint`)
)

// pragma judges one of SQLite's. What is not known counts as lost.
func (l lexis) pragma(p part) sessionEffect {
	r := &reader{l.symbols(p.text)}
	r.skip()
	_, name, _ := r.qualified()
	name = strings.ToLower(name)
	switch {
	case len(r.left) == 0, slices.Contains(otherPragmas, name):
		return sessionNone // it asks, at most
	case !slices.Contains(connectionPragmas, name):
		return sessionLost
	case r.sign("("):
		if last := len(r.left) - 1; last >= 0 && r.left[last] == (symbol{")", symbolSign}) {
			r.left = r.left[:last]
		}
	case !r.sign("="):
		return sessionLost
	}
	if r.constant() {
		return sessionSet
	}
	return sessionLost
}
