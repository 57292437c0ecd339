package drift

import (
	"fmt"
	"slices"
	"strings"
)

// Side is one of the three that are compared.
type Side string

// The sides.
const (
	SideModels     Side = "models"
	SideMigrations Side = "migrations"
	SideLive       Side = "live"
	SideAll        Side = "all" // no two of the three agree
)

// Case is what kind of difference it is: a stable code.
type Case string

// The cases.
const (
	// CaseMigrationMissing: the models have it, the migrations do not make it.
	CaseMigrationMissing Case = "migration-missing"
	// CaseMigrationExtra: only the migrations have it.
	CaseMigrationExtra Case = "migration-extra"
	// CaseMigrationDiffers: models and live database agree, the migrations do not.
	CaseMigrationDiffers Case = "migration-differs"
	// CaseModelMissing: migrations and live database have it, the models do not.
	CaseModelMissing Case = "model-missing"
	// CaseModelDiffers: migrations and live database agree, the models do not.
	CaseModelDiffers Case = "model-differs"
	// CaseLiveMissing: the migrations that were applied make it, and it is gone.
	CaseLiveMissing Case = "live-missing"
	// CaseLiveExtra: the live database has what nobody knows.
	CaseLiveExtra Case = "live-extra"
	// CaseLiveDiffers: the live database has it otherwise.
	CaseLiveDiffers Case = "live-differs"
	// CaseAllDiffer: each of the three says something else.
	CaseAllDiffer Case = "all-differ"
)

// Difference is one thing in which the three do not agree.
type Difference struct {
	Case Case `json:"case"`
	// Object is what it is about: "column accounts.email".
	Object string `json:"object"`
	Kind   Kind   `json:"kind"`
	Table  string `json:"table"`
	Name   string `json:"name"`
	// Off is the side that stands alone.
	Off Side `json:"off"`
	// Models, Migrations and Live are what each of the three says: the facts
	// that differ, "there", "missing", or "-" where it has no say.
	Models     string `json:"models"`
	Migrations string `json:"migrations"`
	Live       string `json:"live"`
	// Mend is what would put it right.
	Mend string `json:"mend"`
	// SQL does it, where that is certain; else empty.
	SQL string `json:"sql"`
}

const (
	there   = "there"
	missing = "missing"
	silent  = "-"
)

// voices are the three versions of one object; nil is one that is missing.
type voices struct {
	models, migrations, live *Object
	spoken                   bool // whether the models have a say
}

// judge compares the three; nil when they agree.
func judge(dialect string, v voices) *Difference {
	here, made := v.live != nil, v.migrations != nil
	switch {
	case made != here, v.spoken && made && v.models == nil, v.spoken && !made && v.models != nil:
		return existence(v)
	case !made:
		return nil
	}
	lived := unequal(v.migrations, v.live, false)
	if !v.spoken {
		if len(lived) == 0 {
			return nil
		}
		return differing(dialect, v, CaseLiveDiffers, SideLive, lived)
	}
	modelled := unequal(v.models, v.migrations, true)
	switch {
	case len(lived) == 0 && len(modelled) == 0:
		return nil
	case len(lived) == 0:
		return differing(dialect, v, CaseModelDiffers, SideModels, modelled)
	case len(modelled) == 0:
		return differing(dialect, v, CaseLiveDiffers, SideLive, lived)
	case len(unequal(v.models, v.live, true)) == 0:
		return differing(dialect, v, CaseMigrationDiffers, SideMigrations, lived)
	default:
		return differing(dialect, v, CaseAllDiffer, SideAll, append(lived, modelled...))
	}
}

// existence judges what not all of the three have.
func existence(v voices) *Difference {
	wanted := v.models != nil
	made, here := v.migrations != nil, v.live != nil
	d := &Difference{Models: silent, Migrations: presence(made), Live: presence(here)}
	if v.spoken {
		d.Models = presence(wanted)
	}
	about := v.migrations
	switch {
	case made && here:
		d.Case, d.Off = CaseModelMissing, SideModels
		d.Mend = "add it to the model, or drop it with a new migration"
	case made && v.spoken && !wanted:
		d.Case, d.Off = CaseMigrationExtra, SideMigrations
		d.Mend = "the live database lost it by hand: write a migration that drops it if it exists"
	case made:
		d.Case, d.Off = CaseLiveMissing, SideLive
		d.Mend = "somebody removed it from the live database: make it again"
		d.SQL = v.migrations.Create
		if needsValue(v.migrations) {
			d.SQL, d.Mend = "", d.Mend+", with a value for the rows that are there"
		}
	case here && v.spoken && wanted:
		about = v.models
		d.Case, d.Off = CaseMigrationMissing, SideMigrations
		d.Mend = "the live database got it without a migration: write one that makes it where it is missing"
		d.SQL = v.models.Create
	case here:
		about = v.live
		d.Case, d.Off = CaseLiveExtra, SideLive
		d.Mend = "nobody knows it: write a migration that makes it, or drop it from the live database"
	default:
		about = v.models
		d.Case, d.Off = CaseMigrationMissing, SideMigrations
		d.Mend, d.SQL = "write a migration that makes it", v.models.Create
	}
	d.name(about)
	return d
}

func (d *Difference) name(o *Object) {
	d.Object, d.Kind, d.Table, d.Name = o.String(), o.Kind, o.Table, o.Name
}

func presence(is bool) string {
	if is {
		return there
	}
	return missing
}

// needsValue reports whether a column cannot be added to a table with rows.
func needsValue(o *Object) bool {
	return o.Kind == KindColumn && o.value("nullable") == "no" && o.value("default") == ""
}

// differing judges what all have, but not alike.
func differing(dialect string, v voices, c Case, off Side, facts []string) *Difference {
	d := &Difference{Case: c, Off: off, Models: silent, Migrations: say(v.migrations, facts), Live: say(v.live, facts)}
	if v.spoken {
		d.Models = sayMeant(v.models, facts)
	}
	d.name(v.migrations)
	switch c {
	case CaseModelDiffers:
		d.Mend = "change the model's tag, or write a migration that changes the table"
	case CaseMigrationDiffers:
		d.Mend = "the live database was changed without a migration: write one that makes the same change"
	case CaseAllDiffer:
		d.Mend = "decide which of the three is right, and change the other two"
	default:
		d.Mend = "the live database was changed by hand: put it back, or write a migration that makes the same change"
		d.SQL = alter(dialect, v.migrations, v.live, facts)
		switch {
		case v.live.value("valid") == "no":
			d.Mend = "the index is invalid, as a CREATE INDEX CONCURRENTLY that failed leaves it: drop it and build it again"
		case v.live.value("validated") == "no" && v.migrations.value("validated") == "yes":
			d.Mend = "the constraint is NOT VALID: rows from before it may break it; validate it"
		}
	}
	return d
}

// say prints some facts of an object.
func say(o *Object, facts []string) string {
	var parts []string
	for i, f := range o.Facts {
		if slices.Contains(facts, f.Name) {
			parts = append(parts, sayFact(o.Facts[i]))
		}
	}
	return strings.Join(parts, ", ")
}

// sayMeant is say without what models have no say in.
func sayMeant(o *Object, facts []string) string {
	spoken := *o
	spoken.Facts = nil
	for _, f := range o.Facts {
		if !f.Exact {
			spoken.Facts = append(spoken.Facts, f)
		}
	}
	if text := say(&spoken, facts); text != "" {
		return text
	}
	return silent
}

func sayFact(f Fact) string {
	if f.Value == "" {
		return "no " + f.Name
	}
	return fmt.Sprintf("%s %s", f.Name, f.Value)
}
