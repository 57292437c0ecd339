package agreement_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// bigEndian is a fingerprint as a hash gives it.
func bigEndian(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

func digest(t *testing.T, s *avro.Schema, fp codec.Fingerprints) {
	t.Helper()
	if got := s.Fingerprint(md5.New()); !bytes.Equal(got, fp.MD5[:]) {
		t.Errorf("MD5 %x, want %x", fp.MD5, got)
	}
	if got := s.Fingerprint(sha256.New()); !bytes.Equal(got, fp.SHA256[:]) {
		t.Errorf("SHA-256 %x, want %x", fp.SHA256, got)
	}
}
