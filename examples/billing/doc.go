// Package billing is an example application: it takes the payment for every
// message that is created, from the author's balance as long as that lasts, and
// settles the payment once the message has been delivered.
//
// Like package messaging it imports the shared module as any application would,
// and may be deployed before or after it.
package billing
