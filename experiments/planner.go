package experiments

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"longtail/dataset"
	"longtail/paper"
	"longtail/results"
	"longtail/score"
	"longtail/setup"
)

// planner collects the tasks that cells need, each once, parents first.
type planner struct {
	profile Profile
	sel     results.Selection
	sources map[string]*source // by the paper's data set
	tasks   []results.Task
	index   map[string]int // into tasks, by name
}

func newPlanner(p Profile, sel results.Selection) *planner {
	all := &planner{profile: p, sel: sel, sources: map[string]*source{}, index: map[string]int{}}
	if sel.Pool != "" {
		s := p.CIFAR10()
		s.Pool = sel.Pool
		all.profile.Sets = maps.Clone(p.Sets)
		all.profile.Sets[paper.CIFAR10] = s
	}
	return all
}

// files returns where the official data are.
func (p *planner) files() dataset.Files {
	return dataset.Files{Dir: p.sel.DataDir, AllowUnverified: p.sel.AllowUnverified}
}

// source is one of the profile's data sets and its numbers of images.
type source struct {
	Source
	about dataset.Set
	test  int   // images evaluated
	pool  []int // by class id; nil: unknown
	// Irrelevant images: their data set ("": none) and number (0: unknown).
	irrelevant      string
	irrelevantCount int
}

// source looks up one of the paper's data sets, without reading its files.
func (p *planner) source(name string) (*source, error) {
	if s := p.sources[name]; s != nil {
		return s, nil
	}
	from, ok := p.profile.Sets[name]
	if !ok {
		return nil, p.noData(name)
	}
	about, err := dataset.Describe(from.Data)
	if err != nil {
		return nil, err
	}
	s := &source{Source: from, about: about}
	switch from.Pool {
	case from.Data, dataset.PoolExtra:
		s.pool = slices.Clone(about.PoolCounts)
	case dataset.PoolHeldOut:
		for _, n := range about.TrainCounts {
			s.pool = append(s.pool, max(n-from.NMax, 0))
		}
	case "":
	default:
		// Tasks report missing or refused files when they need them
		// (dataset.Files.FindPool).
		counts, _ := p.files().FindPool(from.Data, from.Pool)
		s.pool = slices.Clone(counts)
	}
	for c, n := range about.TestCounts {
		if most := p.profile.TestPerClass; most > 0 {
			n = min(n, most)
		}
		s.test += n
		if most := p.profile.PoolPerClass; most > 0 && s.pool != nil {
			s.pool[c] = min(s.pool[c], most)
		}
	}
	if id, err := dataset.IrrelevantFor(from.Data); err == nil {
		other, err := dataset.Describe(id)
		if err != nil {
			return nil, err
		}
		s.irrelevant = id
		s.irrelevantCount = dataset.IrrelevantCount(about, other)
	}
	p.sources[name] = s
	return s, nil
}

// add names a task, adds it to the plan unless it is there, and returns the name.
func (p *planner) add(t results.Task) (string, error) {
	name, err := Name(p.files(), t.Settings)
	if err != nil {
		return "", err
	}
	if _, there := p.index[name]; !there {
		t.Name = name
		p.index[name] = len(p.tasks)
		p.tasks = append(p.tasks, t)
	}
	return name, nil
}

// planned returns an added task by name.
func (p *planner) planned(name string) results.Task { return p.tasks[p.index[name]] }

// reach adds a task and all its ancestors to seen.
func (p *planner) reach(name string, seen map[string]bool) {
	if seen[name] {
		return
	}
	seen[name] = true
	for _, parent := range p.planned(name).Settings.Parents() {
		p.reach(parent, seen)
	}
}

// images returns the number of images that a task and its ancestors train on.
func (p *planner) images(name string) (total int64) {
	seen := map[string]bool{}
	p.reach(name, seen)
	for name := range seen {
		total += p.planned(name).Images
	}
	return total
}

// task plans the tasks of a cell in one replicate and returns the name of the
// one whose result holds the number. Replicate r has its own labeled subset
// (data seed) and its own streams.
func (p *planner) task(c cell, r int) (string, error) {
	s, err := p.source(c.Dataset)
	if err != nil {
		return "", err
	}
	if c.run.rule == ruleLogistic && s.about.StandsFor == "" {
		return "", cannot("a sanity check of the embedded stand-in")
	}
	if c.run.unlabeled != nil && s.Pool == "" {
		o, _ := paper.ObstacleOf(paper.ResNet32("Table 1a", c.Dataset, c.Rho, 1, c.Method))
		return "", cannot("cannot be run as published: %s. Nearest: %s, longtail reproduce --profile desktop; with the authors' %s in the data folder, --pool authors --allow-unverified", o.Why, o.Nearest, "ti_80M_selected.pickle")
	}
	for class, there := range s.about.TestCounts { // a variant may ask for too many
		if n := p.profile.TestPerClass; n > there {
			return "", cannot("test_set %d: of class %s of %s there are %d test images", n, s.about.Classes[class], s.about.Name, there)
		}
	}
	m := maker{planner: p, source: s, rho: c.Rho, r: r}
	if c.run.embed {
		return m.embed(c.run)
	}
	return m.classifier(c.run)
}

