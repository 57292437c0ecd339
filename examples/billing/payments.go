package billing

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

// messageCreated takes the payment for a message. The account's row is locked
// before anything is published, so that the order of the account's events is the
// order of its changes.
func (h handlers) messageCreated(ctx context.Context, m stream.Message[events.MessageCreated]) error {
	return h.Once(ctx, m.ID, func(tx *gorm.DB) error {
		var payer models.Account
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&payer, m.Event.Author.AccountID).Error; err != nil {
			return fmt.Errorf("payer of message %d: %w", m.Event.MessageID, err)
		}
		price := app.Minor(m.Event.Price)
		payment := models.Payment{
			MessageID: m.Event.MessageID, PayerID: payer.ID, AmountMinor: price, Currency: m.Event.Price.Currency,
			Method: models.PaidByCard, Version: 1, ReceivedAt: tx.NowFunc(),
		}
		if payer.BalanceMinor >= price {
			payment.Method = models.PaidByBalance
			payer.BalanceMinor -= price
		}
		payer.Version++
		if err := tx.Select("balance_minor", "version", "updated_at").Updates(&payer).Error; err != nil {
			return err
		}
		if err := tx.Create(&payment).Error; err != nil {
			return err
		}
		if err := journal(tx, m.ID, m.Event.AvroSchema().Name()); err != nil {
			return err
		}
		return outbox.Publish(tx, paymentReceived(&payment, m.Event.Author), app.AccountState(&payer))
	})
}

func paymentReceived(p *models.Payment, payer events.AccountRef) *events.PaymentReceived {
	method, err := events.ParsePaymentMethod(app.Upper(p.Method, ""))
	if err != nil {
		method = events.PaymentMethodUnknown
	}
	return &events.PaymentReceived{
		PaymentID: p.ID, Version: p.Version, MessageID: p.MessageID, Payer: payer,
		Amount: app.Money(p.AmountMinor, p.Currency), Method: method, Reference: codec.FromPtr(p.Reference),
		ReceivedAt: p.ReceivedAt,
	}
}

// messageDelivered settles the payment of a message that has arrived.
func (h handlers) messageDelivered(ctx context.Context, m stream.Message[events.MessageDelivered]) error {
	return h.Once(ctx, m.ID, func(tx *gorm.DB) error {
		res := tx.Model(&models.Payment{}).Where("id = ?", m.Event.PaymentID).Update("settled_at", m.Event.DeliveredAt)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return fmt.Errorf("payment %d of message %d: %w", m.Event.PaymentID, m.Event.MessageID, gorm.ErrRecordNotFound)
		}
		return journal(tx, m.ID, m.Event.AvroSchema().Name())
	})
}

type shownPayment struct {
	ID          int64      `json:"id"`
	MessageID   int64      `json:"message_id"`
	AmountMinor int64      `json:"amount_minor"`
	Currency    string     `json:"currency"`
	Method      string     `json:"method"`
	ReceivedAt  time.Time  `json:"received_at"`
	SettledAt   *time.Time `json:"settled_at"`
}

func (h handlers) showPayment(r *http.Request, _ struct{}) (shownPayment, error) {
	id, err := pathID(r)
	if err != nil {
		return shownPayment{}, err
	}
	var p models.Payment
	if err := h.DB.WithContext(r.Context()).Where("message_id = ?", id).First(&p).Error; err != nil {
		return shownPayment{}, err
	}
	return shownPayment{p.ID, p.MessageID, p.AmountMinor, p.Currency, p.Method, p.ReceivedAt, p.SettledAt}, nil
}

type shownAccount struct {
	ID           int64  `json:"id"`
	DisplayName  string `json:"display_name"`
	BalanceMinor int64  `json:"balance_minor"`
	Currency     string `json:"currency"`
	Version      int64  `json:"version"`
}

func (h handlers) showAccount(r *http.Request, _ struct{}) (shownAccount, error) {
	id, err := pathID(r)
	if err != nil {
		return shownAccount{}, err
	}
	var a models.Account
	if err := h.DB.WithContext(r.Context()).First(&a, id).Error; err != nil {
		return shownAccount{}, err
	}
	return shownAccount{a.ID, a.DisplayName, a.BalanceMinor, a.Currency, a.Version}, nil
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: id %q is no number", app.ErrInput, r.PathValue("id"))
	}
	return id, nil
}
