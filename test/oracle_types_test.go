package test_test

import (
	"math/big"
	"time"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
)

// The types below are what the other two libraries encode and decode by
// reflection. They were written by hand from the .avsc files, and know nothing
// of the generated code.

type otherMoney struct {
	Amount   *big.Rat `avro:"amount"`
	Currency string   `avro:"currency"`
}

type otherAccountRef struct {
	AccountID   int64  `avro:"account_id"`
	DisplayName string `avro:"display_name"`
}

type otherAttachment struct {
	FileName  string  `avro:"file_name"`
	SizeBytes int64   `avro:"size_bytes"`
	MediaType *string `avro:"media_type"`
}

type otherMessageCreated struct {
	MessageID   int64             `avro:"message_id"`
	Version     int64             `avro:"version"`
	Author      otherAccountRef   `avro:"author"`
	Recipient   otherAccountRef   `avro:"recipient"`
	Body        string            `avro:"body"`
	Priority    string            `avro:"priority"`
	Price       otherMoney        `avro:"price"`
	ReplyTo     *int64            `avro:"reply_to"`
	Attachments []otherAttachment `avro:"attachments"`
	Labels      map[string]string `avro:"labels"`
	CreatedAt   time.Time         `avro:"created_at"`
}

type otherMessageDelivered struct {
	MessageID   int64           `avro:"message_id"`
	Version     int64           `avro:"version"`
	Recipient   otherAccountRef `avro:"recipient"`
	PaymentID   int64           `avro:"payment_id"`
	DeliveredAt time.Time       `avro:"delivered_at"`
}

type otherPaymentReceived struct {
	PaymentID  int64           `avro:"payment_id"`
	Version    int64           `avro:"version"`
	MessageID  int64           `avro:"message_id"`
	Payer      otherAccountRef `avro:"payer"`
	Amount     otherMoney      `avro:"amount"`
	Method     string          `avro:"method"`
	Reference  *string         `avro:"reference"`
	ReceivedAt time.Time       `avro:"received_at"`
}

type otherAccountState struct {
	AccountID   int64      `avro:"account_id"`
	Version     int64      `avro:"version"`
	DisplayName string     `avro:"display_name"`
	Email       *string    `avro:"email"`
	Status      string     `avro:"status"`
	Balance     otherMoney `avro:"balance"`
	OpenedAt    time.Time  `avro:"opened_at"`
	ChangedAt   time.Time  `avro:"changed_at"`
}

func (m otherMoney) ours() events.Money {
	cents := new(big.Rat).Mul(m.Amount, big.NewRat(100, 1))
	return events.Money{Amount: codec.NewDecimal(cents.Num().Int64(), 2), Currency: m.Currency}
}

func (r otherAccountRef) ours() events.AccountRef {
	return events.AccountRef{AccountID: r.AccountID, DisplayName: r.DisplayName}
}

func (m *otherMessageCreated) ours() (codec.Record, error) {
	priority, err := events.ParsePriority(m.Priority)
	if err != nil {
		return nil, err
	}
	out := &events.MessageCreated{
		MessageID: m.MessageID, Version: m.Version, Author: m.Author.ours(), Recipient: m.Recipient.ours(), Body: m.Body,
		Priority: priority, Price: m.Price.ours(), ReplyTo: codec.FromPtr(m.ReplyTo), Labels: m.Labels, CreatedAt: m.CreatedAt,
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, events.Attachment{FileName: a.FileName, SizeBytes: a.SizeBytes, MediaType: codec.FromPtr(a.MediaType)})
	}
	return out, nil
}

func (m *otherMessageDelivered) ours() (codec.Record, error) {
	return &events.MessageDelivered{
		MessageID: m.MessageID, Version: m.Version, Recipient: m.Recipient.ours(), PaymentID: m.PaymentID, DeliveredAt: m.DeliveredAt,
	}, nil
}

func (p *otherPaymentReceived) ours() (codec.Record, error) {
	method, err := events.ParsePaymentMethod(p.Method)
	return &events.PaymentReceived{
		PaymentID: p.PaymentID, Version: p.Version, MessageID: p.MessageID, Payer: p.Payer.ours(), Amount: p.Amount.ours(),
		Method: method, Reference: codec.FromPtr(p.Reference), ReceivedAt: p.ReceivedAt,
	}, err
}

func (a *otherAccountState) ours() (codec.Record, error) {
	status, err := events.ParseAccountStatus(a.Status)
	return &events.AccountState{
		AccountID: a.AccountID, Version: a.Version, DisplayName: a.DisplayName, Email: codec.FromPtr(a.Email), Status: status,
		Balance: a.Balance.ours(), OpenedAt: a.OpenedAt, ChangedAt: a.ChangedAt,
	}, err
}
