// Package memory keeps a registry's schemas in the memory of the process. It is
// for tests, and for registries whose content can be had from elsewhere.
package memory
