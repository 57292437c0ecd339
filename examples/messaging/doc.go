// Package messaging is an example application: it takes messages, announces
// them by event, and delivers each once its payment has been received. It keeps
// a copy of the accounts, built from the state events of another application's
// changes.
//
// It imports the shared module the way any application would: models and events
// are not copied, the shared migrations run together with its own, and there is
// no order in which it and the other applications have to be deployed.
package messaging
