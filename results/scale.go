package results

import (
	"strings"
)

// Scale is what comparable runs have in common: the images, the network, the
// algorithm and the seeds of replicate 0. It leaves out ρ, method and pool.
type Scale struct {
	Data, Imbalance, Arch string
	NMax, TestSet         int
	Exact                 bool
	Seed, DataSeed        int
	Variant               string // Settings.Variant
	Unverified            string // digest of the data if it is not known to be official
}

// ScaleOf returns the scale of a run with these settings and result; r is nil for one
// that failed. settings maps tasks to theirs: a run whose base is listed takes that base's
// seeds.
func ScaleOf(s Settings, r *Result, settings map[string]Settings) Scale {
	seeds := s
	if b, ok := settings[s.Base]; ok {
		seeds = b
	}
	scale := Scale{
		Data: s.Data, Imbalance: s.Imbalance, Arch: s.Arch, NMax: s.NMax, TestSet: s.TestPerClass, Exact: s.Exact,
		Variant: s.Variant, Seed: seeds.Seed, DataSeed: seeds.DataSeed - seeds.Replicate,
	}
	if r != nil && r.Unverified() {
		scale.Unverified = r.DataDigest
	}
	return scale
}

// StandIn reports whether a run read images that stand for the paper's.
func (r *Result) StandIn() bool { return strings.Contains(r.DataMark, standIn) }

// Unverified reports whether a run's data set is not known to be the official files.
// It ignores the unlabeled images; see UnverifiedUnlabeled.
func (r *Result) Unverified() bool { return strings.Contains(r.DataMark, unverified) }

// UnverifiedUnlabeled returns the names, for a reader, of those unlabeled images of a
// run whose files are not known to be official; nil: none.
func (r *Result) UnverifiedUnlabeled() (which []string) {
	if strings.Contains(r.PoolMark, unverified) {
		which = append(which, "pool "+unverified)
	}
	if strings.Contains(r.IrrelevantMark, unverified) {
		which = append(which, "irrelevant images "+unverified)
	}
	return which
}

// PoolName returns the pool's name for a reader: that of a file or folder without the
// path.
func (s Settings) PoolName() string {
	return s.Pool[strings.LastIndexAny(s.Pool, `/\`)+1:]
}

// PoolID returns a text that identifies a run's unlabeled pool and the irrelevant
// images mixed into it; "" for a run without a pool.
func (r *Result) PoolID() string {
	id := r.Settings.PoolName()
	isFile := id != r.Settings.Pool // another file may have the same name
	switch {
	case strings.Contains(r.PoolMark, unverified):
		id += " " + unverified + " " + ShortHash(r.PoolDigest)
	case isFile:
		id += " " + ShortHash(r.PoolDigest)
	}
	if strings.Contains(r.IrrelevantMark, unverified) {
		id += ", irrelevant images " + unverified + " " + ShortHash(r.IrrelevantDigest)
	}
	return id
}

// standIn and unverified are parts of the marks that package dataset writes. This
// package may not import it; a test of package tasks compares the two.
const (
	standIn    = "stand-in"
	unverified = "unverified"
)
