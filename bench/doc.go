// Package bench measures this module against other libraries. It is a module of
// its own, so that applications do not inherit those libraries.
package bench
