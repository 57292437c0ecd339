// Package notification is an example of event notification: the event is thin, it
// says which product changed and to which version, and who wants to know more asks
// the source.
//
// The catalog owns the products and announces every change inside the transaction
// that makes it. The search keeps what it needs of each product: on an event it asks
// the catalog by HTTP for the product as it is now. So notifications may be repeated,
// late or in any order: the answer is the same. The search needs no inbox for that.
package notification
