package migrate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	db, err := database.Open(ctx, "sqlite:"+filepath.Join(dir, "app.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = database.Close(db) }()

	files := fstest.MapFS{"20260101000000_create_users.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE users (id integer PRIMARY KEY);\n\n-- +goose Down\nDROP TABLE users;\n")}}
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource("shared", files)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Check(ctx)) // what an application asks when it starts
	result, err := m.Up(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range result.Applied {
		fmt.Println(a.Direction, a.Migration)
	}
	status, err := m.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range status {
		fmt.Println(s.Name, s.State)
	}
	fmt.Println(m.Check(ctx))
	// Output:
	// database is not ready: shared/20260101000000_create_users.sql is pending
	// up shared/20260101000000_create_users.sql
	// create_users applied
	// <nil>
}
