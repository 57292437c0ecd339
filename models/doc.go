// Package models holds the GORM models that several applications share: the
// reference domain of accounts, messages and payments. A message has a price,
// a payment settles it, and a message is delivered once its payment has been
// received.
//
// Models are slim: columns, relations and named scopes. They hold no hooks, no
// validation and no business logic, which belong to the applications, and they
// open no database. Every tag is spelled out, because package migrations makes
// the same tables by hand and a test compares the two.
package models

// All returns one value of each model, parents before children, as AutoMigrate
// and the drift check want them.
func All() []any {
	return []any{&Account{}, &Message{}, &Payment{}}
}
