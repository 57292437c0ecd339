// Package storetest is the suite that every registry.Store has to pass. A
// store's own test calls [Run] with a function that makes an empty store.
package storetest
