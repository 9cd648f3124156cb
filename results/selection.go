package results

import (
	"fmt"
	"slices"
	"strings"

	"longtail/internal/shell"
)

// Selection is what a user asks reproduce to run: a part of a profile, the data and
// the seeds.
type Selection struct {
	Profile         string   `json:"profile"`                // its name; for a variant NAME:SETTING=VALUE,…
	Only            []string `json:"only,omitempty"`         // names for --only, or comma-separated lists of them; none: everything
	SkipShipped     bool     `json:"skip_shipped,omitempty"` // leave out tasks whose result ships with the program
	Seeds           int      `json:"seeds"`                  // number of replicates; 0: the profile's
	Seed            int      `json:"seed,omitempty"`         // seed of initialization, order and augmentation
	DataSeed        int      `json:"data_seed,omitempty"`    // seed of the long-tailed subset of replicate 0
	Exact           bool     `json:"exact,omitempty"`        // direct convolutions everywhere
	Pool            string   `json:"pool,omitempty"`         // replaces the profile's pool for CIFAR-10-LT
	DataDir         string   `json:"data_dir,omitempty"`     // folder of the official files; "": the profile reads none
	AllowUnverified bool     `json:"allow_unverified,omitempty"`
}

// AnyDir is the placeholder in a command for a folder of official files that the user
// has not named.
const AnyDir = "DIR"

// Command returns the command line that runs s.
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
	if s.DataDir != "" {
		c += " --data-dir " + shell.Quote(s.DataDir)
	}
	if s.AllowUnverified {
		c += " --allow-unverified"
	}
	return c
}

// Part returns s with name as its only name, shipped results included.
func (s Selection) Part(name string) Selection {
	s.Only, s.SkipShipped = []string{name}, false
	return s
}

// Cells returns s with names for --only that select the tasks of cells and no other
// task that is not done. A name is a part, a method of a part or a number of a method
// if each of its cells is in cells or has a result; otherwise it is a task's digits.
// SkipShipped is set if the names also select a shipped result. all contains every
// cell that s can select from, and may contain more.
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

// names returns the names for --only that select a cell in every replicate, the widest
// first: its part, its method in that part, and its number.
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

// ShortHash returns the first 12 digits of a hash, such as a task's name or a digest,
// which suffice to find it. --only accepts them for a task.
func ShortHash(hash string) string { return hash[:min(12, len(hash))] }
