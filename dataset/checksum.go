package dataset

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// checksum compares the bytes written to it with a checksum of the form "md5:…",
// "sha256:…" or "git:…". The checksum "" matches nothing.
type checksum struct {
	hash.Hash
	kind, want string
	written    int64
}

func (c *checksum) Write(b []byte) (int, error) {
	c.written += int64(len(b))
	return c.Hash.Write(b)
}

// newChecksum returns a checksum for size bytes. Only "git:" needs the size.
func newChecksum(sum string, size int64) *checksum {
	c := &checksum{}
	c.kind, c.want, _ = strings.Cut(sum, ":")
	switch c.kind {
	case "md5":
		c.Hash = md5.New()
	case "git":
		c.Hash = sha1.New()
		fmt.Fprintf(c.Hash, "blob %d\x00", size)
	default:
		c.Hash = sha256.New()
	}
	return c
}

func (c *checksum) ok() bool { return c.want != "" && c.got() == c.want }

func (c *checksum) got() string { return hex.EncodeToString(c.Sum(nil)) }

// differs describes how the checksum differs from the official one.
func (c *checksum) differs() string {
	if c.want == "" {
		return "no official checksum is known"
	}
	name := map[string]string{"md5": "MD5", "git": "git blob id", "sha256": "SHA-256"}[c.kind]
	return fmt.Sprintf("its %s is %s, the official file's is %s", name, c.got(), c.want)
}
