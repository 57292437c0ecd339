// Package test holds end-to-end tests on real servers and the comparisons that
// need libraries which the shipped packages do not. It is a module of its own, so
// that applications do not inherit those libraries.
package test
