package cli

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/bcrypt"

	"github.com/schemactl/schemactl/registry/httpapi"
)

// maxUsersFile and maxPassword bound what is read; bcrypt takes 72 bytes.
const (
	maxUsersFile = 1 << 20
	maxPassword  = 72
)

// userFile are the users of a file: a line NAME:HASH:read or NAME:HASH:write each.
// The hash is bcrypt's, which takes its time, so passwords that were right are
// remembered in a form that is of no use outside of the process.
type userFile struct {
	users map[string]userLine
	// nobody is compared with for names that there are none of.
	nobody []byte
	secret [32]byte
	// slots bound the comparisons at once: who tries passwords may not take the
	// machine from those who are known.
	slots   chan struct{}
	compare func(hash, password []byte) error

	mu    sync.Mutex // guards right
	right map[[sha256.Size]byte]bool
}

type userLine struct {
	hash []byte
	most httpapi.Access
}

// readUsers reads a file of users. All that is wrong with it is said at once.
func readUsers(path string) (*userFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Usagef("--users: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	u := &userFile{
		users: map[string]userLine{}, right: map[[sha256.Size]byte]bool{},
		slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), compare: bcrypt.CompareHashAndPassword,
	}
	if _, err := rand.Read(u.secret[:]); err != nil {
		return nil, err
	}
	if u.nobody, err = bcrypt.GenerateFromPassword([]byte("nobody"), bcrypt.DefaultCost); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxUsersFile+1))
	if err != nil {
		return nil, Usagef("--users: %w", err)
	}
	if len(text) > maxUsersFile {
		return nil, Usagef("--users: %s: more than %d bytes", path, maxUsersFile)
	}
	var problems []error
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := u.add(line); err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", path, n, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, &UsageError{err: err}
	}
	if len(u.users) == 0 {
		return nil, Usagef("--users: %s has no users; 'registry password NAME' makes a line", path)
	}
	return u, nil
}

// add takes a line. It never shows the hash.
func (u *userFile) add(line string) error {
	name, rest, _ := strings.Cut(line, ":")
	hash, access, ok := strings.Cut(rest, ":")
	most := map[string]httpapi.Access{"read": httpapi.AccessRead, "write": httpapi.AccessWrite}[access]
	_, known := u.users[name]
	switch {
	case !ok || name == "":
		return errors.New("want NAME:HASH:read or NAME:HASH:write")
	case most == httpapi.AccessNone:
		return fmt.Errorf("user %q: %q is neither read nor write", name, access)
	case known:
		return fmt.Errorf("user %q is there twice", name)
	}
	if _, err := bcrypt.Cost([]byte(hash)); err != nil {
		return fmt.Errorf("user %q: the hash is not one of bcrypt's; 'registry password NAME' makes one", name)
	}
	u.users[name] = userLine{hash: []byte(hash), most: most}
	return nil
}

// Allowed implements httpapi.Users.
func (u *userFile) Allowed(name, password string) (httpapi.Access, bool) {
	line, known := u.users[name]
	if len(password) > maxPassword || strings.Contains(password, "\x00") {
		known = false // bcrypt takes some of these for the shorter one that they begin with
	}
	if !known {
		line = userLine{hash: u.nobody}
	}
	mac := hmac.New(sha256.New, u.secret[:])
	fmt.Fprintf(mac, "%d:%s:%s", len(name), name, password)
	sum := [sha256.Size]byte(mac.Sum(nil))
	u.mu.Lock()
	right := u.right[sum]
	u.mu.Unlock()
	if right {
		return line.most, true
	}
	u.slots <- struct{}{}
	err := u.compare(line.hash, []byte(password))
	<-u.slots
	if err != nil || !known {
		return httpapi.AccessNone, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.right[sum] = true // one for each user
	return line.most, true
}

func newRegistryPasswordCommand(env *Env) *cobra.Command {
	read := false
	cmd := &cobra.Command{
		Use:   "password NAME",
		Short: "Make a line of a users file",
		Long: `Reads a password from standard input and prints the line that lets NAME in,
for the file that 'registry serve --users' reads. The password is not in it.`,
		Example: "  schemactl registry password deploy < password.txt >> users",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if strings.ContainsAny(args[0], ":\n\r") || args[0] == "" || strings.HasPrefix(args[0], "#") {
				return Usagef("NAME %q is empty, begins with # or has a colon", args[0])
			}
			text, err := io.ReadAll(io.LimitReader(env.In, maxPassword+3))
			if err != nil {
				return fmt.Errorf("read the password: %w", err)
			}
			password := strings.TrimRight(string(text), "\r\n")
			if password == "" || len(password) > maxPassword {
				return Usagef("the password on standard input is empty or has more than %d bytes", maxPassword)
			}
			hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
			if err != nil {
				return err
			}
			access := "write"
			if read {
				access = "read"
			}
			_, err = fmt.Fprintf(env.Out, "%s:%s:%s\n", args[0], hash, access)
			return err
		},
	}
	cmd.Flags().BoolVar(&read, "read-only", false, "let NAME read and not write")
	return cmd
}
