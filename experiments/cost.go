package experiments

import (
	"cmp"
	"fmt"
	"slices"

	"longtail/dataset"
	"longtail/nn"
	"longtail/results"
	"longtail/setup"
)

// Speed is what this machine was seen to do a moment ago.
type Speed struct {
	ImagesPerSecond float64 `json:"images_per_second"` // training, objective and optimizer included, all jobs together
	Jobs            int     `json:"jobs"`
	Threads         int     `json:"threads"` // a job
	KernelSet       string  `json:"kernel_set"`
	Cores           int     `json:"-"` // that all jobs together keep busy; 0: Jobs×Threads
}

// alone is how many times as long as on all cores a task takes on those that it can use.
func (s Speed) alone(task results.Settings) float64 {
	cores := max(1, cmp.Or(s.Cores, s.Jobs*s.Threads))
	usable := MostThreads(task)
	if task.Kind == results.KindPseudolabel || task.Kind == results.KindEmbed || task.Frozen {
		usable = cores // passes forward, and maps, split among all; only to begin again for more is not worth it
	}
	return float64(cores) / float64(min(cores, max(1, s.Threads, usable)))
}

// MostThreads is the number of threads for more of which no task that runs is worth stopping:
// it gets no faster, or has no checkpoint to go on from.
func MostThreads(s results.Settings) int {
	if s.Kind != results.KindTrain && s.Kind != results.KindPretrain || s.Frozen || s.Arch == results.ArchLogistic || SmallNetwork(s.Arch) {
		return 1
	}
	return nn.MostThreads(s.Batch)
}

// SmallNetwork reports whether a step of the network takes about a millisecond
// an image or less on one core.
func SmallNetwork(name string) bool {
	arch, err := nn.ParseArch(name)
	return err == nil && arch.Depth < 32
}

// Estimate is what a plan, or a part of it, costs before anything is computed.
// What the store holds already is counted as done and costs nothing.
type Estimate struct {
	Part      string  `json:"part,omitempty"`
	Cells     int     `json:"cells"`            // numbers, replicates counted
	Cannot    int     `json:"cannot,omitempty"` // of print, that cannot be run here
	Tasks     int     `json:"tasks"`            // each once, under the part that needs it first
	Done      int     `json:"done"`             // of them
	Images    int64   `json:"images"`           // trained on
	Evaluated int64   `json:"evaluated_images"` // forward alone
	FLOPs     float64 `json:"flops"`            // two a multiply-add, convolutions alone, both kinds of images
	Disk      int64   `json:"disk_bytes"`       // left in the store
	Seconds   float64 `json:"seconds"`          // at the measured speed, of all cores
	Longest   float64 `json:"-"`                // seconds of the longest chain of tasks that ends in it
}

// Time is how many seconds it takes: chains are serial, and one task alone may not be
// able to use all cores.
func (e Estimate) Time() float64 { return max(e.Seconds, e.Longest) }

func (e *Estimate) add(o Estimate) {
	e.Cells += o.Cells
	e.Cannot += o.Cannot
	e.Tasks += o.Tasks
	e.Done += o.Done
	e.Images += o.Images
	e.Evaluated += o.Evaluated
	e.FLOPs += o.FLOPs
	e.Disk += o.Disk
	e.Seconds += o.Seconds
	e.Longest = max(e.Longest, o.Longest)
}

// TaskEstimate is what is left of one task.
type TaskEstimate struct {
	Name      string   `json:"task"`
	Part      string   `json:"part"`  // that needs it first
	About     string   `json:"about"` // what it does (Describe)
	Done      bool     `json:"done"`
	Reached   float64  `json:"reached,omitempty"` // share of its steps that its checkpoint holds
	Images    int64    `json:"images"`
	Evaluated int64    `json:"evaluated_images"`
	Seconds   float64  `json:"seconds"`
	Cells     []string `json:"cells,omitempty"` // numbers that are read from it; none: other tasks start from it
}

// Costs is what a plan costs.
type Costs struct {
	All   Estimate
	Parts []Estimate     // in the order in which they run: the blocks, then the rest table by table
	Tasks []TaskEstimate // in the plan's order
	State int64          // bytes of the largest checkpoint of a task to be computed, while it runs
}

// EstimatePlan returns what a plan costs. has tells which files of which tasks the
// store holds (Stored), reached how far tasks are that were begun (Reached; nil:
// none was).
func EstimatePlan(plan results.Plan, speed Speed, has func(task, file string) bool, reached func(task string) float64) (Costs, error) {
	e := estimator{speed: speed, has: has, reached: reached, tasks: map[string]results.Task{}, toDo: ToCompute(plan, has),
		index: map[string]int{}, sizes: map[string]shape{}, costs: map[string]TaskEstimate{}, chains: map[string]float64{}}
	for _, t := range plan.Tasks {
		e.tasks[t.Name] = t
	}
	shown := map[string][]string{}
	for _, c := range plan.Cells {
		shown[c.Task] = append(shown[c.Task], c.Key.Short())
		if err := e.cell(plan, c); err != nil {
			return Costs{}, err
		}
	}
	for _, t := range plan.Tasks { // tasks selected by name that no cell shows
		if err := e.task(e.part("tasks"), t.Name); err != nil {
			return Costs{}, err
		}
	}
	out := Costs{State: e.state}
	for _, part := range e.parts {
		if part.Tasks > 0 || part.Cells > 0 || part.Cannot > 0 {
			out.Parts = append(out.Parts, part)
			out.All.add(part)
		}
	}
	for _, t := range plan.Tasks {
		one := e.costs[t.Name]
		one.Cells = shown[t.Name]
		out.Tasks = append(out.Tasks, one)
	}
	return out, nil
}

