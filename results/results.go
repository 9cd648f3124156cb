// Package results is what a run leaves behind and everything that reads it
// agrees on: plans, settings, results and per-epoch metrics, as JSON files
// with a schema version and a checksum. Tables, figures and the report are
// functions of (Plan, Results, paper) and of nothing else.
package results

import (
	"slices"
	"strings"

	"longtail/internal/neighbors"
	"longtail/paper"
	"longtail/theory"
)

// SchemaVersion changes when a field of Plan, Settings, Result or Metrics
// changes its meaning. It is part of every task's name.
const SchemaVersion = 1

// Grade says what a number is evidence of.
type Grade string

const (
	GradePaper    Grade = "P" // the paper's data and schedule
	GradeSimilar  Grade = "S" // the paper's data; pool, size, network or schedule changed
	GradeReported Grade = "R" // measured elsewhere and brought in a file
	GradeStandIn  Grade = "T" // stand-in data
	GradeExact    Grade = "X" // theory: exact law
)

// MarkBestOf begins the mark of a cell whose best epoch is one of fewer than the paper's.
const MarkBestOf = "best epoch of "

// BestOf returns the first mark that begins with MarkBestOf, or empty.
func BestOf(marks []string) string {
	if i := slices.IndexFunc(marks, func(m string) bool { return strings.HasPrefix(m, MarkBestOf) }); i >= 0 {
		return marks[i]
	}
	return ""
}

// Rank orders grades from the paper's own setting to none known.
func (g Grade) Rank() int {
	if i := slices.Index([]Grade{GradePaper, GradeSimilar, GradeReported, GradeStandIn, GradeExact}, g); i >= 0 {
		return i
	}
	return 5
}

// Weaker is the weaker of two grades; one that is empty is none.
func (g Grade) Weaker(o Grade) Grade {
	if g == "" || o != "" && o.Rank() > g.Rank() {
		return o
	}
	return g
}

// Plan is what a run set out to do, written before anything is computed.
type Plan struct {
	Schema int `json:"schema"`
	Selection
	Budget string `json:"budget,omitempty"`
	Cells  []Cell `json:"cells"`
	Hidden []Cell `json:"-"`     // cannot be run by this plan, and results of another profile stand in their place
	Tasks  []Task `json:"tasks"` // in the order in which they run
}

// Cell is one number of one table or figure in one replicate.
type Cell struct {
	paper.Key          // the printed number it stands beside; Source "control" has none in print
	Profile   string   `json:"profile"`         // that plans it
	Part      string   `json:"part,omitempty"`  // name of --only that selects it
	Block     int      `json:"block,omitempty"` // of the core: 1 or 2; 0: the rest
	Replicate int      `json:"replicate"`
	Task      string   `json:"task,omitempty"`   // the task whose result holds the number; empty: cannot be run
	Grade     Grade    `json:"grade,omitempty"`  // of the number, if it is run
	Data      string   `json:"data,omitempty"`   // the data that are used, "Fashion-MNIST-LT"
	Reason    string   `json:"reason,omitempty"` // why it cannot be run here
	Command   string   `json:"command"`          // runs this cell alone
	Images    int64    `json:"images,omitempty"` // training images it needs, parents included
	Marks     []string `json:"marks,omitempty"`  // how it differs from print, in words
}

// GradeOf is the weaker of what plan and result say, so that neither can lift a
// stand-in to more than it is.
func (c Cell) GradeOf(r *Result) Grade {
	g := c.Grade.Weaker(r.Grade)
	if r.StandIn() {
		g = g.Weaker(GradeStandIn)
	}
	return g
}

// Task is one unit of work of a plan.
type Task struct {
	Name     string   `json:"name"`
	Settings Settings `json:"settings"`
	Images   int64    `json:"images"`           // training images, evaluation not counted
	Evals    int64    `json:"evaluations"`      // images evaluated, or otherwise passed forward alone
	Points   int64    `json:"points,omitempty"` // of a t-SNE map
	Shared   *Shared  `json:"shared,omitempty"` // what it has in common with other tasks; nil: nothing
}

