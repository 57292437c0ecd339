//go:build unix

package server

import (
	"context"
	_ "embed" // the keeper's script
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed keeper.sh
var keeperScript string

const (
	stopTimeout = 30 * time.Second
	logTailSize = 4 << 10
)

// keeper is the shell process that is a server's parent. See keeper.sh.
type keeper struct {
	dir   string
	cmd   *exec.Cmd
	leash io.WriteCloser // closing it makes the keeper stop the server
	gone  chan struct{}  // closed when the server has ended
}

// keep writes the recipe into dir and starts it. The keeper removes dir.
func keep(dir string, r recipe) (*keeper, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // signals from the terminal are for us, not for the server
	uid, gid := -1, -1
	if r.user != "" && os.Geteuid() == 0 {
		var err error
		if uid, gid, err = lookup(r.user); err != nil {
			return nil, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	files := map[string]string{"start": startScript(r), "again": "exec " + quote(r.serve) + "\n", "log": ""}
	maps.Copy(files, r.files)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
		if err := os.Lchown(path, uid, gid); err != nil {
			return nil, err
		}
	}
	if err := os.Lchown(dir, uid, gid); err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", keeperScript, "keeper", r.signal, dir) //nolint:noctx // the server outlives the caller's context
	cmd.Dir, cmd.SysProcAttr = dir, attr
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "LC_ALL=C")
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	k := &keeper{dir: dir, cmd: cmd, leash: leash, gone: make(chan struct{})}
	go func() { // ends with the server, at the latest in stop
		defer close(k.gone)
		_, _ = io.Copy(io.Discard, out)
	}()
	return k, nil
}

// again kills the server, waits until it is dead, so that nobody takes it for the
// next one, and has it started again.
func (k *keeper) again(ctx context.Context) error {
	killed := filepath.Join(k.dir, "killed")
	if err := os.Remove(killed); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if _, err := io.WriteString(k.leash, "\n"); err != nil {
		return err
	}
	return wait(ctx, nil, func(context.Context) error {
		_, err := os.Lstat(killed)
		return err
	})
}

// stop ends the server and waits until its folder is gone.
func (k *keeper) stop() error {
	if err := k.leash.Close(); err != nil {
		return err
	}
	hurry := time.AfterFunc(stopTimeout, func() { _ = k.cmd.Process.Kill() })
	defer hurry.Stop()
	<-k.gone
	if err := k.cmd.Wait(); err != nil {
		return fmt.Errorf("keeper: %w", err)
	}
	if _, err := os.Lstat(k.dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("folder %s is still there: remove it by hand", k.dir)
	}
	return nil
}

// logTail is the end of what the server printed.
func (k *keeper) logTail() string {
	f, err := os.Open(filepath.Join(k.dir, "log"))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > logTailSize {
		if _, err := f.Seek(-logTailSize, io.SeekEnd); err != nil {
			return ""
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, logTailSize))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// startScript prepares, then becomes the server.
func startScript(r recipe) string {
	script := "set -e\n"
	if len(r.prepare) > 0 {
		script += quote(r.prepare) + "\n"
	}
	return script + "exec " + quote(r.serve) + "\n"
}

// quote makes words safe for the shell.
func quote(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

func lookup(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("the server refuses to run as root, and there is no user %s to run it as: %w", name, err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}
