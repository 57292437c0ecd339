// Package registrybench measures a schema registry over HTTP, any that speaks the
// common REST contract: how many requests of each kind it answers a second, by
// clients that all ask at once, and how long one takes.
//
// Beside it, in turns with it, it measures what the machine can do at best: a
// server that answers constants, and commits of one row to an SQLite file. The
// ratios say more than the figures. Start at [Run].
package registrybench