// Shared is the first part of a run that other tasks begin with as well, to the
// bit: a deferred rule does nothing until its first epoch. The first of them to
// get there leaves its checkpoint (FileFork), and the others go on from it.
type Shared struct {
	Epochs int      `json:"epochs"`
	Images int64    `json:"images"`      // of Task.Images
	Evals  int64    `json:"evaluations"` // of Task.Evals
	With   []string `json:"with"`        // the other tasks, by name; --only may have left some out of the plan
}

// AfterFork is what is left of a task that goes on from another's checkpoint.
func (t Task) AfterFork() Task {
	if t.Shared != nil {
		t.Images -= t.Shared.Images
		t.Evals -= t.Shared.Evals
	}
	return t
}

// HasFork reports whether there is a checkpoint from which the task can go on. has
// tells which files of which tasks there are.
func (t Task) HasFork(has func(task, file string) bool) bool {
	return t.Shared != nil && slices.ContainsFunc(t.Shared.With, func(name string) bool { return has(name, FileFork) })
}

// After is what is left of a task whose checkpoint holds that share of its steps.
func (t Task) After(share float64) Task {
	t.Images -= int64(share * float64(t.Images))
	t.Evals -= int64(share * float64(t.Evals))
	return t
}

// Work is the cost of a task in training images: evaluating an image costs a
// third of training on it (forward against forward and two backward products).
func (t Task) Work() float64 {
	const (
		grid  = 50 // theory: a grid takes about as long as so many images
		point = 4  // of a t-SNE map
	)
	if s := t.Settings; s.Kind == KindTheory {
		trial := .005 // and each trial adds, as measured of the grids that ship
		switch {
		case s.Theorem == 3 && s.Grid == "supervised":
			trial = .12
		case s.Theorem == 3 && s.Grid == "findings":
			trial = .08
		case s.Theorem == 3:
			trial = .01
		}
		trials := s.Trials
		if s.Grid == "supervised" || s.Grid == "findings" { // fits and maps are as many from here on
			trials = min(trials, 200_000)
		}
		return grid + trial*float64(trials)
	}
	return float64(t.Images) + float64(t.Evals)/3 + point*float64(t.Points)
}

// Kind is the kind of a task.
type Kind string

const (
	KindPretrain    Kind = "pretrain"    // rotation, MoCo, or supervised for the warm start
	KindTrain       Kind = "train"       // a classifier
	KindPseudolabel Kind = "pseudolabel" // labels of a whole pool by a base classifier
	KindEmbed       Kind = "embed"       // features of a classifier: separation, leakage, t-SNE map
	KindTheory      Kind = "theory"      // a grid of exact laws, bounds and simulations
)

// ArchLogistic is the "network" of the sanity control: multinomial logistic
// regression on the raw pixels.
const ArchLogistic = "logistic"

// Values of Settings.Target and Settings.SSL.
const (
	TargetRotation = "rotation"
	TargetMoCo     = "moco"
	SSLVAT         = "vat"
	SSLMeanTeacher = "mean-teacher"
)

