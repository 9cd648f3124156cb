package experiments

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
)

// Selection says which part of a profile to run.
type Selection struct {
	Only     []string // names of Parts, or task names (12 or more digits); empty: everything
	Seeds    int      // replicates; 0: the profile's
	Seed     int      // of initialisation, order and augmentation
	DataSeed int      // of the long-tailed subset of replicate 0
}

// cell is a number that this version computes: where it stands in print and
// how its task is made.
type cell struct {
	keys  []paper.Key // of CIFAR-10-LT; several where the paper prints it twice
	task  func(replicate) (string, error)
	marks []string
	once  bool // replicate 0 only, after everything else
}

// cells are in priority order: a budget that ends early leaves out the last.
func (p Profile) cells() []cell {
	key := func(source, method string, rhoU float64) paper.Key {
		return paper.Key{Source: source, Dataset: "CIFAR-10-LT", Rho: p.Rho, RhoU: rhoU, Method: method, Network: "ResNet-32"}
	}
	control := func(method string) []paper.Key {
		return []paper.Key{{Source: paper.SourceControl, Dataset: "CIFAR-10-LT", Rho: p.Rho, Method: method, Network: "ResNet-32"}}
	}
	withDU := func(rhoU float64) cell {
		return cell{
			keys:  []paper.Key{key("Table 1a", "CE + D_U@5x", rhoU)},
			task:  func(r replicate) (string, error) { return r.ceWithDU(rhoU) },
			marks: []string{"D_U from held-out images; number of epochs ours"},
		}
	}
	return []cell{
		{keys: []paper.Key{key("Table 1a", "CE", 0), key("Table 2", "CE", 0)}, task: replicate.ce},
		withDU(p.Rho),
		{keys: control("CE, equal steps"), task: replicate.ceEqualSteps},
		{keys: []paper.Key{key("README", "CE(Uniform) + SSP", 0)}, task: replicate.ssp},
		{keys: control("CE + warm start"), task: replicate.warmStart},
		withDU(1),
		{keys: control("logistic regression on pixels"), task: replicate.logistic, once: true},
		{keys: control("CE, twice the epochs"), task: replicate.ceTwice, once: true},
	}
}

// Expand turns a profile and a selection into cells and tasks. Nothing is
// computed. An unknown name in the selection is an error that lists the names
// there are.
func Expand(p Profile, sel Selection) (results.Plan, error) {
	set, err := dataset.Open(p.Data)
	if err != nil {
		return results.Plan{}, err
	}
	if sel.Seeds == 0 {
		sel.Seeds = p.Seeds
	}
	if sel.Seeds < 1 || sel.Seeds > 1000 {
		return results.Plan{}, fmt.Errorf("--seeds %d: the number of replicates must be from 1 to 1000", sel.Seeds)
	}
	if sel.DataSeed < 0 || sel.DataSeed > math.MaxUint32-sel.Seeds {
		return results.Plan{}, fmt.Errorf("--data-seed %d: NumPy's generator takes seeds from 0 to %d", sel.DataSeed, math.MaxUint32)
	}
	all := &planner{profile: p, seed: sel.Seed, dataSeed: sel.DataSeed, set: set, index: map[string]int{}}
	cells, err := p.expandCells(all, sel.Seeds)
	if err != nil {
		return results.Plan{}, err
	}
	keep, err := chosen(cells, sel.Only)
	if err != nil {
		return results.Plan{}, err
	}
	plan := results.Plan{
		Schema: results.SchemaVersion, Profile: p.Name, Only: sel.Only, Seeds: sel.Seeds,
		Command: command(p.Name, sel),
	}
	needed := map[string]bool{}
	var need func(string)
	need = func(name string) {
		if name == "" || needed[name] {
			return
		}
		needed[name] = true
		for _, parent := range Parents(all.tasks[all.index[name]].Settings) {
			need(parent)
		}
	}
	for i, c := range cells {
		if c.Task != "" {
			c.Images = all.images(c.Task)
			one := sel
			one.Only = []string{c.Task[:12]}
			c.Command = command(p.Name, one)
			if !keep[i] {
				c.Reason = "left out by --only"
			}
		}
		if keep[i] {
			need(c.Task)
		}
		plan.Cells = append(plan.Cells, c)
	}
	for _, t := range all.tasks {
		if needed[t.Name] {
			plan.Tasks = append(plan.Tasks, t)
		}
	}
	return plan, nil
}

