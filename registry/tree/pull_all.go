package tree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// VersionsName is the file that [PullAll] writes beside the versions.
const VersionsName = "versions.json"

// PulledVersion is a line of versions.json.
type PulledVersion struct {
	File       string               `json:"file"`
	Subject    string               `json:"subject"`
	Version    int                  `json:"version"`
	ID         uint32               `json:"id"`
	Type       registry.Type        `json:"schemaType"`
	References []registry.Reference `json:"references"`
}

// PullAll writes every version that is not deleted of every subject with the prefix:
// files SUBJECT/VERSION.avsc (.json, .proto), with what belongs to them in
// versions.json. The texts are as the registry has them. It is for reading and
// comparing; a tree to push has each type once.
func PullAll(ctx context.Context, c *client.Client, req PullRequest) (*PullResult, error) {
	subjects, err := c.Subjects(ctx, registry.SubjectsRequest{Prefix: req.Prefix})
	if err != nil {
		return nil, err
	}
	result := &PullResult{}
	if len(subjects) == 0 {
		result.noteNone(req.Prefix)
	}
	lines := []PulledVersion{}
	for _, subject := range subjects {
		numbers, err := c.Versions(ctx, subject, registry.Page{})
		if errors.Is(err, registry.ErrSubjectNotFound) {
			continue // deleted since it was listed
		}
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			e, err := c.Version(ctx, subject, n)
			if err != nil {
				return nil, err
			}
			file := fileOf(subject) + "/" + fmt.Sprint(n) + extension(e.Type)
			text := []byte(e.Text)
			if e.Type != registry.Protobuf {
				text = indented(e.Text)
			}
			changed, err := writeBelow(req.Dir, file, text)
			if err != nil {
				return nil, err
			}
			refs := append([]registry.Reference{}, e.References...)
			lines = append(lines, PulledVersion{file, subject, n, e.ID, e.Type, refs})
			result.Files = append(result.Files, Pulled{Subject: subject, Version: n, ID: e.ID, Path: filepath.Join(req.Dir, filepath.FromSlash(file)), Changed: changed})
		}
	}
	text, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		return nil, err
	}
	_, err = writeBelow(req.Dir, VersionsName, append(text, '\n'))
	return result, err
}

func extension(t registry.Type) string {
	switch t {
	case registry.Avro:
	case registry.JSON:
		return ".json"
	case registry.Protobuf:
		return ".proto"
	}
	return ".avsc"
}

// fileOf is a subject as the name of a folder on any system: other bytes than letters,
// digits, dots inside, dashes and underscores are written as %XX.
func fileOf(subject string) string {
	var b strings.Builder
	for i := range len(subject) {
		c := subject[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0 && i < len(subject)-1:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
