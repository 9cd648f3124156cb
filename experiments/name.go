package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"longtail/dataset"
	"longtail/results"
)

// NumericsVersion changes when the same settings would give other numbers on the
// portable kernels, by another order of summation or another stream.
const NumericsVersion = 1

// Name returns the task's name: the SHA-256, in hexadecimal, of everything that
// decides its numbers, without defaults. Kernel set, CPU and thread count are in
// the result, not here.
//
// Data sets and pools declare their digests, so names need no files. f is consulted
// only where unverified files are allowed.
func Name(f dataset.Files, s results.Settings) (string, error) {
	digests := map[string]string{}
	declare := func(id, as string, digest func() (string, error)) error {
		if id == "" {
			return nil
		}
		d, err := digest()
		digests[as] = d
		return err
	}
	pool := s.Pool
	if !dataset.NamedPool(pool) {
		pool = "file"
	}
	if err := errors.Join(
		declare(s.Data, s.Data, func() (string, error) { return f.Declare(s.Data) }),
		declare(s.Pool, pool, func() (string, error) { return f.DeclarePool(s.Data, s.Pool) }),
		declare(s.Irrelevant, "irrelevant", func() (string, error) { return f.DeclareIrrelevant(s.Data, s.Irrelevant) }),
	); err != nil {
		return "", err
	}
	s.Pool = pool // the digest covers the content of a file, wherever it is
	convolution := "auto"
	if s.Exact {
		convolution = "direct"
	}
	text, err := json.Marshal(struct {
		Schema      int               `json:"schema"`
		Numerics    int               `json:"numerics"`
		Convolution string            `json:"convolution"`
		Digests     map[string]string `json:"digests"` // encoding/json sorts the keys
		Settings    results.Settings  `json:"settings"`
	}{results.SchemaVersion, NumericsVersion, convolution, digests, s})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
