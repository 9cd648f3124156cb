package experiments

import (
	"cmp"
	"fmt"
	"slices"

	"longtail/dataset"
	"longtail/nn"
	"longtail/results"
)

// Speed is the training speed measured on this machine.
type Speed struct {
	ImagesPerSecond float64 `json:"images_per_second"` // training, objective and optimizer included, all jobs together
	Jobs            int     `json:"jobs"`
	Threads         int     `json:"threads"` // per job
	KernelSet       string  `json:"kernel_set"`
	Cores           int     `json:"-"` // cores that all jobs together keep busy; 0: Jobs×Threads
}

// slowdown is the task's time on the cores it can use divided by its time on all
// cores.
func (s Speed) slowdown(task results.Settings) float64 {
	cores := max(1, cmp.Or(s.Cores, s.Jobs*s.Threads))
	usable := MaxUsefulThreads(task)
	if task.Kind == results.KindPseudolabel || task.Kind == results.KindEmbed || task.Frozen {
		usable = cores // forward passes and maps use all cores, though restarting them gains nothing
	}
	return float64(cores) / float64(min(cores, max(1, s.Threads, usable)))
}

// MaxUsefulThreads is the thread count above which restarting a running task gains
// nothing: it gets no faster, or it has no checkpoint to resume from.
func MaxUsefulThreads(s results.Settings) int {
	if s.Kind != results.KindTrain && s.Kind != results.KindPretrain || s.Frozen || s.Arch == results.ArchLogistic || SmallNetwork(s.Arch) {
		return 1
	}
	return nn.MostThreads(s.Batch)
}

// SmallNetwork reports whether a training step of the network takes about a
// millisecond per image or less on one core.
func SmallNetwork(name string) bool {
	arch, err := nn.ParseArch(name)
	return err == nil && arch.Depth < 32
}

// Estimate is the cost of a plan, or of a part of it, before anything is computed.
// What the store already holds counts as done and costs nothing.
type Estimate struct {
	Part      string  `json:"part,omitempty"`
	Cells     int     `json:"cells"`            // numbers, each replicate counted
	Cannot    int     `json:"cannot,omitempty"` // cells that cannot be run here
	Tasks     int     `json:"tasks"`            // each counted once, under the part that needs it first
	Done      int     `json:"done"`             // tasks whose result is stored
	Images    int64   `json:"images"`           // images trained on
	Evaluated int64   `json:"evaluated_images"` // images that only pass forward
	FLOPs     float64 `json:"flops"`            // 2 per multiply-add, convolutions only, for both kinds of images
	Disk      int64   `json:"disk_bytes"`       // bytes left in the store
	Seconds   float64 `json:"seconds"`          // at the measured speed, on all cores
	Longest   float64 `json:"-"`                // seconds of the longest chain of dependent tasks that ends in this part
}

// Time returns the seconds until all is computed. Chains are serial, and one task
// may not use all cores.
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

// TaskEstimate is the remaining cost of one task.
type TaskEstimate struct {
	Name      string   `json:"task"`
	Part      string   `json:"part"`  // the part that needs it first
	About     string   `json:"about"` // what it does (Describe)
	Done      bool     `json:"done"`
	Reached   float64  `json:"reached,omitempty"` // share of its steps that its checkpoint has done
	Images    int64    `json:"images"`
	Evaluated int64    `json:"evaluated_images"`
	Seconds   float64  `json:"seconds"`
	Cells     []string `json:"cells,omitempty"` // numbers read from it; none: it only starts other tasks
}

// Costs is the estimated cost of a plan.
type Costs struct {
	All   Estimate
	Parts []Estimate     // in run order: the blocks, then the rest table by table
	Tasks []TaskEstimate // in the plan's order
	State int64          // bytes of the largest checkpoint that a task still to be computed keeps while it runs
}

// EstimatePlan returns the cost of a plan. has reports whether the store holds a
// file of a task (Stored). reached returns how far a started task is (Reached); nil
// means that none was started.
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

// estimator adds up the costs of a plan part by part, each task once.
type estimator struct {
	speed   Speed
	has     func(task, file string) bool
	reached func(task string) float64
	tasks   map[string]results.Task // all tasks of the plan, by name
	toDo    map[string]results.Task // the part of each that is computed
	parts   []Estimate
	index   map[string]int // positions in parts
	sizes   map[string]shape
	costs   map[string]TaskEstimate // by task, for those already counted
	chains  map[string]float64      // by task: seconds to finish it and its slowest chain of parents
	state   int64                   // bytes of the largest checkpoint
}

// part returns the sum with this name, added if new. The pointer is invalid after
// the next new name.
func (e *estimator) part(name string) *Estimate {
	i, ok := e.index[name]
	if !ok {
		i = len(e.parts)
		e.index[name] = i
		e.parts = append(e.parts, Estimate{Part: name})
	}
	return &e.parts[i]
}

// cell adds a cell and its task to the part in which it runs.
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

// task adds a task and its parents to the first part that needs them.
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
		if one.Reached = e.reached(name); one.Reached > 0 { // its checkpoint includes the fork, if any
			rest = t.After(one.Reached)
		}
	}
	cost, size, err := estimate(t, rest, e.speed, e.sizes)
	if err != nil {
		return err
	}
	if t.Shared != nil && e.toDo[name] == t && slices.ContainsFunc(t.Shared.With, func(other string) bool { _, planned := e.tasks[other]; return !planned }) {
		cost.Disk += forkModels * size.bytes // the fork stays for tasks outside this plan
	}
	e.state = max(e.state, forkModels*size.bytes)
	cost.Longest = parents + cost.Seconds*e.speed.slowdown(t.Settings)
	e.chains[name] = cost.Longest
	part.add(cost)
	one.Images, one.Evaluated, one.Seconds = cost.Images, cost.Evaluated, cost.Seconds
	e.costs[name] = one
	return nil
}

// shape is what the cost of an image depends on.
type shape struct {
	macs    int   // multiply-adds of a forward pass
	bytes   int64 // size of a model file
	classes int
}

// forkModels is the number of models in a checkpoint, a task's own or a fork for
// others: weights, velocities and the best epoch's weights.
const forkModels = 3

// estimate returns the cost of toDo, the part of t that is computed, and the shape
// of its network. sizes caches the shapes.
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
	once := t.Evals - forwardAlone(s, t.Images) // images of one evaluation
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

// forwardAlone returns how many of a task's Evals are not evaluations but extra
// forward passes while it trains on the given number of images. A mean teacher and
// MoCo's key network pass every image once. VAT passes the unlabeled half once
// without a perturbation, then forward and back to the pixels to find one. That
// counts as two passes, as the way back skips the weights' gradients. The labeled
// and the perturbed half are trained on.
func forwardAlone(s results.Settings, images int64) int64 {
	switch {
	case s.SSL == results.SSLVAT:
		return images * 3 / 2
	case s.SSL == results.SSLMeanTeacher, s.Target == results.TargetMoCo:
		return images
	}
	return 0
}
