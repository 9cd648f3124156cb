package build

import (
	"os"
	"strings"
	"testing"
)

// A program that is read is told by twelve digits, always the same.
func TestDigest(t *testing.T) {
	if d := Digest(); len(d) != 12 || d != Digest() {
		t.Errorf("%q", d)
	}
}

// The version that --version prints is the one to be cited.
func TestVersion(t *testing.T) {
	cff, err := os.ReadFile("../../CITATION.cff")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nversion: " + Version + "\n"; !strings.Contains(string(cff), want) {
		t.Errorf("CITATION.cff does not say %q", want)
	}
}
