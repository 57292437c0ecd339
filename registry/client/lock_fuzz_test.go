package client_test

import (
	"testing"

	"github.com/schemactl/schemactl/registry/client"
)

// FuzzParseLockFile: what is read without an error is written and read as the same.
func FuzzParseLockFile(f *testing.F) {
	f.Add([]byte(`{"registries":[]}`))
	f.Add([]byte(`{"registries":[{"registry":"http://a","schemas":[{"subject":"a","version":1,"id":1,"fingerprint":"","schema":"\"int\""}]}]}`))
	fingerprint, err := client.Fingerprint(`"int"`)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"registries":[{"registry":"http://a","schemas":[{"subject":"a","version":1,"id":1,"fingerprint":"` + fingerprint + `","schema":"\"int\""}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := client.ParseLockFile(text)
		if err != nil {
			return
		}
		once, err := file.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := client.ParseLockFile(once)
		if err != nil {
			t.Fatalf("%v: %s", err, once)
		}
		if twice, err := again.Text(); err != nil || string(twice) != string(once) {
			t.Errorf("%v: %s\n%s", err, once, twice)
		}
	})
}
