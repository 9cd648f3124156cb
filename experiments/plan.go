package experiments

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"longtail/dataset"
	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
)

// Expand turns a profile and a selection into cells and tasks. It computes nothing,
// and reads official files only if unverified ones are allowed. An unknown name in
// the selection is an error that lists the known ones.
func Expand(p Profile, sel results.Selection) (results.Plan, error) {
	sel.Profile = p.Name
	if sel.Seeds == 0 {
		sel.Seeds = p.Seeds
	}
	if sel.Seeds < 1 || sel.Seeds > 1000 {
		return results.Plan{}, fmt.Errorf("--seeds %d: the number of replicates must be from 1 to 1000", sel.Seeds)
	}
	if most := math.MaxUint32 - (sel.Seeds - 1); sel.DataSeed < 0 || sel.DataSeed > most { // that of replicate r is r more
		return results.Plan{}, fmt.Errorf("--data-seed %d: with %s it must be from 0 to %d, as NumPy's generator takes seeds below 2³²", sel.DataSeed, plural.Of(sel.Seeds, "replicate"), most)
	}
	all := newPlanner(p, sel)
	planned, err := all.cells()
	if err != nil {
		return results.Plan{}, err
	}
	if sel.Only, err = all.resolve(planned); err != nil {
		return results.Plan{}, err
	}
	if sel.DataDir = cmp.Or(sel.DataDir, results.AnyDir); !all.profile.Official() { // its pool is the one of --pool
		sel.DataDir = ""
	}
	plan := results.Plan{Schema: results.SchemaVersion, Selection: sel}
	all.recordShared()
	shipped := map[string]*results.Result{}
	if sel.SkipShipped {
		if shipped, err = results.Committed(); err != nil {
			return results.Plan{}, err
		}
	}
	keep := all.chosen(planned, sel.Only, shipped)
	for _, c := range planned {
		if c.Task != "" {
			c.Images = all.images(c.Task)
			c.Command = sel.Part(results.ShortHash(c.Task)).Command()
			switch {
			case keep[c.Task]:
			case shipped[c.Task] != nil:
				c.Reason = "left out by --skip-shipped"
			default:
				c.Reason = "left out by --only"
			}
		}
		plan.Cells = append(plan.Cells, c)
	}
	for _, t := range all.tasks {
		if keep[t.Name] {
			plan.Tasks = append(plan.Tasks, t)
		}
	}
	return plan, nil
}

// chosen returns the tasks that the names select (none: all) and that do not ship.
// It includes all their ancestors, shipped or not, because a task needs more of its
// parent than the result.
func (p *planner) chosen(cells []results.Cell, only []string, shipped map[string]*results.Result) map[string]bool {
	keep := map[string]bool{}
	want := func(name string) {
		if name != "" && shipped[name] == nil {
			p.reach(name, keep)
		}
	}
	for _, c := range cells {
		if Selected(only, c) {
			want(c.Task)
		}
	}
	for _, t := range p.tasks {
		if slices.ContainsFunc(only, func(name string) bool { return isTask(name, t.Name) }) {
			want(t.Name)
		}
	}
	return keep
}

// errCannot is why a cell cannot be run under a profile.
type errCannot struct{ why string }

func (e errCannot) Error() string { return e.why }

func cannot(format string, args ...any) error { return errCannot{fmt.Sprintf(format, args...)} }

