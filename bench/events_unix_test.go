//go:build unix

package bench_test

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// cpuTime is the CPU time that this process has taken, its garbage collection
// included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // it has no way to fail for oneself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ownSession keeps signals for this process's group, such as Ctrl-C, from a child
// that ends by itself when its standard input does.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
