package models

import (
	"time"

	"gorm.io/gorm"
)

// Values of Message.Status.
const (
	MessageCreated   = "created"
	MessageDelivered = "delivered"
)

// Values of Message.Priority.
const (
	PriorityLow    = "low"
	PriorityNormal = "normal"
	PriorityHigh   = "high"
)

// Message is written by one account for another and has a price.
type Message struct {
	ID          int64    `gorm:"column:id;primaryKey;autoIncrement"`
	AuthorID    int64    `gorm:"column:author_id;not null;index:idx_messages_author"`
	Author      *Account `gorm:"foreignKey:AuthorID;constraint:fk_messages_author"`
	RecipientID int64    `gorm:"column:recipient_id;not null;index:idx_messages_recipient"`
	Recipient   *Account `gorm:"foreignKey:RecipientID;constraint:fk_messages_recipient"`
	Body        string   `gorm:"column:body;size:4000;not null"`
	Priority    string   `gorm:"column:priority;size:16;not null;default:normal"`
	// PriceMinor is the price in minor units of Currency.
	PriceMinor int64  `gorm:"column:price_minor;not null;default:0"`
	Currency   string `gorm:"column:currency;size:3;not null;default:EUR"`
	Status     string `gorm:"column:status;size:16;not null;default:created;index:idx_messages_status,priority:1"`
	// Version counts the message's changes. It is raised under the row's lock
	// and is the sequence of the message's events.
	Version     int64      `gorm:"column:version;not null;default:1"`
	DeliveredAt *time.Time `gorm:"column:delivered_at;precision:6"`
	CreatedAt   time.Time  `gorm:"column:created_at;precision:6;not null;index:idx_messages_status,priority:2"`
	UpdatedAt   time.Time  `gorm:"column:updated_at;precision:6;not null"`
}

// TableName is the message's table.
func (Message) TableName() string { return "messages" }

// UndeliveredMessages selects the messages that wait, the oldest first.
func UndeliveredMessages(db *gorm.DB) *gorm.DB {
	return db.Where("messages.status = ?", MessageCreated).Order("messages.created_at, messages.id")
}

// MessagesTo selects the messages for a recipient.
func MessagesTo(accountID int64) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Where("messages.recipient_id = ?", accountID) }
}