// maker makes the tasks of one data set, imbalance and replicate.
type maker struct {
	*planner
	*source
	rho float64
	r   int
}

// labeled returns the number of images in the labeled set of a run. A data set too
// small for it, as for the n_max of a variant, gives errCannot.
func (m maker) labeled(r run) (int, error) {
	counts, err := dataset.Counts(len(m.about.Classes), int(float64(m.NMax)*cmp.Or(r.amount, 1)), m.rho, r.imbalance)
	if err != nil {
		return 0, cannot("%v", err)
	}
	for rank, class := range m.about.Ranks() {
		if there := m.about.TrainCounts[class]; counts[rank] > there {
			return 0, cannot("n_max %d needs %d images of class %s of %s, of which there are %d", m.NMax, counts[rank], m.about.Classes[class], m.about.Name, there)
		}
	}
	return score.Sum(counts), nil
}

// unlabeledSize counts D_U's relevant images, its irrelevant ones, and the
// irrelevant ones that are missing: at most a tenth.
type unlabeledSize struct{ relevant, irrelevant, wanting int }

func (s unlabeledSize) all() int { return s.relevant + s.irrelevant }

// sizeOfDU returns the size of a run's D_U. A pool too small for it gives errCannot.
func (m maker) sizeOfDU(r run) (size unlabeledSize, err error) {
	u := r.unlabeled
	full := r
	full.amount = 0
	n, err := m.labeled(full)
	if err != nil {
		return size, err
	}
	how := dataset.Unlabeled{Multiple: u.multiple, RhoU: u.rhoU}
	if u.irrelevantPct > 0 {
		how.Mix = &dataset.Mix{Relevance: 1 - u.irrelevantPct/100}
	}
	counts, irrelevant, err := how.Wanted(len(m.about.Classes), n)
	if err != nil {
		return size, err
	}
	for rank, class := range m.about.Ranks() {
		if m.pool != nil && counts[rank] > m.pool[class] {
			what := fmt.Sprintf("needs %d pool images of class %s, of which there are %d", counts[rank], m.about.Classes[class], m.pool[class])
			if m.Data == "cifar10" && m.Pool != dataset.PoolAuthors {
				what += "; with the authors' ti_80M_selected.pickle in the data folder, --pool authors --allow-unverified has more"
			}
			return size, m.tooSmall(r, what)
		}
	}
	if u.irrelevantPct > 0 {
		size.irrelevant = irrelevant
		if m.irrelevant == "" {
			return size, cannot("no set is known whose images are irrelevant to %s", m.about.Name)
		}
		if there := m.irrelevantCount; there > 0 {
			if dataset.TooFewIrrelevant(there, size.irrelevant) {
				return size, m.tooSmall(r, fmt.Sprintf("needs %d irrelevant images, of which there are %d", size.irrelevant, there))
			}
			size.wanting = max(0, size.irrelevant-there)
			size.irrelevant -= size.wanting
		}
	}
	size.relevant = score.Sum(counts)
	return size, nil
}

// tooSmall returns the errCannot of a run whose pool is too small. It names profile
// desktop if that has a larger one.
func (m maker) tooSmall(r run, what string) error {
	if m.profile.Official() {
		return cannot("%s", what)
	}
	p, err := ProfileNamed("desktop")
	if err != nil {
		return err
	}
	other := newPlanner(p, results.Selection{})
	s, err := other.source(m.about.StandsFor)
	if err != nil {
		return err
	}
	if _, err := (maker{other, s, m.rho, m.r}).sizeOfDU(r); err == nil {
		what += "; longtail reproduce --profile desktop --data-dir DIR has a larger pool"
	}
	return cannot("%s", what)
}

