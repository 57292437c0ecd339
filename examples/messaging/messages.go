package messaging

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/examples/internal/app"
	"github.com/schemactl/schemactl/models"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/stream"
)

type newMessage struct {
	AuthorID    int64             `json:"author_id"`
	RecipientID int64             `json:"recipient_id"`
	Body        string            `json:"body"`
	Priority    string            `json:"priority"`
	PriceMinor  int64             `json:"price_minor"`
	ReplyTo     *int64            `json:"reply_to"`
	Attachments []attachment      `json:"attachments"`
	Labels      map[string]string `json:"labels"`
}

type attachment struct {
	FileName  string  `json:"file_name"`
	SizeBytes int64   `json:"size_bytes"`
	MediaType *string `json:"media_type"`
}

func (in newMessage) check() error {
	if in.Body == "" || len(in.Body) > 4000 {
		return fmt.Errorf("%w: body has %d bytes, want 1 to 4000", app.ErrInput, len(in.Body))
	}
	if in.PriceMinor < 0 {
		return fmt.Errorf("%w: price_minor is %d, want 0 or more", app.ErrInput, in.PriceMinor)
	}
	return nil
}

// createMessage stores a message and announces it. It is not delivered before
// its payment has been received.
func (h handlers) createMessage(r *http.Request, in newMessage) (created, error) {
	if err := in.check(); err != nil {
		return created{}, err
	}
	priority, err := events.ParsePriority(app.Upper(in.Priority, models.PriorityNormal))
	if err != nil {
		return created{}, fmt.Errorf("%w: priority: %w", app.ErrInput, err)
	}
	message := models.Message{
		AuthorID: in.AuthorID, RecipientID: in.RecipientID, Body: in.Body, Priority: app.Lower(priority.String()),
		PriceMinor: in.PriceMinor, Currency: "EUR", Status: models.MessageCreated, Version: 1,
	}
	err = h.DB.WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
		parties, err := app.AccountRefs(tx, in.AuthorID, in.RecipientID)
		if err != nil {
			return err
		}
		if err := tx.Create(&message).Error; err != nil {
			return err
		}
		return outbox.Publish(tx, &events.MessageCreated{
			MessageID: message.ID, Version: message.Version,
			Author: parties[0], Recipient: parties[1],
			Body: message.Body, Priority: priority, Price: app.Money(message.PriceMinor, message.Currency),
			ReplyTo: codec.FromPtr(in.ReplyTo), Attachments: in.attachments(), Labels: in.Labels,
			CreatedAt: message.CreatedAt,
		})
	})
	return created{message.ID}, err
}

func (in newMessage) attachments() []events.Attachment {
	out := make([]events.Attachment, len(in.Attachments))
	for i, a := range in.Attachments {
		out[i] = events.Attachment{FileName: a.FileName, SizeBytes: a.SizeBytes, MediaType: codec.FromPtr(a.MediaType)}
	}
	return out
}

type shownMessage struct {
	ID          int64      `json:"id"`
	Status      string     `json:"status"`
	Body        string     `json:"body"`
	PriceMinor  int64      `json:"price_minor"`
	Currency    string     `json:"currency"`
	DeliveredAt *time.Time `json:"delivered_at"`
}

func (h handlers) showMessage(r *http.Request, _ struct{}) (shownMessage, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return shownMessage{}, fmt.Errorf("%w: id %q is no number", app.ErrInput, r.PathValue("id"))
	}
	var m models.Message
	if err := h.DB.WithContext(r.Context()).First(&m, id).Error; err != nil {
		return shownMessage{}, err
	}
	return shownMessage{m.ID, m.Status, m.Body, m.PriceMinor, m.Currency, m.DeliveredAt}, nil
}

// paymentReceived delivers the message that was paid for.
func (h handlers) paymentReceived(ctx context.Context, m stream.Message[events.PaymentReceived]) error {
	return h.Once(ctx, m.ID, func(tx *gorm.DB) error {
		var message models.Message
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&message, m.Event.MessageID).Error; err != nil {
			return fmt.Errorf("message %d of payment %d: %w", m.Event.MessageID, m.Event.PaymentID, err)
		}
		recipient, err := app.AccountRefs(tx, message.RecipientID)
		if err != nil {
			return err
		}
		now := tx.NowFunc()
		message.Status, message.DeliveredAt, message.Version = models.MessageDelivered, &now, message.Version+1
		if err := tx.Select("status", "delivered_at", "version", "updated_at").Updates(&message).Error; err != nil {
			return err
		}
		if err := journal(tx, m.ID, m.Event.AvroSchema().Name()); err != nil {
			return err
		}
		return outbox.Publish(tx, &events.MessageDelivered{
			MessageID: message.ID, Version: message.Version, Recipient: recipient[0],
			PaymentID: m.Event.PaymentID, DeliveredAt: now,
		})
	})
}