// estimator sums up the costs of a plan part by part, each task once.
type estimator struct {
	speed   Speed
	has     func(task, file string) bool
	reached func(task string) float64
	tasks   map[string]results.Task // of the plan
	toDo    map[string]results.Task // what of each is computed
	parts   []Estimate
	index   map[string]int // into parts
	sizes   map[string]shape
	costs   map[string]TaskEstimate // of the tasks that were met
	chains  map[string]float64      // seconds of what is left of each of them and of the longest way to it
	state   int64                   // of the largest checkpoint
}

// part is the sum of that name. It moves with the next new name.
func (e *estimator) part(name string) *Estimate {
	i, ok := e.index[name]
	if !ok {
		i = len(e.parts)
		e.index[name] = i
		e.parts = append(e.parts, Estimate{Part: name})
	}
	return &e.parts[i]
}

// cell adds a cell, and its task, to the part that it runs in.
func (e *estimator) cell(plan results.Plan, c results.Cell) error {
	switch {
	case c.Task == "":
		if Selected(plan.Only, c) {
			e.part(c.Part).Cannot++
		}
		return nil
	case c.Reason != "":
		return nil
	}
	name := c.Part
	if c.Block > 0 {
		name = fmt.Sprintf("block %d", c.Block)
	}
	part := e.part(name)
	part.Cells++
	return e.task(part, c.Task)
}

// task adds a task and what it starts from to the first part that needs it.
func (e *estimator) task(part *Estimate, name string) error {
	t, planned := e.tasks[name]
	if _, met := e.costs[name]; !planned || met {
		return nil
	}
	parents := 0.0
	for _, parent := range t.Settings.Parents() {
		if err := e.task(part, parent); err != nil {
			return err
		}
		parents = max(parents, e.chains[parent])
	}
	part.Tasks++
	one := TaskEstimate{Name: name, Part: part.Part, About: Describe(t.Settings), Done: e.has(name, results.FileResult)}
	if one.Done {
		part.Done++
		e.costs[name] = one
		return nil
	}
	rest := e.toDo[name]
	if e.reached != nil {
		if one.Reached = e.reached(name); one.Reached > 0 { // a fork, if any, is in it
			rest = t.After(one.Reached)
		}
	}
	cost, size, err := estimate(t, rest, e.speed, e.sizes)
	if err != nil {
		return err
	}
	if t.Shared != nil && e.toDo[name] == t && slices.ContainsFunc(t.Shared.With, func(other string) bool { _, planned := e.tasks[other]; return !planned }) {
		cost.Disk += forkModels * size.bytes // stays until the others are run
	}
	e.state = max(e.state, forkModels*size.bytes)
	cost.Longest = parents + cost.Seconds*e.speed.alone(t.Settings)
	e.chains[name] = cost.Longest
	part.add(cost)
	one.Images, one.Evaluated, one.Seconds = cost.Images, cost.Evaluated, cost.Seconds
	e.costs[name] = one
	return nil
}

// shape is what the cost of an image depends on.
type shape struct {
	macs    int   // multiply-adds of a forward pass
	bytes   int64 // of a model file
	classes int
}

// forkModels is how many models a checkpoint holds, a task's own and one for others:
// weights, velocities and the best epoch's weights.
const forkModels = 3

// estimate is the cost of one task, of which toDo is computed.
func estimate(t, toDo results.Task, speed Speed, sizes map[string]shape) (Estimate, shape, error) {
	s := t.Settings
	e := Estimate{Images: toDo.Images, Evaluated: toDo.Evals, Disk: 64 << 10} // settings, metrics, result
	if speed.ImagesPerSecond > 0 {
		e.Seconds = toDo.Work() / speed.ImagesPerSecond
	}
	if s.Kind == results.KindTheory || s.Arch == results.ArchLogistic {
		return e, shape{}, nil
	}
	key := s.Data + " " + s.Arch
	size, ok := sizes[key]
	if !ok {
		about, err := dataset.Describe(s.Data)
		if err != nil {
			return e, size, err
		}
		arch, err := nn.ParseArch(s.Arch)
		if err != nil {
			return e, size, err
		}
		trunk, err := nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: about.H, Width: about.W, Batch: 1, Threads: 1})
		if err != nil {
			return e, size, err
		}
		defer trunk.Close()
		size = shape{macs: arch.MACs(about.H, about.W), classes: len(about.Classes)}
		for _, p := range append(trunk.Params(), trunk.Buffers()...) {
			size.bytes += int64(4 * len(p.Value))
		}
		sizes[key] = size
	}
	e.FLOPs = 2 * float64(size.macs) * (3*float64(toDo.Images) + float64(toDo.Evals))
	once := t.Evals - forwardAlone(s, t.Images) // of an evaluation, not of all
	switch s.Kind {
	case results.KindTrain, results.KindPretrain:
		e.Disk += size.bytes
		if !s.Frozen {
			once /= max(int64(min(s.Epochs, s.Evaluations)), 1)
		}
	case results.KindEmbed:
		e.Disk += 20 * t.Points
		once = 0
	}
	e.Disk += once * int64(2*size.classes+2) // logits and predictions
	return e, size, nil
}

// forwardAlone is how many of a task's evaluations are none: forward passes
// while it trains on so many images. A mean teacher sees every image once. VAT
// passes the unlabeled half forwards without a perturbation, and forwards and
// back to the pixels to find one, which is two passes: a way back has two
// products, of which the weights' is left out. What is left, the labeled half
// and the perturbed half, is trained on.
func forwardAlone(s results.Settings, images int64) int64 {
	switch {
	case s.SSL == setup.SSLVAT:
		return images * 3 / 2
	case s.SSL == setup.SSLMeanTeacher, s.Target == setup.TargetMoCo:
		return images
	}
	return 0
}
