package experiments

import (
	"longtail/dataset"
	"longtail/results"
)

// planner collects the tasks that cells ask for, each once, parents first.
type planner struct {
	profile        Profile
	seed, dataSeed int
	set            *dataset.Set
	tasks          []results.Task
	index          map[string]int // into tasks, by name
}

// add names a task and puts it into the plan unless it is there.
func (p *planner) add(s results.Settings, images, evals int) (string, error) {
	name, err := Name(s)
	if err != nil {
		return "", err
	}
	if _, there := p.index[name]; !there {
		p.index[name] = len(p.tasks)
		p.tasks = append(p.tasks, results.Task{Name: name, Settings: s, Images: int64(images), Evals: int64(evals)})
	}
	return name, nil
}

// images is what a task and its ancestors train on.
func (p *planner) images(name string) int64 {
	seen := map[string]bool{}
	var sum func(string) int64
	sum = func(name string) int64 {
		if seen[name] {
			return 0
		}
		seen[name] = true
		t := p.tasks[p.index[name]]
		total := t.Images
		for _, parent := range Parents(t.Settings) {
			total += sum(parent)
		}
		return total
	}
	return sum(name)
}

// replicate makes the settings of one replicate: replicate r has its own
// labelled subset (data seed) and its own streams.
type replicate struct {
	*planner
	r int
}

// sizes returns the images of the labelled set and of a D_U.
func (p replicate) sizes(rhoU float64) (labelled, unlabeled int, err error) {
	counts, err := dataset.Counts(len(p.set.Classes), p.profile.NMax, p.profile.Rho, dataset.Exponential)
	if err != nil {
		return 0, 0, err
	}
	for _, n := range counts {
		labelled += n
	}
	if rhoU == 0 {
		return labelled, 0, nil
	}
	counts, err = dataset.UnlabeledCounts(len(p.set.Classes), multiple*float64(labelled), rhoU)
	for _, n := range counts {
		unlabeled += n
	}
	return labelled, unlabeled, err
}

// multiple is the "5x" of D_U@5x.
const multiple = 5

func (p replicate) testImages() int {
	if n := p.profile.TestSet; n > 0 {
		return n * len(p.set.Classes)
	}
	return p.set.Test.Len()
}

// settings of a run on the labelled set alone.
func (p replicate) labelled(kind results.Kind, r Recipe) results.Settings {
	return results.Settings{
		Kind: kind, Data: p.profile.Data, Rho: p.profile.Rho, NMax: p.profile.NMax,
		DataSeed: p.dataSeed + p.r, TestSet: p.profile.TestSet,
		Arch: p.profile.Arch, Epochs: r.Epochs, Batch: r.Batch, Evaluations: p.profile.Evaluations,
		Seed: p.seed, Replicate: p.r,
	}
}

func (p replicate) addTraining(s results.Settings, images int) (string, error) {
	return p.add(s, s.Epochs*images, min(s.Epochs, s.Evaluations)*p.testImages())
}

// ce is the base classifier.
func (p replicate) ce() (string, error) { return p.ceFor(p.profile.Supervised) }

func (p replicate) ceFor(r Recipe) (string, error) {
	n, _, err := p.sizes(0)
	if err != nil {
		return "", err
	}
	return p.addTraining(p.labelled(results.KindTrain, r), n)
}

// ceTwice asks whether the base classifier is trained out.
func (p replicate) ceTwice() (string, error) {
	r := p.profile.Supervised
	r.Epochs *= 2
	return p.ceFor(r)
}

// ceEqualSteps is the labelled set alone under the D_U recipe for as many
// steps as the D_U run at ρ_U = ρ takes.
func (p replicate) ceEqualSteps() (string, error) {
	n, u, err := p.sizes(p.profile.Rho)
	if err != nil {
		return "", err
	}
	r := p.profile.WithDU
	r.Epochs = ceilDiv(r.Epochs*ceilDiv(n+u, r.Batch), ceilDiv(n, r.Batch))
	return p.ceFor(r)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// ceWithDU labels the pool by the last epoch of ce and trains a new network on
// the labelled set and D_U together.
func (p replicate) ceWithDU(rhoU float64) (string, error) {
	base, err := p.ce()
	if err != nil {
		return "", err
	}
	pseudo := results.Settings{
		Kind: results.KindPseudolabel, Data: p.profile.Data, Pool: p.profile.Data, PoolSet: p.profile.PoolSet,
		Arch: p.profile.Arch, Base: base, Rho: p.profile.Rho, Replicate: p.r,
	}
	pool := p.set.Pool.Len()
	if n := p.profile.PoolSet; n > 0 {
		pool = min(pool, n*len(p.set.Classes))
	}
	labels, err := p.add(pseudo, 0, pool)
	if err != nil {
		return "", err
	}
	n, u, err := p.sizes(rhoU)
	if err != nil {
		return "", err
	}
	s := p.labelled(results.KindTrain, p.profile.WithDU)
	s.Pool, s.PoolSet, s.Multiple, s.RhoU, s.Labels = p.profile.Data, p.profile.PoolSet, multiple, rhoU, labels
	return p.addTraining(s, n+u)
}

// pretrained trains as ce does, but from a trunk pre-trained on the same
// images: target "rotation" (SSP) or "" (the supervised warm start, a
// pre-training of its own, so that its stages do not share order or crops).
func (p replicate) pretrained(target string) (string, error) {
	n, _, err := p.sizes(0)
	if err != nil {
		return "", err
	}
	s := p.labelled(results.KindPretrain, p.profile.Supervised)
	s.Target, s.Stage = target, "pretrain"
	init, err := p.addTraining(s, n)
	if err != nil {
		return "", err
	}
	s = p.labelled(results.KindTrain, p.profile.Supervised)
	s.Init = init
	return p.addTraining(s, n)
}

func (p replicate) ssp() (string, error)       { return p.pretrained(TargetRotation) }
func (p replicate) warmStart() (string, error) { return p.pretrained("") }

// logistic is the sanity control below all networks.
func (p replicate) logistic() (string, error) {
	s := p.labelled(results.KindTrain, Recipe{})
	s.Arch, s.Evaluations = archLogistic, 0
	return p.add(s, 0, p.testImages())
}
