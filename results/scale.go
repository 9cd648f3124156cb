package results

import "strings"

// Scale is what runs share that may be compared with each other: the images, the
// network, the algorithm and the seeds of replicate 0. ρ, method and pool are not
// in it.
type Scale struct {
	Data, Imbalance, Arch string
	NMax, TestSet         int
	Exact                 bool
	Seed, DataSeed        int
	Unverified            string // digest of files that are not the official ones
}

// ScaleOf is the scale of a run. r may be nil, for one that failed; of finds the
// settings of a task: a run that draws nothing itself has the seeds of its base.
func ScaleOf(s Settings, r *Result, of func(task string) (Settings, bool)) Scale {
	seeds := s
	if b, ok := of(s.Base); ok {
		seeds = b
	}
	scale := Scale{
		Data: s.Data, Imbalance: s.Imbalance, Arch: s.Arch, NMax: s.NMax, TestSet: s.TestSet, Exact: s.Exact,
		Seed: seeds.Seed, DataSeed: seeds.DataSeed - seeds.Replicate,
	}
	if r != nil && r.Unverified() {
		scale.Unverified = r.DataDigest
	}
	return scale
}

// Unverified reports whether a run read files that are not known to be the official
// ones; of the pool alone it does not.
func (r *Result) Unverified() bool { return strings.Contains(r.DataMark, unverified) }

// PoolID tells unlabeled pools apart; "" for a run without one.
func (r *Result) PoolID() string {
	if strings.Contains(r.PoolMark, unverified) {
		return r.Settings.Pool + " " + r.PoolDigest
	}
	return r.Settings.Pool
}

// unverified is part of the mark of data and pools, as package dataset gives it.
const unverified = "unverified"
