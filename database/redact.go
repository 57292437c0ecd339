package database

import (
	"net/url"
	"regexp"
	"strings"
)

// hidden stands where a password stood.
const hidden = "xxxxx"

// leastSecret is the length from which a password is hidden wherever a text has
// it. A shorter one is part of ordinary words: hiding it there would garble the
// text and tell the password.
const leastSecret = 4

// passwordParameter finds a password after ? and among libpq's keywords, where it
// may be quoted and have escapes.
var passwordParameter = regexp.MustCompile(`(?i)(password\s*=\s*)(?:'(?:[^'\\]|\\.)*(?:'|\\?$)|(?:[^&\s\\]|\\.)*)`)

// Redact returns a URL without its password, for messages and logs. It works on
// anything that was given as a URL of a database or a server, also on what cannot
// be parsed.
func Redact(raw string) string {
	scheme, _, _ := strings.Cut(raw, ":")
	if scheme == SQLite || scheme == "sqlite3" || scheme == "file" {
		return raw
	}
	return passwordParameter.ReplaceAllString(redactUser(raw), "${1}"+hidden)
}

// redactUser hides what stands between the user's name and the last @. Without
// :// it is not known what the name is, and all from the first colon is hidden.
func redactUser(raw string) string {
	at := strings.LastIndex(raw, "@")
	if at < 0 {
		return raw
	}
	head, rest, found := strings.Cut(raw[:at], "://")
	if !found {
		name, _, _ := strings.Cut(raw[:at], ":")
		return name + ":" + hidden + raw[at:]
	}
	user, _, hasPassword := strings.Cut(rest, ":")
	if hasPassword {
		user += ":" + hidden
	}
	return head + "://" + user + raw[at:]
}

// WithoutSecret is a text, such as a driver's error, in which the URL and its
// password are hidden.
func WithoutSecret(text, raw string) string {
	text = strings.ReplaceAll(text, raw, Redact(raw))
	_, rest, _ := strings.Cut(raw, "://")
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return text
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	plain, err := url.PathUnescape(password)
	if err != nil {
		plain = password
	}
	for _, secret := range []string{password, plain} {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, ":"+secret+"@", ":"+hidden+"@")
		if len(secret) >= leastSecret {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	return text
}
