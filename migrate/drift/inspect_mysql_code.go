package drift

import (
	"regexp"
	"strings"
)

// definer is who made a view or routine: not part of its meaning, and the
// reason why a dump would not load elsewhere.
var (
	definer   = regexp.MustCompile("(?i)\\s+DEFINER\\s*=\\s*(`[^`]*`@`[^`]*`|\\S+)")
	algorithm = regexp.MustCompile(`(?i)\s+ALGORITHM=UNDEFINED`)
)

func (in *inspector) myMade(query string, column int) (string, error) {
	rows, err := in.all(query)
	if err != nil {
		return "", err
	}
	if len(rows) == 0 || len(rows[0]) <= column {
		return "", nil
	}
	return strings.TrimSpace(in.myLocal(definer.ReplaceAllString(rows[0][column], ""))), nil
}

func (in *inspector) myRoutines() error {
	rows, err := in.all(`SELECT routine_name, routine_type FROM information_schema.routines
		WHERE routine_schema = DATABASE() AND routine_type IN ('FUNCTION', 'PROCEDURE') ORDER BY 2, 1`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		text, err := in.myMade("SHOW CREATE "+r[1]+" "+myQuote(r[0]), 2)
		if err != nil {
			return err
		}
		if text == "" {
			text = "-- the text of this routine may not be read by this user"
		}
		in.out.add(Object{Kind: KindFunction, Name: r[0], Create: text, Facts: []Fact{
			exact("type", strings.ToLower(r[1])), exact("definition", text),
		}})
	}
	return nil
}

// myViews orders views behind those that they use.
func (in *inspector) myViews() error {
	rows, err := in.all(`SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1`)
	if err != nil {
		return err
	}
	views := map[string]Object{}
	for _, r := range rows {
		text, err := in.myMade("SHOW CREATE VIEW "+myQuote(r[0]), 1)
		if err != nil {
			return err
		}
		text = algorithm.ReplaceAllString(text, "")
		views[r[0]] = Object{Kind: KindView, Name: r[0], Create: text, Facts: []Fact{exact("definition", text)}}
	}
	added := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		if added[name] {
			return
		}
		added[name] = true
		for _, other := range rows {
			if strings.Contains(views[name].Create, myQuote(other[0])) {
				add(other[0])
			}
		}
		in.out.add(views[name])
	}
	for _, r := range rows {
		add(r[0])
	}
	return nil
}

func (in *inspector) myTriggers() error {
	rows, err := in.all(`SELECT event_object_table, trigger_name FROM information_schema.triggers
		WHERE trigger_schema = DATABASE() ORDER BY event_object_table, action_timing, event_manipulation, action_order`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if in.own(r[0]) {
			continue
		}
		text, err := in.myMade("SHOW CREATE TRIGGER "+myQuote(r[1]), 2)
		if err != nil {
			return err
		}
		in.out.add(Object{Kind: KindTrigger, Table: r[0], Name: r[1], Create: text, Facts: []Fact{exact("definition", text)}})
	}
	return nil
}

func (in *inspector) myEvents() error {
	rows, err := in.all(`SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		text, err := in.myMade("SHOW CREATE EVENT "+myQuote(r[0]), 3)
		if err != nil {
			return err
		}
		in.out.add(Object{Kind: KindEvent, Name: r[0], Create: text, Facts: []Fact{exact("definition", text)}})
	}
	return nil
}
