//go:build !unix

package bench_test

import (
	"os/exec"
	"time"
)

var begun = time.Now()

// cpuTime is the time that has passed, where that of the CPU cannot be read.
func cpuTime() time.Duration { return time.Since(begun) }

// ownSession does nothing where there are no sessions.
func ownSession(*exec.Cmd) {}