// cells returns every cell of the plan in run order: theory, the profile's blocks,
// the rest. Last come all other printed numbers, with the reason why they are not
// run.
func (p *planner) cells() ([]results.Cell, error) {
	out, err := p.theory()
	if err != nil {
		return nil, err
	}
	planned := map[paper.Key]bool{}
	add := func(cells []cell, block int) error {
		for r := range p.sel.Seeds {
			for _, c := range cells {
				done, err := p.cell(c, r)
				if err != nil {
					return err
				}
				if done.Task == "" && r > 0 {
					continue // one cell gives the reason
				}
				if done.Block = block; done.Task == "" {
					done.Block = 0
				}
				planned[c.Key] = true
				out = append(out, done)
			}
		}
		return nil
	}
	blocks, rest := p.profile.order()
	for i, b := range blocks {
		if err := add(b, i+1); err != nil {
			return nil, err
		}
	}
	for _, group := range rest {
		if err := add(group, 0); err != nil {
			return nil, err
		}
	}
	for _, n := range paper.Numbers() {
		if part := partOf(n.Key); part != "" && !planned[n.Key] {
			out = append(out, results.Cell{Key: n.Key, Profile: p.profile.Name, Part: part, Reason: p.whyNot(n.Key)})
		}
	}
	return out, nil
}

// order returns the profile's cells by block, and the others in groups of one data
// set and table, CIFAR-10-LT first. The cells of a group run together, replicate by
// replicate.
func (p Profile) order() (blocks [][]cell, rest [][]cell) {
	at := map[paper.Key][2]int{}
	for i, b := range p.Blocks {
		blocks = append(blocks, make([]cell, len(b)))
		for j, k := range b {
			at[k] = [2]int{i, j}
		}
	}
	type group struct{ dataset, part string }
	index := map[group]int{}
	for _, dataset := range []string{paper.CIFAR10, paper.SVHN, paper.CIFAR100} {
		for _, c := range cells() {
			if c.Dataset != dataset || c.instead != "" && p.has(c.instead) {
				continue
			}
			if place, ok := at[c.Key]; ok {
				blocks[place[0]][place[1]] = c
				continue
			}
			if !p.Rest {
				continue
			}
			g := group{dataset, c.part}
			if _, ok := index[g]; !ok {
				index[g] = len(rest)
				rest = append(rest, nil)
			}
			rest[index[g]] = append(rest[index[g]], c)
		}
	}
	for i := range blocks { // the stand-in does not show a figure whose data the profile has
		blocks[i] = slices.DeleteFunc(blocks[i], func(c cell) bool { return c.part == "" })
	}
	return blocks, rest
}

// has reports whether the profile has data for one of the paper's sets.
func (p Profile) has(dataset string) bool {
	_, ok := p.Sets[dataset]
	return ok
}

// cell plans one cell in replicate r.
func (p *planner) cell(c cell, r int) (results.Cell, error) {
	out := results.Cell{Key: c.Key, Profile: p.profile.Name, Part: c.part, Replicate: r}
	task, err := p.task(c, r)
	if why, ok := errors.AsType[errCannot](err); ok {
		out.Replicate, out.Reason = 0, why.why
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("%v: %w", c.Key, err)
	}
	source, err := p.source(c.Dataset)
	if err != nil {
		return out, err
	}
	s := p.planned(task).Settings
	out.Task, out.Grade, out.Data = task, GradeOf(s, &source.about), source.about.Name+"-LT"
	out.Marks = p.marks(c, source, s)
	return out, nil
}

