package app

import (
	"fmt"
	"io/fs"
	"strings"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/models"
)

// Sub is the folder dir of an embedded file system.
func Sub(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(fmt.Sprintf("embedded folder %s: %v", dir, err)) // a programmer's mistake: dir is a constant
	}
	return sub
}

// Money is an amount in minor units as events carry it.
func Money(minor int64, currency string) events.Money {
	return events.Money{Amount: codec.NewDecimal(minor, 2), Currency: currency}
}

// Minor is the amount of an event in minor units.
func Minor(m events.Money) int64 { return m.Amount.Unscaled() }

// Upper is the word in capitals as enums have it, or the default when empty.
func Upper(word, def string) string {
	if word == "" {
		word = def
	}
	return strings.ToUpper(word)
}

// Lower is the word as the tables have it.
func Lower(word string) string { return strings.ToLower(word) }

// AccountRefs reads how accounts are named, in the order asked for.
func AccountRefs(tx *gorm.DB, ids ...int64) ([]events.AccountRef, error) {
	refs := make([]events.AccountRef, len(ids))
	for i, id := range ids {
		var a models.Account
		if err := tx.Select("id", "display_name").First(&a, id).Error; err != nil {
			return nil, fmt.Errorf("%w: account %d: %w", ErrInput, id, err)
		}
		refs[i] = events.AccountRef{AccountID: a.ID, DisplayName: a.DisplayName}
	}
	return refs, nil
}

// AccountState is the account's whole state as an event.
func AccountState(a *models.Account) *events.AccountState {
	return &events.AccountState{
		AccountID: a.ID, Version: a.Version, DisplayName: a.DisplayName, Email: codec.FromPtr(a.Email),
		Status: accountStatus(a.Status), Balance: Money(a.BalanceMinor, a.Currency),
		OpenedAt: a.CreatedAt, ChangedAt: a.UpdatedAt,
	}
}

func accountStatus(word string) events.AccountStatus {
	status, err := events.ParseAccountStatus(strings.ToUpper(word))
	if err != nil {
		return events.AccountStatusUnknown
	}
	return status
}
