package figures

import (
	"slices"

	"longtail/paper"
	"longtail/results"
)

// measured finds results by the key of their cell. Network is not compared:
// a stand-in's network is not the paper's, and Tables 1 and 2 know only one.
type measured map[paper.Key]map[int]*results.Result

func index(plan results.Plan, res map[string]*results.Result) measured {
	m := measured{}
	for _, c := range plan.Cells {
		r := res[c.Task]
		if c.Task == "" || r == nil {
			continue
		}
		k := c.Key
		k.Network = ""
		if m[k] == nil {
			m[k] = map[int]*results.Result{}
		}
		m[k][c.Replicate] = r
	}
	return m
}

func (m measured) at(k paper.Key) map[int]*results.Result {
	k.Network = ""
	return m[k]
}

// paired calls f for every replicate that both keys have at the same scale, in
// order.
func (m measured) paired(a, b paper.Key, f func(replicate int, a, b *results.Result)) {
	ra, rb := m.at(a), m.at(b)
	var both []int
	for r := range ra {
		if rb[r] != nil && sameScale(ra[r], rb[r]) {
			both = append(both, r)
		}
	}
	slices.Sort(both)
	for _, r := range both {
		f(r, ra[r], rb[r])
	}
}

// sameScale reports whether a method and its base were run on the same data,
// size and network: a committed control is no match for another profile's run.
func sameScale(a, b *results.Result) bool {
	s, t := a.Settings, b.Settings
	return a.Grade == b.Grade && s.Data == t.Data && s.NMax == t.NMax && s.TestSet == t.TestSet &&
		s.Arch == t.Arch && s.Imbalance == t.Imbalance
}

// command is how the cells of a source are run, and why they cannot be where
// they cannot; found is false if the plan knows none of them.
func command(plan results.Plan, match func(results.Cell) bool) (command, reason string, found bool) {
	for _, c := range plan.Cells {
		if !match(c) {
			continue
		}
		found = true
		if c.Command != "" {
			return c.Command, "", true
		}
		if reason == "" {
			reason = c.Reason
		}
	}
	return "", reason, found
}

// notRun is the note of a panel whose cells have the given source.
func notRun(plan results.Plan, source string) note {
	cmd, reason, found := command(plan, func(c results.Cell) bool { return c.Source == source })
	n := note{heading: "not run", command: cmd}
	switch {
	case cmd != "":
		n.body = "to run it:"
	case found && reason != "":
		n.body = reason
	default:
		n.body = "needs cells that this version does not plan yet"
	}
	return n
}