// base returns the settings that all tasks on the labeled set of a run share.
func (m maker) base(kind results.Kind, r run) results.Settings {
	return results.Settings{
		Kind: kind, Data: m.Data, Rho: m.rho, Imbalance: r.imbalance, NMax: m.NMax, Amount: r.amount,
		DataSeed: m.sel.DataSeed + m.r, TestPerClass: m.profile.TestPerClass, Arch: m.profile.Arch,
		Seed: m.sel.Seed, Replicate: m.r, Exact: m.sel.Exact, Variant: m.profile.Variant,
	}
}

// addTraining plans a training of the given number of images per epoch.
func (m maker) addTraining(s results.Settings, how Recipe, images int) (string, error) {
	s.Epochs, s.Batch, s.LR, s.BNMomentum = how.Epochs, how.Batch, how.LR, how.BNMomentum
	s.Schedule, s.NoCrop, s.Evaluations, s.WeightDecay = m.profile.Schedule, m.profile.NoCrop, m.profile.Evaluations, m.profile.WeightDecay
	all := int64(s.Epochs * images)
	return m.add(results.Task{Settings: s, Images: all, Evals: int64(min(s.Epochs, s.Evaluations)*m.test) + forwardAlone(s, all)})
}

// classifier plans a run and all its ancestors, and returns its name.
func (m maker) classifier(r run) (string, error) {
	s := m.base(results.KindTrain, r)
	n, err := m.labeled(r)
	if err != nil {
		return "", err
	}
	if r.rule == ruleLogistic {
		s.Arch = results.ArchLogistic
		return m.add(results.Task{Settings: s, Evals: int64(m.test)})
	}
	if r.retrained {
		return m.retrain(s, r, n)
	}
	if s.Loss, s.Rule, err = lossAndRule(r.rule); err != nil {
		return "", err
	}
	how := m.profile.Supervised
	switch {
	case r.length == equalSteps:
		with := r
		with.unlabeled = &unlabeled{multiple: times5, rhoU: m.rho}
		enlarged := *m.source
		enlarged.pool = nil // only the sizes matter here
		size, err := maker{m.planner, &enlarged, m.rho, m.r}.sizeOfDU(with)
		if err != nil {
			return "", err
		}
		how = m.profile.WithDU
		how.Epochs = ceilDiv(how.Epochs*ceilDiv(n+size.all(), how.Batch), ceilDiv(n, how.Batch))
	case r.unlabeled != nil:
		how = m.profile.WithDU
	}
	if r.length == twice {
		how.Epochs *= 2
	}
	if r.from != "" {
		if s.Init, err = m.pretrained(r); err != nil {
			return "", err
		}
	}
	if r.probe {
		if err := setup.CheckProbe(s.Rule); err != nil {
			return "", err
		}
		// Only the head is trained, so every image passes the trunk once. LR stays 0,
		// because the probe's rate is 0.1 in every profile.
		s.Frozen, s.Epochs, s.Batch, s.Schedule = true, m.profile.Probe.Epochs, m.profile.Probe.Batch, "cosine-plain"
		return m.add(results.Task{Settings: s, Evals: int64(n + m.test)})
	}
	if u := r.unlabeled; u != nil {
		size, err := m.sizeOfDU(r)
		if err != nil {
			return "", err
		}
		s.Pool, s.PoolPerClass, s.Multiple, s.RhoU = m.Pool, m.profile.PoolPerClass, u.multiple, u.rhoU
		if s.IrrelevantPct = u.irrelevantPct; size.irrelevant > 0 {
			s.Irrelevant = m.irrelevant
		}
		s.Omega, s.Threshold, s.SSL = u.omega, u.threshold, u.ssl
		if u.ssl == results.SSLVAT {
			s.Epsilon = setup.VATEpsilon(m.about.H, m.about.W)
		}
		n += size.all()
		switch {
		case u.ssl != "": // no labels, and batches are always full
			n = ceilDiv(n, how.Batch) * how.Batch
		case u.trueLabels:
			s.PoolLabels = "true"
		default:
			if s.Labels, err = m.pseudolabels(r, size.irrelevant > 0); err != nil {
				return "", err
			}
		}
	}
	return m.addTraining(s, how, n)
}

// retrain plans the re-training of a run's classifier on n images, and the run. Every image
// only passes forward. The marks of a cell do not know the D_U or the MoCo of a first stage.
func (m maker) retrain(s results.Settings, r run, n int) (string, error) {
	first := r
	first.retrained = false
	if first != (run{rule: "CE", from: r.from}) || r.from == results.TargetMoCo {
		return "", fmt.Errorf("a head is re-trained after CE on the labeled set, plain or from rotation or labels, not after %+v", first)
	}
	var err error
	if s.Init, err = m.classifier(first); err != nil {
		return "", err
	}
	how := m.profile.Supervised
	s.Retrained, s.Rule, s.Stage = true, setup.RetrainRule, "retrain"
	s.Epochs, s.Batch, s.LR, s.Schedule, s.BNMomentum = m.profile.Retrain, how.Batch, setup.RetrainRate(how.Batch), setup.RetrainSchedule, how.BNMomentum
	s.NoCrop, s.Evaluations, s.WeightDecay = m.profile.NoCrop, m.profile.Evaluations, m.profile.WeightDecay
	return m.add(results.Task{Settings: s, Evals: int64(s.Epochs*n + min(s.Epochs, s.Evaluations)*m.test)})
}