// expandCells lists every cell that this version computes, in priority order,
// and then every other number that is in print, with the reason why it is not
// run.
func (p Profile) expandCells(all *planner, seeds int) ([]results.Cell, error) {
	out, err := theoryCells(all, p.Trials)
	if err != nil {
		return nil, err
	}
	planned := map[paper.Key]bool{}
	add := func(c cell, r int) error {
		task, err := c.task(replicate{all, r})
		if err != nil {
			return err
		}
		for _, k := range c.keys {
			planned[k] = true
			out = append(out, results.Cell{
				Key: k, Replicate: r, Task: task, Grade: p.Grade, Data: all.set.Name + "-LT",
				Marks: append(all.marks(task), c.marks...),
			})
		}
		return nil
	}
	for r := range seeds {
		for _, c := range p.cells() {
			if !c.once {
				if err := add(c, r); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, c := range p.cells() {
		if c.once {
			if err := add(c, 0); err != nil {
				return nil, err
			}
		}
	}
	for _, n := range paper.Numbers() {
		if inTables(n.Key) && !planned[n.Key] {
			out = append(out, results.Cell{Key: n.Key, Reason: whyNot(n.Key, p)})
		}
	}
	return out, nil
}

// marks say how a task differs from print.
func (p *planner) marks(task string) []string {
	s := p.tasks[p.index[task]].Settings
	data := fmt.Sprintf("%s at n_max %d in place of %s", p.set.Name, s.NMax, p.set.StandsFor)
	if s.Arch == archLogistic {
		return []string{data}
	}
	return []string{data, s.Arch + " in place of ResNet-32", fmt.Sprintf("%d epochs of batch %d", s.Epochs, s.Batch)}
}

func inTables(k paper.Key) bool {
	for _, sources := range parts {
		if slices.Contains(sources, k.Source) {
			return true
		}
	}
	return false
}

func whyNot(k paper.Key, p Profile) string {
	switch {
	case k.Source == "Table 3" || k.Source == "Table 4":
		return "needs " + k.Dataset + " at 224×224 pixels and MoCo, which this version does not train"
	case k.Dataset != "CIFAR-10-LT":
		return k.Dataset + " has no embedded stand-in, and this version has no profile on official data"
	default:
		return fmt.Sprintf("not among the cells of profile %s (CE at ρ = %g)", p.Name, p.Rho)
	}
}

// chosen tells which cells --only selects.
func chosen(cells []results.Cell, only []string) ([]bool, error) {
	keep := make([]bool, len(cells))
	for i := range keep {
		keep[i] = len(only) == 0
	}
	for _, name := range only {
		hit := false
		for i, c := range cells {
			if slices.Contains(parts[name], c.Source) || len(name) >= 12 && c.Task != "" && strings.HasPrefix(c.Task, name) {
				keep[i], hit = true, true
			}
		}
		if !hit {
			return nil, fmt.Errorf("--only %s: there is no such part; there are %s, and the names of tasks", name, strings.Join(Parts(), ", "))
		}
	}
	return keep, nil
}

func command(profile string, sel Selection) string {
	c := "longtail reproduce --profile " + profile
	if len(sel.Only) > 0 {
		c += " --only " + strings.Join(sel.Only, ",")
	}
	c += fmt.Sprintf(" --seeds %d", sel.Seeds)
	if sel.Seed != 0 {
		c += fmt.Sprintf(" --seed %d", sel.Seed)
	}
	if sel.DataSeed != 0 {
		c += fmt.Sprintf(" --data-seed %d", sel.DataSeed)
	}
	return c
}