// Settings decides every bit of a task's numbers (on one kernel set). A field
// at its zero value is at the released default and is left out of the task's
// name, so that new fields do not rename old tasks.
type Settings struct {
	Kind Kind `json:"kind"`

	// The labeled long-tailed set.
	Data         string  `json:"data,omitempty"` // data id; its digest is in the name too
	Rho          float64 `json:"rho,omitempty"`
	Imbalance    string  `json:"imbalance,omitempty"` // "" is exponential
	NMax         int     `json:"n_max,omitempty"`
	Amount       float64 `json:"amount,omitempty"` // share of n_max that is labeled; 0: all
	DataSeed     int     `json:"data_seed,omitempty"`
	TestPerClass int     `json:"test_set,omitempty"` // 0: all test images; else the first so many of each class

	// The unlabeled part of the training set, if any.
	Pool          string  `json:"pool,omitempty"`           // its name, as dataset.Files.OpenPool takes it
	PoolMap       string  `json:"pool_map,omitempty"`       // file of the classes of a pool that is another set, as OpenPool takes it; "": by name
	PoolPerClass  int     `json:"pool_set,omitempty"`       // 0: all images of the pool; else the first so many of each class
	Multiple      float64 `json:"multiple,omitempty"`       // size over the labeled set: 5
	RhoU          float64 `json:"rho_u,omitempty"`          //
	Irrelevant    string  `json:"irrelevant,omitempty"`     // data id of images of no class
	IrrelevantPct float64 `json:"irrelevant_pct,omitempty"` // their share of D_U
	PoolLabels    string  `json:"pool_labels,omitempty"`    // "" pseudo-labels of Labels; "true" the ceiling
	Threshold     float64 `json:"threshold,omitempty"`      // drops drawn images of which the base is less sure; a probability
	Omega         float64 `json:"omega,omitempty"`          // weight of an unlabeled image in the loss; 0 is 1
	SSL           string  `json:"ssl,omitempty"`            // "" pseudo-labels; "vat", "mean-teacher": a second term of the loss, without labels
	Epsilon       float64 `json:"epsilon,omitempty"`        // of vat: length of the perturbation, L2 of a normalized image

	// Training.
	Arch        string  `json:"arch,omitempty"`
	Target      string  `json:"target,omitempty"` // "" class labels; "rotation", "moco"
	Queue       int     `json:"queue,omitempty"`  // of MoCo: keys of earlier batches
	Frozen      bool    `json:"frozen,omitempty"` // a linear probe: the head alone, on the features of Init
	Loss        string  `json:"loss,omitempty"`   // "" cross-entropy
	Rule        string  `json:"rule,omitempty"`   // "" none
	Epochs      int     `json:"epochs,omitempty"`
	Batch       int     `json:"batch,omitempty"`
	LR          float64 `json:"lr,omitempty"`           // 0 is 0.1
	NoCrop      bool    `json:"no_crop,omitempty"`      // images are flipped, but not padded and cropped at random
	Schedule    string  `json:"schedule,omitempty"`     // "" the corrected step schedule
	BNMomentum  float64 `json:"bn_momentum,omitempty"`  // a batch's share in the running statistics of batch normalization; 0 is 0.1
	WeightDecay float64 `json:"weight_decay,omitempty"` // 0 is 2e-4
	Evaluations int     `json:"evaluations,omitempty"`
	Exact       bool    `json:"exact,omitempty"` // direct convolutions everywhere, for auditing the fast ones

	// Embedding.
	MapPerClass  int `json:"map_set,omitempty"`       // test images a class on the map; 0: all
	MapUnlabeled int `json:"map_unlabeled,omitempty"` // images of D_U a label on it, drawn at random; 0: all

	// Theory.
	Theorem int    `json:"theorem,omitempty"` // 1, 2, 3
	Grid    string `json:"grid,omitempty"`    // which of its grids; "findings": words on its claims
	Trials  int64  `json:"trials,omitempty"`  // Monte Carlo trials a row
	// Of what theory tasks compute, so that a changed verdict is not taken from an old result.
	TheoryVersion int `json:"theory_version,omitempty"`

	// Of a variant of a profile: what it sets, also where this task does not use it; its
	// tasks are compared with each other alone.
	Variant string `json:"set,omitempty"`

	// Seeds: streams are hashed from (Seed, Replicate, Stage).
	Seed      int    `json:"seed,omitempty"`
	Replicate int    `json:"replicate,omitempty"`
	Stage     string `json:"stage,omitempty"` // keeps pre-training and fine-tuning apart

	// Parents, by task name.
	Init   string `json:"init,omitempty"`   // pretrain task whose trunk is the start
	Base   string `json:"base,omitempty"`   // pseudolabel, embed: the classifier
	Labels string `json:"labels,omitempty"` // train: the pseudolabel task
}

// Metrics is one line of metrics.jsonl.
type Metrics struct {
	Epoch         int      `json:"epoch"` // 1-based, finished
	Step          int      `json:"step"`  // finished since the start
	LR            float64  `json:"lr"`    // of the epoch's last step
	TrainLoss     float64  `json:"train_loss"`
	TrainErrorPct float64  `json:"train_error_pct"`
	TestErrorPct  *float64 `json:"test_error_pct,omitempty"` // where the test set was evaluated
	// With Settings.SSL: the second term before its weight, mean over the
	// unlabeled images.
	ConsistencyLoss *float64 `json:"consistency_loss,omitempty"`
	Seconds         float64  `json:"seconds"` // training time of this epoch
}

