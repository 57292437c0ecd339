package events_test

import (
	"errors"
	"fmt"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
)

// A value is appended to any buffer and decoded from any bytes.
func Example() {
	m := events.NewMessageCreated()
	m.MessageID = 7
	m.Body = "hello"
	m.Price = events.Money{Amount: codec.NewDecimal(250, 2), Currency: "EUR"}
	m.ReplyTo = codec.Some[int64](6)
	buf, err := m.AppendAvro(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var got events.MessageCreated
	if err := got.UnmarshalAvro(buf); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.Body, got.Price.Amount, got.Price.Currency, got.Priority, got.ReplyTo.Or(0))
	fmt.Println(got.EventTopic(), string(got.EventKey()))
	// Output:
	// hello 2.50 EUR NORMAL 6
	// messages 7
}

// An error names the field and the place.
func Example_errors() {
	m := events.MessageCreated{Attachments: []events.Attachment{{FileName: "a.txt"}}}
	buf, err := m.AppendAvro(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = (&events.MessageCreated{}).UnmarshalAvro(buf[:16])
	fmt.Println(errors.Is(err, codec.ErrTruncated))
	fmt.Println(err)
	// Output:
	// true
	// schemactl.events.MessageCreated.attachments[0].file_name: string of 5 bytes, 2 are left: input ends early at offset 13
}
