package registry

import (
	"context"
	"crypto/md5"
	"errors"
	"slices"
	"strings"
	"sync"
)

// findMeaning finds the newest version of a subject that means what the draft does
// and has its metadata and rules.
func (r *Registry) findMeaning(ctx context.Context, from Reader, s scope, d *draft, which Deleted) (Version, error) {
	if v, err := r.findText(ctx, from, s, d, which); !errors.Is(err, ErrSchemaNotFound) {
		return v, err
	}
	return r.findAny(ctx, from, s, d, which, allSaid)
}

// sense is what has to be equal for two schemas to be the same, once it is known
// what their texts mean.
type sense func(meaning Hash, s Schema) Hash

func meaningAlone(meaning Hash, _ Schema) Hash { return meaning }

// allSaid covers the metadata and the rules too.
func allSaid(meaning Hash, s Schema) Hash {
	rest := ContentHash(Schema{Metadata: s.Metadata.withoutVersion(), Rules: s.Rules})
	return md5.Sum(append(meaning[:], rest[:]...))
}

// lookedThrough is how many versions are compared one by one. Subjects with more
// have their older ones in an index.
const lookedThrough = 20

// findAny finds the newest version of a subject that is the same as the draft.
func (r *Registry) findAny(ctx context.Context, from Reader, s scope, d *draft, which Deleted, in sense) (Version, error) {
	wanted := in(d.meaning(), d.Schema)
	isSame := func(v Version) (bool, error) {
		meaning, err := r.readable(ctx, from, v.Content)
		return err == nil && meaning != nil && v.Type == d.Type && in(*meaning, v.Schema) == wanted, err
	}
	newest, err := from.History(ctx, VersionsRequest{Subject: s.subject, Deleted: which, Page: Page{Limit: lookedThrough}})
	if err != nil {
		return Version{}, err
	}
	for _, v := range newest {
		switch same, err := isSame(v); {
		case err != nil:
			return Version{}, err
		case same:
			return v, nil
		}
	}
	if len(newest) < lookedThrough {
		return Version{}, ErrSchemaNotFound
	}
	numbers, err := r.numbers(ctx, from, s.subject, wanted)
	if err != nil {
		return Version{}, err
	}
	for _, n := range numbers { // which may be gone by now, or another's
		v, err := from.Version(ctx, SubjectVersion{s.subject, n}, which)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return Version{}, err
		}
		switch same, err := isSame(v); {
		case err != nil:
			return Version{}, err
		case same:
			return v, nil
		}
	}
	return Version{}, ErrSchemaNotFound
}

// readable is the meaning of a content; nil for one that cannot be read, or is gone.
func (r *Registry) readable(ctx context.Context, from Reader, c Content) (*Hash, error) {
	meaning, err := r.meaning(ctx, from, c)
	switch {
	case errors.Is(err, ErrSchemaNotFound), errors.Is(err, ErrInvalidSchema):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &meaning, nil
}

// numbers lists the versions of a subject that had a sense when they came, newest
// first.
func (r *Registry) numbers(ctx context.Context, from Reader, subject string, wanted Hash) ([]int, error) {
	index := r.senses.of(subject)
	news, err := from.News(ctx, subject, index.upTo())
	if err != nil {
		return nil, err
	}
	found := map[Hash][]int{}
	for _, v := range news.Versions {
		meaning, err := r.readable(ctx, from, v.Content)
		if err != nil {
			return nil, err
		}
		if meaning != nil {
			for _, in := range []sense{meaningAlone, allSaid} {
				key := in(*meaning, v.Schema)
				found[key] = append(found[key], v.Number)
			}
		}
	}
	r.senses.grown(len(news.Versions))
	return index.add(news.Now, found, wanted), nil
}

// senseIndex is an index for each subject with many versions. What it says may be
// overtaken, so it is looked at before it is believed: only that it knows of all
// versions counts.
type senseIndex struct {
	mu       sync.Mutex // guards the rest
	subjects map[string]*subjectSenses
	size     int
}

func newSenseIndex() *senseIndex { return &senseIndex{subjects: map[string]*subjectSenses{}} }

// of answers the index of a subject.
func (x *senseIndex) of(subject string) *subjectSenses {
	x.mu.Lock()
	defer x.mu.Unlock()
	index := x.subjects[subject]
	if index == nil {
		index = &subjectSenses{numbers: map[Hash][]int{}}
		x.subjects[strings.Clone(subject)] = index // it may be a part of a request
	}
	return index
}

// grown bounds the whole, by maxMeanings. Who uses an index that is dropped goes on with it.
func (x *senseIndex) grown(by int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.size += by; x.size > maxMeanings {
		clear(x.subjects)
		x.size = 0
	}
}

// subjectSenses has the numbers of the versions of a subject by their senses. The
// store is not asked while it is locked: who changes the store comes here.
type subjectSenses struct {
	mu      sync.Mutex // guards the rest
	now     Moment
	numbers map[Hash][]int
}

func (i *subjectSenses) upTo() Moment {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

// add adds what came up to a moment, and answers the versions of one sense.
func (i *subjectSenses) add(now Moment, found map[Hash][]int, wanted Hash) []int {
	i.mu.Lock()
	defer i.mu.Unlock()
	for key, numbers := range found {
		list := append(i.numbers[key], numbers...)
		slices.Sort(list)
		i.numbers[key] = slices.Compact(list)
	}
	i.now = max(i.now, now)
	newestFirst := slices.Clone(i.numbers[wanted])
	slices.Reverse(newestFirst)
	return newestFirst
}
