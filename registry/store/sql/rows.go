package sqlstore

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// The rows of the tables. Times are milliseconds since 1970, hashes are text as
// registry.Hash prints it.

type counterRow struct {
	Context string `gorm:"column:context;primaryKey"`
	LastID  uint32 `gorm:"column:last_id"`
}

func (counterRow) TableName() string { return "registry_counters" }

type contentRow struct {
	Context string `gorm:"column:context;primaryKey"`
	ID      uint32 `gorm:"column:id;primaryKey;autoIncrement:false"`
	Hash    string `gorm:"column:hash"`
	Meaning string `gorm:"column:meaning"`
	Type    string `gorm:"column:schema_type"`
	Text    string `gorm:"column:schema_text"`
	// Refs is the list of references as JSON. registry_references has them
	// again, to be found from the other side.
	Refs string `gorm:"column:refs"`
}

func (contentRow) TableName() string { return "registry_contents" }

type referenceRow struct {
	Context  string `gorm:"column:context;primaryKey"`
	ID       uint32 `gorm:"column:id;primaryKey;autoIncrement:false"`
	Position int    `gorm:"column:position;primaryKey;autoIncrement:false"`
	Subject  string `gorm:"column:subject"`
	Version  int    `gorm:"column:version"`
}

func (referenceRow) TableName() string { return "registry_references" }

type subjectRow struct {
	Subject string `gorm:"column:subject;primaryKey"`
	// Live tells whether the subject has a version that is not deleted.
	Live bool `gorm:"column:live"`
}

func (subjectRow) TableName() string { return "registry_subjects" }

type versionRow struct {
	Subject   string `gorm:"column:subject;primaryKey"`
	Version   int    `gorm:"column:version;primaryKey;autoIncrement:false"`
	Context   string `gorm:"column:context"`
	ID        uint32 `gorm:"column:id"`
	Hash      string `gorm:"column:hash"`
	Meaning   string `gorm:"column:meaning"`
	CreatedAt int64  `gorm:"column:created_at;autoCreateTime:false"`
	Deleted   bool   `gorm:"column:deleted"`
}

func (versionRow) TableName() string { return "registry_versions" }

type configRow struct {
	Subject string `gorm:"column:subject;primaryKey"`
	Level   string `gorm:"column:level"`
}

func (configRow) TableName() string { return "registry_configs" }

// joinedRow is a version with its content.
type joinedRow struct {
	Subject   string     `gorm:"column:subject"`
	Version   int        `gorm:"column:version"`
	CreatedAt int64      `gorm:"column:created_at;autoCreateTime:false"`
	Deleted   bool       `gorm:"column:deleted"`
	Content   contentRow `gorm:"embedded"`
}

func newContentRow(c registry.Content) (contentRow, error) {
	refs, err := json.Marshal(append([]registry.Reference{}, c.References...))
	if err != nil {
		return contentRow{}, err
	}
	return contentRow{
		Context: c.Context, ID: c.ID, Hash: c.Hash.String(), Meaning: c.Meaning.String(),
		Type: string(c.Type), Text: c.Text, Refs: string(refs),
	}, nil
}

func (r contentRow) content() (registry.Content, error) {
	c := registry.Content{
		Key:    registry.Key{Context: r.Context, ID: r.ID},
		Schema: registry.Schema{Type: registry.Type(r.Type), Text: r.Text},
	}
	var err error
	if c.Hash, err = registry.ParseHash(r.Hash); err != nil {
		return c, fmt.Errorf("schema %d: %w", r.ID, err)
	}
	if c.Meaning, err = registry.ParseHash(r.Meaning); err != nil {
		return c, fmt.Errorf("schema %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.Refs), &c.References); err != nil {
		return c, fmt.Errorf("schema %d: references: %w", r.ID, err)
	}
	if len(c.References) == 0 {
		c.References = nil
	}
	return c, nil
}

func (r joinedRow) version() (registry.Version, error) {
	c, err := r.Content.content()
	if err != nil {
		return registry.Version{}, err
	}
	return registry.Version{
		Content: c, Subject: r.Subject, Number: r.Version,
		Created: time.UnixMilli(r.CreatedAt).UTC(), Deleted: r.Deleted,
	}, nil
}