// marks returns how a task differs from the paper.
func (p *planner) marks(c cell, source *source, s results.Settings) []string {
	var out []string
	mark := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case source.about.StandsFor != "":
		mark("%s at n_max %d in place of %s", source.about.Name, s.NMax, c.Dataset)
	case s.NMax != source.about.NMax:
		mark("%s%d", results.MarkNMax, s.NMax)
	}
	if s.Arch != "resnet32" && s.Arch != results.ArchLogistic {
		mark("%s in place of ResNet-32", s.Arch)
	}
	trained := s // the settings that trained the classifier
	if s.Kind == results.KindEmbed {
		trained = p.planned(s.Base).Settings
	}
	if how := paperSupervised; s.Arch != results.ArchLogistic {
		if s.Multiple > 0 || c.run.length == equalSteps {
			how = paperWithDU
		}
		own := c.run.probe || c.run.retrained // with a recipe of its own
		if trained.Batch != how.Batch || trained.Epochs != how.Epochs && c.run.length == published && !own {
			mark("%d epochs of batch %d", trained.Epochs, trained.Batch)
		}
		if trained.LR > 0 && !c.run.retrained {
			mark("learning rate %g", trained.LR)
		}
		if trained.Schedule != "" && !own {
			mark("%s schedule", trained.Schedule)
		}
		if trained.BNMomentum > 0 {
			mark("batch-norm momentum %g", trained.BNMomentum)
		}
		if trained.NoCrop {
			mark("no random crops")
		}
	}
	// The best of fewer evaluations is less good.
	if looks := min(s.Epochs, s.Evaluations); source.about.StandsFor == "" && s.NMax == source.about.NMax && looks > 0 && looks != paperSupervised.Epochs {
		mark("%s%d evaluations", results.MarkBestOf, looks)
	}
	if c.run.from == results.TargetMoCo {
		ours := momentumContrast
		if m := p.planned(s.Init).Settings; m.Epochs != ours.Epochs || m.Batch != ours.Batch || m.Queue != ours.Queue {
			mark("MoCo of %d epochs of batch %d, queue %d, learning rate %.3g", m.Epochs, m.Batch, m.Queue, m.LR)
		}
	}
	if s.TestPerClass > 0 {
		mark("%d test images a class", s.TestPerClass)
	}
	if s.PoolPerClass > 0 {
		mark("%d pool images a class", s.PoolPerClass)
	}
	switch {
	case s.MapPerClass == 0:
	case s.MapUnlabeled > 0:
		mark("map of %d images a class of test set and D_U", s.MapPerClass)
	default:
		mark("map of %d test images a class", s.MapPerClass)
	}
	switch {
	case s.Multiple == 0:
	case s.Pool == s.Data:
		mark("D_U from images that nothing else uses; number of epochs ours")
	case s.Pool == dataset.PoolHeldOut:
		mark("D_U from held-out images")
	case s.Pool != dataset.PoolExtra && s.Pool != dataset.PoolAuthors:
		mark("D_U from %s", s.PoolName())
	}
	if s.Irrelevant != "" {
		if size, err := (maker{p, source, c.Rho, 0}).sizeOfDU(c.run); err == nil && size.wanting > 0 {
			mark("%d of %d irrelevant images: there are no more", size.irrelevant, size.irrelevant+size.wanting)
		}
	}
	if s.SSL == results.SSLMeanTeacher && s.NoCrop {
		mark("the teacher's view differs by a flip alone")
	}
	if c.ours != "" {
		mark("%s", c.ours)
	}
	if s.Exact {
		mark("direct convolutions")
	}
	if s.Variant != "" {
		mark("variant %s", s.Variant)
	}
	if p.sel.Seed != 0 || p.sel.DataSeed != 0 { // what ships has neither
		mark("seed %d, data seeds from %d", p.sel.Seed, p.sel.DataSeed)
	}
	return out
}

// partOf returns the part of a printed number, or "" for numbers of the text and of
// readers.
func partOf(k paper.Key) string {
	switch k.Source {
	case "Table 1a", "Table 1b":
		return "table1"
	case "Table 2", "README":
		return "table2"
	case "Table 3":
		return "table3"
	case "Table 4":
		return "table4"
	case "Appendix E.3":
		return "sweeps"
	}
	return ""
}

func (p *planner) whyNot(k paper.Key) string {
	if k.Source == "Table 3" || k.Source == "Table 4" {
		return "needs " + k.Dataset + " at 224×224 pixels and MoCo, which this version does not train; errors measured elsewhere can be brought with --reported"
	}
	if !p.profile.has(k.Dataset) {
		return p.noData(k.Dataset).Error()
	}
	return fmt.Sprintf("not among the cells of profile %s; profiles desktop and paper run it on the official files where they suffice (the report gives the command)", p.profile.Name)
}

func (p *planner) noData(dataset string) error {
	return cannot("%s has no embedded stand-in; profiles desktop and paper run it on the official files (the report gives the command)", dataset)
}