// pretrained plans the pre-training of a run, on the same images. It is a task of
// its own even if supervised, so that the stages share neither order nor crops. It
// never depends on the rule; with labels it uses plain cross-entropy.
func (m maker) pretrained(r run) (string, error) {
	s := m.base(results.KindPretrain, r)
	s.Stage = "pretrain"
	n, err := m.labeled(r)
	if err != nil {
		return "", err
	}
	if r.from == results.TargetMoCo {
		return m.contrast(s, n)
	}
	if r.from != fromLabels {
		s.Target = r.from
	}
	return m.addTraining(s, m.profile.Supervised, n)
}

// contrast plans pre-training by MoCo on n images. A second network embeds every
// image once more, forward only.
func (m maker) contrast(s results.Settings, n int) (string, error) {
	how := m.profile.Contrast
	if how.Batch == 0 {
		return "", cannot("profile %s does not say how MoCo pre-trains", m.profile.Name)
	}
	shown := n / how.Batch * how.Batch
	if shown == 0 {
		return "", cannot("%d images are fewer than MoCo's batch of %d", n, how.Batch)
	}
	s.Target, s.Epochs, s.Batch, s.Queue, s.LR, s.Schedule = results.TargetMoCo, how.Epochs, how.Batch, how.Queue, setup.MoCoRate(how.Batch), "cosine-plain"
	images := int64(how.Epochs * shown)
	return m.add(results.Task{Settings: s, Images: images, Evals: images})
}

// pseudolabels plans the labeling of the whole pool, and of the irrelevant images
// if asked. The last epoch of the same rule, trained without D_U, labels them.
func (m maker) pseudolabels(r run, irrelevant bool) (string, error) {
	plain := r
	plain.unlabeled, plain.length = nil, published
	base, err := m.classifier(plain)
	if err != nil {
		return "", err
	}
	s := m.base(results.KindPseudolabel, r)
	s.Base, s.Pool, s.PoolPerClass, s.TestPerClass, s.Seed = base, m.Pool, m.profile.PoolPerClass, 0, 0
	evals := score.Sum(m.pool)
	if irrelevant {
		s.Irrelevant = m.irrelevant
		evals += m.irrelevantCount
	}
	return m.add(results.Task{Settings: s, Evals: int64(evals)})
}

// embed plans the embedding of a run's features.
func (m maker) embed(r run) (string, error) {
	plain := r
	plain.embed = false
	base, err := m.classifier(plain)
	if err != nil {
		return "", err
	}
	b := m.planned(base).Settings
	s := m.base(results.KindEmbed, r)
	s.Base, s.MapPerClass, s.Seed = base, m.profile.MapPerClass, 0
	if r.unlabeled != nil {
		s.MapUnlabeled = m.profile.MapPerClass
	}
	s.Pool, s.PoolPerClass, s.Multiple, s.RhoU, s.Labels = b.Pool, b.PoolPerClass, b.Multiple, b.RhoU, b.Labels
	n, err := m.labeled(r)
	if err != nil {
		return "", err
	}
	points, evals := n, n+m.test
	classes := len(m.about.Classes)
	most := func(images int) int {
		if m.profile.MapPerClass == 0 {
			return images
		}
		return min(images, m.profile.MapPerClass*classes)
	}
	points += most(m.test)
	if r.unlabeled != nil {
		size, err := m.sizeOfDU(r)
		if err != nil {
			return "", err
		}
		points += most(size.relevant)
		evals += most(size.relevant)
	}
	return m.add(results.Task{Settings: s, Evals: int64(evals), Points: int64(points)})
}

// lossAndRule returns loss and rule of a row of Table 2 or of ruleResampled.
func lossAndRule(row string) (loss, rule string, err error) {
	if row == ruleResampled {
		return "", "resample", nil
	}
	for _, r := range paper.Table2Rows() {
		if r.Method == row {
			return r.Loss, r.Rule, nil
		}
	}
	return "", "", fmt.Errorf("there is no rule %q", row)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
