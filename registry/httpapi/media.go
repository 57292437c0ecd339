package httpapi

import (
	"mime"
	"slices"
	"strconv"
	"strings"
)

// served lists the media types of answers, the one that is liked best first.
func served() []string {
	return []string{
		"application/vnd.schemaregistry.v1+json",
		"application/vnd.schemaregistry+json",
		"application/json",
	}
}

// negotiate answers the media type for a request's Accept headers: of those
// that the client takes with the greatest weight, the one that is liked best
// here. No header takes anything.
func negotiate(accept []string) (media string, ok bool) {
	if len(accept) == 1 { // the usual case is one that is served
		for _, candidate := range served() {
			if accept[0] == candidate {
				return candidate, true
			}
		}
	}
	ranges := strings.Split(strings.Join(accept, ","), ",")
	if strings.TrimSpace(strings.Join(ranges, "")) == "" {
		return served()[0], true
	}
	best := 0.0
	for _, candidate := range served() {
		if q := weight(ranges, candidate); q > best {
			media, best = candidate, q
		}
	}
	return media, best > 0
}

// weight is how much a client wants a media type, from 0 to 1: what the most
// particular range says that covers it.
func weight(ranges []string, media string) float64 {
	most, q := 0, 0.0
	for _, text := range ranges {
		kind, params, err := mime.ParseMediaType(text)
		if err != nil {
			continue
		}
		level := particular(kind, media)
		if level <= most {
			continue
		}
		most, q = level, 1
		if given, err := strconv.ParseFloat(params["q"], 64); err == nil {
			q = given
		}
	}
	return q
}

// particular is 0 for a range that does not cover a media type, and the more
// the closer it names it.
func particular(kind, media string) int {
	main, _, _ := strings.Cut(media, "/")
	switch kind {
	case media:
		return 3
	case main + "/*":
		return 2
	case "*/*":
		return 1
	}
	return 0
}

// isTaken tells whether a body of that media type is read. None is fine: old
// clients send none.
func isTaken(contentType string) bool {
	if contentType == "" || slices.Contains(served(), contentType) {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return slices.Contains(append(served(), "application/octet-stream"), kind)
}
