package models

import (
	"time"

	"gorm.io/gorm"
)

// Values of Payment.Method.
const (
	PaidByBalance  = "balance"
	PaidByCard     = "card"
	PaidByTransfer = "transfer"
)

// Payment settles the price of one message.
type Payment struct {
	ID        int64    `gorm:"column:id;primaryKey;autoIncrement"`
	MessageID int64    `gorm:"column:message_id;not null;uniqueIndex:idx_payments_message"`
	Message   *Message `gorm:"foreignKey:MessageID;constraint:fk_payments_message"`
	PayerID   int64    `gorm:"column:payer_id;not null;index:idx_payments_payer"`
	Payer     *Account `gorm:"foreignKey:PayerID;constraint:fk_payments_payer"`
	// AmountMinor is what was paid, in minor units of Currency.
	AmountMinor int64   `gorm:"column:amount_minor;not null"`
	Currency    string  `gorm:"column:currency;size:3;not null;default:EUR"`
	Method      string  `gorm:"column:method;size:16;not null"`
	Reference   *string `gorm:"column:reference;size:64"`
	// Version counts the payment's changes and is the sequence of its events.
	Version    int64     `gorm:"column:version;not null;default:1"`
	ReceivedAt time.Time `gorm:"column:received_at;precision:6;not null"`
	// SettledAt is set once the message that was paid for has been delivered.
	SettledAt *time.Time `gorm:"column:settled_at;precision:6"`
}

// TableName is the payment's table.
func (Payment) TableName() string { return "payments" }

// UnsettledPayments selects the payments whose message is not delivered yet.
func UnsettledPayments(db *gorm.DB) *gorm.DB {
	return db.Where("payments.settled_at IS NULL")
}

// PaymentsSince selects what was received at or after a time.
func PaymentsSince(t time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Where("payments.received_at >= ?", t) }
}
