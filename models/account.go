package models

import (
	"time"

	"gorm.io/gorm"
)

// Values of Account.Status.
const (
	AccountActive    = "active"
	AccountSuspended = "suspended"
	AccountClosed    = "closed"
)

// Account is somebody who writes, receives and pays for messages.
type Account struct {
	ID          int64   `gorm:"column:id;primaryKey;autoIncrement"`
	DisplayName string  `gorm:"column:display_name;size:120;not null"`
	Email       *string `gorm:"column:email;size:254;uniqueIndex:idx_accounts_email"`
	Status      string  `gorm:"column:status;size:16;not null;default:active"`
	// BalanceMinor is what the account may spend, in minor units of Currency.
	BalanceMinor int64  `gorm:"column:balance_minor;not null;default:0"`
	Currency     string `gorm:"column:currency;size:3;not null;default:EUR"`
	// Version counts the account's changes. It is raised under the row's lock
	// and is the sequence of the account's events.
	Version   int64     `gorm:"column:version;not null;default:1"`
	CreatedAt time.Time `gorm:"column:created_at;precision:6;not null"`
	UpdatedAt time.Time `gorm:"column:updated_at;precision:6;not null"`
}

// TableName is the account's table.
func (Account) TableName() string { return "accounts" }

// ActiveAccounts selects the accounts that may act.
func ActiveAccounts(db *gorm.DB) *gorm.DB {
	return db.Where("accounts.status = ?", AccountActive)
}

// AccountByEmail selects the account with this e-mail address.
func AccountByEmail(email string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Where("accounts.email = ?", email) }
}
