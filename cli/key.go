package cli

import (
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseKey reads a record's key from --key: text, or 0x and hex digits.
func parseKey(text string) ([]byte, error) {
	digits, isHex := strings.CutPrefix(text, "0x")
	if !isHex {
		return []byte(text), nil
	}
	key, err := hex.DecodeString(digits)
	if err != nil {
		return nil, Usagef("--key %q: %w", text, err)
	}
	return key, nil
}

// keyText is the form of a key that --key takes; "" is no key.
func keyText(key []byte) string {
	text := string(key)
	plain := utf8.ValidString(text) && !strings.HasPrefix(text, "0x")
	for _, c := range text {
		plain = plain && unicode.IsPrint(c)
	}
	if key == nil || plain && text != "" {
		return text
	}
	return "0x" + hex.EncodeToString(key)
}
