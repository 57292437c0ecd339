//go:build !unix

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "testenv: servers are started on Unix only; name running ones by their variables and run go test")
	os.Exit(1)
}
