package results

import (
	"strings"
)

// Scale is what runs share that may be compared with each other: the images, the
// network, the algorithm and the seeds of replicate 0. ρ, method and pool are not
// in it.
type Scale struct {
	Data, Imbalance, Arch string
	NMax, TestSet         int
	Exact                 bool
	Seed, DataSeed        int
	Variant               string // of a variant of a profile
	Unverified            string // digest of files that are not the official ones
}

// ScaleOf is the scale of a run. r may be nil, for one that failed; of holds
// settings by task: a run that draws nothing itself has the seeds of its base, if that is
// there.
func ScaleOf(s Settings, r *Result, of map[string]Settings) Scale {
	seeds := s
	if b, ok := of[s.Base]; ok {
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
func (r *Result) StandIn() bool { return strings.Contains(r.DataMark, "stand-in") }

// Unverified reports whether a run read files that are not known to be the official
// ones; of unlabeled images alone it does not.
func (r *Result) Unverified() bool { return strings.Contains(r.DataMark, unverified) }

// UnverifiedUnlabeled names, for a reader, the unlabeled images of a run whose files
// are not known to be the official ones; nil: there are none.
func (r *Result) UnverifiedUnlabeled() (which []string) {
	if strings.Contains(r.PoolMark, unverified) {
		which = append(which, "pool "+unverified)
	}
	if strings.Contains(r.IrrelevantMark, unverified) {
		which = append(which, "irrelevant images "+unverified)
	}
	return which
}

// PoolName is the pool for a reader: of a file or folder its name, wherever it lies.
func (s Settings) PoolName() string {
	return s.Pool[strings.LastIndexAny(s.Pool, `/\`)+1:]
}

// PoolID tells unlabeled pools apart, with the irrelevant images mixed into them; ""
// for a run without one.
func (r *Result) PoolID() string {
	id := r.Settings.PoolName()
	isFile := id != r.Settings.Pool // of which others may have the name
	if r.Settings.PoolMap != "" {
		id += ", classes mapped " + ShortHash(r.PoolDigest)
	}
	switch {
	case strings.Contains(r.PoolMark, unverified):
		id += " " + unverified + " " + ShortHash(r.PoolDigest)
	case isFile && r.Settings.PoolMap == "":
		id += " " + ShortHash(r.PoolDigest)
	}
	if strings.Contains(r.IrrelevantMark, unverified) {
		id += ", irrelevant images " + unverified + " " + ShortHash(r.IrrelevantDigest)
	}
	return id
}

// unverified is part of the mark of data and pools, as package dataset gives it.
const unverified = "unverified"