// Parents returns the names of the tasks whose outcome s starts from.
func (s Settings) Parents() []string {
	var names []string
	for _, p := range []string{s.Init, s.Base, s.Labels} {
		if p != "" {
			names = append(names, p)
		}
	}
	return names
}

// Reads returns the parents of which s reads more than the result.
func (s Settings) Reads() []string {
	if s.Threshold == 0 { // the labels are in the result, how sure they are is not
		s.Labels = ""
	}
	return s.Parents()
}

// Result is what a finished task leaves. Error rates are percent.
type Result struct {
	Schema     int      `json:"schema"`
	Task       string   `json:"task"` // name: hash of settings
	Settings   Settings `json:"settings"`
	Grade      Grade    `json:"grade"`
	DataDigest string   `json:"data_digest"`
	DataMark   string   `json:"data_mark,omitempty"` // "stand-in", "unverified", …
	Shipped    bool     `json:"-"`                   // came with the program
	Reported   string   `json:"-"`                   // file and line of a number that was measured elsewhere: never stored

	// Classifiers and pre-training.
	Classes          []string   `json:"classes,omitempty"`
	TrainCounts      []int      `json:"train_counts,omitempty"`      // labels trained on, pseudo-labels counted as given
	LabeledCounts    []int      `json:"labelled_counts,omitempty"`   // of the long-tailed set alone
	UnlabeledCounts  []int      `json:"unlabeled_counts,omitempty"`  // of D_U by selection label, irrelevant images left out
	PseudoCounts     []int      `json:"pseudo_counts,omitempty"`     // of D_U by the label trained on
	IrrelevantCounts []int      `json:"irrelevant_counts,omitempty"` // the irrelevant part of them
	Dropped          int        `json:"dropped,omitempty"`           // drawn, but below the threshold
	Fingerprint      string     `json:"fingerprint,omitempty"`       // of the labeled images (dataset.Fingerprint)
	InitFingerprint  string     `json:"init_fingerprint,omitempty"`  // of those that Settings.Init saw: no other, claim P6
	ClassWeights     []float64  `json:"class_weights,omitempty"`     // in the loss of the last epoch; none: all 1
	SamplerShares    []float64  `json:"sampler_shares,omitempty"`    // of the classes in the last epoch's draws
	Margins          []float64  `json:"margins,omitempty"`           // of LDAM
	DeferredFrom     int        `json:"deferred_from,omitempty"`     // first epoch with a deferred rule's weights or draws
	LastErrorPct     float64    `json:"last_error_pct,omitempty"`
	BestErrorPct     float64    `json:"best_error_pct,omitempty"`
	LastAlone        bool       `json:"-"` // reported without a best error
	BestEpoch        int        `json:"best_epoch,omitempty"`
	TailMeanPct      *float64   `json:"after_last_drop_mean_pct,omitempty"`
	TailSDPct        *float64   `json:"after_last_drop_sd_pct,omitempty"`
	PerClassErrorPct []*float64 `json:"per_class_error_pct,omitempty"` // null: no test image
	ManyErrorPct     *float64   `json:"many_error_pct,omitempty"`
	MediumErrorPct   *float64   `json:"medium_error_pct,omitempty"`
	FewErrorPct      *float64   `json:"few_error_pct,omitempty"`
	Confusion        [][]int    `json:"confusion,omitempty"` // true × predicted
	Predictions      []byte     `json:"predictions,omitempty"`
	LabelBias        *float64   `json:"label_bias,omitempty"`               // total variation, fraction
	AdjustedErrorPct *float64   `json:"error_prior_adjusted_pct,omitempty"` // after subtracting log priors
	Curve            []Metrics  `json:"curve,omitempty"`
	Transferred      int        `json:"transferred,omitempty"` // tensors taken from Settings.Init: every one of the trunk, or the task fails

	// Pseudo-labels.
	Pool *PoolLabels `json:"pool,omitempty"`
	// Precision and recall of the pseudo-labels on the drawn D_U, irrelevant
	// and dropped images left out.
	Drawn *LabelQuality `json:"drawn,omitempty"`
	// What D_U was drawn from.
	PoolName   string `json:"pool_name,omitempty"`
	PoolMark   string `json:"pool_mark,omitempty"` // "own", "held-out", "official extra", "authors' pickle", …
	PoolDigest string `json:"pool_digest,omitempty"`
	// Where the irrelevant images are from.
	IrrelevantName   string `json:"irrelevant_name,omitempty"`
	IrrelevantMark   string `json:"irrelevant_mark,omitempty"` // "irrelevant", "irrelevant, unverified"
	IrrelevantDigest string `json:"irrelevant_digest,omitempty"`

	// Features.
	Embedding *Embedding `json:"embedding,omitempty"`

	// Theory.
	Grid     *Grid     `json:"grid,omitempty"`
	Findings []Finding `json:"findings,omitempty"`

	Cost Cost `json:"cost"`
}

