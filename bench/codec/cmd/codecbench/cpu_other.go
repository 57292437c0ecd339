//go:build !unix

package main

import "time"

var begin = time.Now()

// cpuTime is the time on the wall, where CPU time cannot be had.
func cpuTime() time.Duration { return time.Since(begin) }
