package main

import "syscall"

// groupAttr: the command does not outlive us, not even after kill -9.
func groupAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