// PoolLabels is the outcome of labeling a whole pool.
type PoolLabels struct {
	Labels     []byte       `json:"labels"`               // predicted class by pool position
	Irrelevant []byte       `json:"irrelevant,omitempty"` // the same of Settings.Irrelevant
	ErrorPct   float64      `json:"error_pct"`
	Quality    LabelQuality `json:"quality"`
	// Mean error of the classes on the pool, and of the same classifier on the
	// test set: their difference tells how far pool and test set are apart.
	BalancedErrorPct float64 `json:"balanced_error_pct"`
	BaseErrorPct     float64 `json:"base_error_pct"`
}

// Embedding is what the trunk's features of a classifier look like: labeled
// training images, then D_U, then test images.
type Embedding struct {
	Separation neighbors.Separation `json:"separation"` // in feature space, all test images

	// The map: t-SNE in two dimensions of the first so many of each.
	Labeled    int       `json:"labelled"`
	Unlabeled  int       `json:"unlabeled"`
	Test       int       `json:"test"`
	Labels     []byte    `json:"labels"` // class of each point; of D_U the pseudo-label
	XY         []float32 `json:"xy"`     // two coordinates a point
	KL         float64   `json:"kl"`     // divergence of the map, nats
	Perplexity float64   `json:"perplexity"`
	Iterations int       `json:"iterations"`
}

// LabelQuality compares pseudo-labels with the truth, class by class.
type LabelQuality struct {
	Precision []*float64 `json:"precision"` // null: never predicted
	Recall    []*float64 `json:"recall"`
	// Delta[c] is precision c minus the mean of the others; Headline is
	// mean of the last 30 % of ranks minus the first 30 %.
	Delta    []*float64 `json:"delta"`
	Headline *float64   `json:"headline,omitempty"`
}

// What theory and simulation leave, stored like any other result.
type (
	Grid    = theory.Grid
	Finding = theory.Finding
)

// NoWord is the word of a finding that is a remark: nothing decides the claim.
const NoWord = theory.NoWord

// Cost is what the task took and on what. Nothing here decides a number. Where
// the first epochs are another task's, their cost is that task's alone; the
// seconds in Result.Curve are of whoever computed the epoch.
type Cost struct {
	TrainSeconds float64           `json:"train_seconds"`
	EvalSeconds  float64           `json:"eval_seconds"`
	Images       int64             `json:"images"`
	ImagesPerSec float64           `json:"images_per_second"`
	ForkedFrom   string            `json:"forked_from,omitempty"`   // the task whose first epochs this one went on from
	ForkedEpochs int               `json:"forked_epochs,omitempty"` // how many those are
	ResumedAt    []int             `json:"resumed_at,omitempty"`    // steps at which the run was taken up again
	Restarted    string            `json:"restarted,omitempty"`     // why a checkpoint was not used: the run began again
	KernelSet    string            `json:"kernel_set"`
	Threads      int               `json:"threads"`
	CPU          string            `json:"cpu"`
	Go           string            `json:"go"`
	Modules      map[string]string `json:"modules,omitempty"`
	Revision     string            `json:"revision,omitempty"`
	Finished     string            `json:"finished"` // RFC 3339
}
