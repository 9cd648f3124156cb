package results

import (
	"fmt"
	"slices"
	"strings"

	"longtail/internal/shell"
)

// Selection is what a run is asked for: which part of a profile, on what data and
// from which seeds.
type Selection struct {
	Profile         string   `json:"profile"`                // its name; of a variant NAME:SETTING=VALUE,…
	Only            []string `json:"only,omitempty"`         // names as of --only, or lists of them parted by commas; none: everything
	SkipShipped     bool     `json:"skip_shipped,omitempty"` // leave out tasks whose result ships with the program
	Seeds           int      `json:"seeds"`                  // replicates; 0: the profile's
	Seed            int      `json:"seed,omitempty"`         // of initialization, order and augmentation
	DataSeed        int      `json:"data_seed,omitempty"`    // of the long-tailed subset of replicate 0
	Exact           bool     `json:"exact,omitempty"`        // direct convolutions everywhere
	Pool            string   `json:"pool,omitempty"`         // in place of the profile's pool for CIFAR-10-LT
	PoolMap         string   `json:"pool_map,omitempty"`     // of a Pool that is another set: file of lines their class,our class
	DataDir         string   `json:"data_dir,omitempty"`     // of the official files; "": the profile reads none
	AllowUnverified bool     `json:"allow_unverified,omitempty"`
}

// AnyDir stands in a command for the folder of official files that nobody has named.
const AnyDir = "DIR"

// Command is the command line that runs s.
func (s Selection) Command() string {
	c := "longtail reproduce --profile " + s.Profile
	if len(s.Only) > 0 {
		c += " --only " + shell.Quote(strings.Join(s.Only, ","))
	}
	if s.SkipShipped {
		c += " --skip-shipped"
	}
	if s.Seeds > 0 {
		c += fmt.Sprintf(" --seeds %d", s.Seeds)
	}
	if s.Seed != 0 {
		c += fmt.Sprintf(" --seed %d", s.Seed)
	}
	if s.DataSeed != 0 {
		c += fmt.Sprintf(" --data-seed %d", s.DataSeed)
	}
	if s.Exact {
		c += " --exact"
	}
	if s.Pool != "" {
		c += " --pool " + shell.Quote(s.Pool)
	}
	if s.PoolMap != "" {
		c += " --pool-map " + shell.Quote(s.PoolMap)
	}
	if s.DataDir != "" {
		c += " --data-dir " + shell.Quote(s.DataDir)
	}
	if s.AllowUnverified {
		c += " --allow-unverified"
	}
	return c
}

// Part is s with one name in place of its own, what ships included.
func (s Selection) Part(name string) Selection {
	s.Only, s.SkipShipped = []string{name}, false
	return s
}

// Cells is s with the names of --only that select the tasks of some cells and no
// other that is not done: a part, a method of a part, or one number of a method,
// where each of its cells is among them or has a result; otherwise the tasks by
// their digits. Where a result that ships stands under these names, --skip-shipped
// leaves it out. all holds what s can select from, and may hold more.
func (s Selection) Cells(all, cells []Cell, res map[string]*Result) Selection {
	chosen := map[string]bool{}
	for _, c := range cells {
		chosen[c.Task] = true
	}
	type under struct{ others, shipped bool } // what else a name selects
	known := map[string]under{}
	methods := map[string]map[string]bool{}
	for _, c := range all {
		if c.Task == "" || c.Part == "" || c.Profile != s.Profile || s.Seeds > 0 && c.Replicate >= s.Seeds {
			continue
		}
		if methods[c.Part] == nil {
			methods[c.Part] = map[string]bool{}
		}
		methods[c.Part][c.Method] = true
		for _, name := range c.names() {
			u := known[name]
			if r := res[c.Task]; r != nil {
				u.shipped = u.shipped || r.Shipped
			} else if !chosen[c.Task] {
				u.others = true
			}
			known[name] = u
		}
	}
	s.Only, s.SkipShipped = nil, false
	for _, c := range cells {
		ways := c.names()
		if len(methods[c.Part]) < 2 {
			ways = ways[1:]
		}
		at := slices.IndexFunc(ways, func(name string) bool { u, ok := known[name]; return ok && !u.others })
		name := ShortHash(c.Task)
		if at >= 0 {
			name = ways[at]
			s.SkipShipped = s.SkipShipped || known[name].shipped
		}
		if !slices.Contains(s.Only, name) {
			s.Only = append(s.Only, name)
		}
	}
	return s
}

// names are the names of --only that select a cell, the widest first: its part,
// its method in that part, and its number, in every replicate.
func (c Cell) names() []string {
	method := c.Part + ":" + c.Method
	number := method
	if c.Dataset != "" {
		number += ":" + c.Dataset
	}
	if c.Rho != 0 {
		number += fmt.Sprintf(":rho=%g", c.Rho)
	}
	if c.RhoU != 0 {
		number += fmt.Sprintf(":rho_u=%g", c.RhoU)
	}
	return []string{c.Part, method, number}
}

// ShortHash is the part of a hash, such as a task's name or a digest, that is
// enough to find it; --only takes it for a task.
func ShortHash(hash string) string { return hash[:min(12, len(hash))] }
