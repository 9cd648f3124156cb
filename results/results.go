// Package results defines what a run leaves behind: plans, settings and results, as
// JSON files with a schema version and a checksum, and per-epoch metrics. Tables,
// figures and the report are functions of (Plan, Results, paper) and of nothing else.
package results

import (
	"slices"
	"strings"

	"longtail/internal/neighbors"
	"longtail/paper"
	"longtail/score"
	"longtail/theory"
)

// SchemaVersion changes when a field of Plan, Settings, Result or Metrics
// changes its meaning. It is part of every task's name.
const SchemaVersion = 1

// Grade rates how close the setting of a number is to the paper's.
type Grade string

const (
	GradePaper    Grade = "P" // the paper's data and schedule
	GradeSimilar  Grade = "S" // the paper's data; pool, size, network or schedule changed
	GradeReported Grade = "R" // measured elsewhere and read from a file
	GradeStandIn  Grade = "T" // stand-in data, or the paper's in short runs or from unverified files
	GradeExact    Grade = "X" // theory: exact law
)

// MarkNMax begins the mark of a cell of the paper's data with another n_max.
const MarkNMax = "n_max "

// MarkBestOf begins the mark of a cell whose best epoch was chosen from fewer
// evaluations than the paper's.
const MarkBestOf = "best epoch of "

// BestOf returns the first mark that begins with MarkBestOf, or empty.
func BestOf(marks []string) string {
	if i := slices.IndexFunc(marks, func(m string) bool { return strings.HasPrefix(m, MarkBestOf) }); i >= 0 {
		return marks[i]
	}
	return ""
}

// Rank returns a grade's place in the order from 0, the paper's own setting, to 5, an
// unknown grade.
func (g Grade) Rank() int {
	if i := slices.Index([]Grade{GradePaper, GradeSimilar, GradeReported, GradeStandIn, GradeExact}, g); i >= 0 {
		return i
	}
	return 5
}

// Weaker returns the weaker of two grades; an empty grade does not count.
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
	Hidden []Cell `json:"-"`     // cells this plan cannot run, for which a result of another profile is shown
	Tasks  []Task `json:"tasks"` // in the order in which they run
}

// Cell is one number of one table or figure in one replicate.
type Cell struct {
	paper.Key          // the published number it is compared with; Source "control" has none
	Profile   string   `json:"profile"`         // the profile that plans it
	Part      string   `json:"part,omitempty"`  // name of --only that selects it
	Block     int      `json:"block,omitempty"` // block of the core, 1 or 2; 0: outside the core
	Replicate int      `json:"replicate"`
	Task      string   `json:"task,omitempty"`   // the task whose result holds the number; empty: cannot be run
	Grade     Grade    `json:"grade,omitempty"`  // grade of the number, if it is run
	Data      string   `json:"data,omitempty"`   // the data set used, "Fashion-MNIST-LT"
	Reason    string   `json:"reason,omitempty"` // why it cannot be run here
	Command   string   `json:"command"`          // runs this cell alone
	Images    int64    `json:"images,omitempty"` // training images it needs, parents included
	Marks     []string `json:"marks,omitempty"`  // how it differs from the paper, in words
}

// GradeOf returns the weaker of the grades of c and r. A result on stand-in data gets
// at most GradeStandIn, whatever both say.
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
	Evals    int64    `json:"evaluations"`      // images that only pass forward, in evaluation or otherwise
	Points   int64    `json:"points,omitempty"` // points of a t-SNE map
	Shared   *Shared  `json:"shared,omitempty"` // the first epochs, if other tasks have the same; nil: none
}

// Shared is the first part of a run that is bitwise the same in other tasks, because a
// deferred rule does nothing before its first epoch. The first task to complete this
// part leaves its checkpoint (FileFork), from which the others continue.
type Shared struct {
	Epochs int      `json:"epochs"`
	Images int64    `json:"images"`      // those of Task.Images in the first part
	Evals  int64    `json:"evaluations"` // likewise of Task.Evals
	With   []string `json:"with"`        // the other tasks, by name; --only may have left some out of the plan
}

// AfterFork returns t less the cost of its shared epochs: what is left to compute if
// it continues from another task's fork.
func (t Task) AfterFork() Task {
	if t.Shared != nil {
		t.Images -= t.Shared.Images
		t.Evals -= t.Shared.Evals
	}
	return t
}

// HasFork reports whether another task's fork exists from which t can continue. has
// reports whether a task has a file.
func (t Task) HasFork(has func(task, file string) bool) bool {
	return t.Shared != nil && slices.ContainsFunc(t.Shared.With, func(name string) bool { return has(name, FileFork) })
}

// After returns t less this share of its cost: what is left to compute if its
// checkpoint has done that share of the steps.
func (t Task) After(share float64) Task {
	t.Images -= int64(share * float64(t.Images))
	t.Evals -= int64(share * float64(t.Evals))
	return t
}

// Work returns the cost of a task, in training images. Evaluating an image costs a
// third of training on it (forward against forward and two backward products).
func (t Task) Work() float64 {
	const (
		grid  = 50 // fixed cost of a theory grid
		point = 4  // cost per point of a t-SNE map
	)
	if s := t.Settings; s.Kind == KindTheory {
		trial := .005 // cost per trial, as measured on the shipped grids
		switch {
		case s.Theorem == 3 && s.Grid == "supervised":
			trial = .12
		case s.Theorem == 3 && s.Grid == "findings":
			trial = .08
		case s.Theorem == 3:
			trial = .01
		}
		trials := s.Trials
		if s.Grid == "supervised" || s.Grid == "findings" { // beyond this, trials add no fits or maps
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

// Settings determines every bit of a task's numbers (on one kernel set). A zero field
// means the released default and is left out of the task's name, so that new fields
// do not rename old tasks.
type Settings struct {
	Kind Kind `json:"kind"`

	// The labeled long-tailed set.
	Data         string  `json:"data,omitempty"` // data id; the task's name covers its digest too
	Rho          float64 `json:"rho,omitempty"`
	Imbalance    string  `json:"imbalance,omitempty"` // "" is exponential
	NMax         int     `json:"n_max,omitempty"`
	Amount       float64 `json:"amount,omitempty"` // share of n_max that is labeled; 0: all
	DataSeed     int     `json:"data_seed,omitempty"`
	TestPerClass int     `json:"test_set,omitempty"` // test images of each class, the first ones; 0: all

	// The unlabeled part of the training set, if any.
	Pool          string  `json:"pool,omitempty"`           // name of the pool for dataset.Files.OpenPool
	PoolPerClass  int     `json:"pool_set,omitempty"`       // pool images of each class, the first ones; 0: all
	Multiple      float64 `json:"multiple,omitempty"`       // size of D_U divided by that of the labeled set: 5
	RhoU          float64 `json:"rho_u,omitempty"`          // imbalance of D_U
	Irrelevant    string  `json:"irrelevant,omitempty"`     // data id of the images that show none of the classes
	IrrelevantPct float64 `json:"irrelevant_pct,omitempty"` // their share of D_U, percent
	PoolLabels    string  `json:"pool_labels,omitempty"`    // "" pseudo-labels of the task Labels; "true" the true labels, a ceiling
	Threshold     float64 `json:"threshold,omitempty"`      // drops drawn images whose confidence, a probability, is below it
	Omega         float64 `json:"omega,omitempty"`          // weight of an unlabeled image in the loss; 0 is 1
	SSL           string  `json:"ssl,omitempty"`            // "" pseudo-labels; "vat", "mean-teacher": a second term of the loss, without labels
	Epsilon       float64 `json:"epsilon,omitempty"`        // vat: L2 length of the perturbation of a normalized image

	// Training.
	Arch        string  `json:"arch,omitempty"`
	Target      string  `json:"target,omitempty"`    // "" class labels; "rotation", "moco"
	Queue       int     `json:"queue,omitempty"`     // MoCo: number of keys of earlier batches
	Frozen      bool    `json:"frozen,omitempty"`    // a linear probe: only the head is trained, on the features of Init
	Retrained   bool    `json:"retrained,omitempty"` // classifier re-training (cRT): only a new head is trained, on the trunk of Init
	Loss        string  `json:"loss,omitempty"`      // "" cross-entropy
	Rule        string  `json:"rule,omitempty"`      // "" none
	Epochs      int     `json:"epochs,omitempty"`
	Batch       int     `json:"batch,omitempty"`
	LR          float64 `json:"lr,omitempty"`           // 0 is 0.1
	NoCrop      bool    `json:"no_crop,omitempty"`      // flip images, but do not pad and crop them at random
	Schedule    string  `json:"schedule,omitempty"`     // "" the corrected step schedule
	BNMomentum  float64 `json:"bn_momentum,omitempty"`  // weight of a batch in the running statistics of batch normalization; 0 is 0.1
	WeightDecay float64 `json:"weight_decay,omitempty"` // 0 is 2e-4
	Evaluations int     `json:"evaluations,omitempty"`
	Exact       bool    `json:"exact,omitempty"` // direct convolutions everywhere, for auditing the fast ones

	// Embedding.
	MapPerClass  int `json:"map_set,omitempty"`       // test images per class on the map; 0: all
	MapUnlabeled int `json:"map_unlabeled,omitempty"` // images of D_U per label on the map, drawn at random; 0: all

	// Theory.
	Theorem int    `json:"theorem,omitempty"` // 1, 2, 3
	Grid    string `json:"grid,omitempty"`    // one of the theorem's grids; "findings": verdicts on its claims
	Trials  int64  `json:"trials,omitempty"`  // Monte Carlo trials per row
	// Raised when what theory tasks compute changes, so that old results are not reused.
	TheoryVersion int `json:"theory_version,omitempty"`

	// What a variant of a profile sets, including what this task does not use. Tasks of
	// a variant are compared only with each other.
	Variant string `json:"set,omitempty"`

	// Seeds: streams are hashed from (Seed, Replicate, Stage).
	Seed      int    `json:"seed,omitempty"`
	Replicate int    `json:"replicate,omitempty"`
	Stage     string `json:"stage,omitempty"` // separates pre-training from fine-tuning

	// Parents, by task name.
	Init   string `json:"init,omitempty"`   // pretrain task, or classifier, whose trunk training starts from
	Base   string `json:"base,omitempty"`   // pseudolabel, embed: the classifier
	Labels string `json:"labels,omitempty"` // train: the pseudolabel task
}

// Metrics is one line of metrics.jsonl.
type Metrics struct {
	Epoch         int      `json:"epoch"` // the epoch that ended, from 1
	Step          int      `json:"step"`  // steps done since the start of the run
	LR            float64  `json:"lr"`    // learning rate of the epoch's last step
	TrainLoss     float64  `json:"train_loss"`
	TrainErrorPct float64  `json:"train_error_pct"`
	TestErrorPct  *float64 `json:"test_error_pct,omitempty"` // where the test set was evaluated
	// With Settings.SSL: the second term of the loss before its weight, mean over
	// the unlabeled images.
	ConsistencyLoss *float64 `json:"consistency_loss,omitempty"`
	Seconds         float64  `json:"seconds"` // training time of this epoch
}

// Parents returns the names of the tasks that s depends on.
func (s Settings) Parents() []string {
	var names []string
	for _, p := range []string{s.Init, s.Base, s.Labels} {
		if p != "" {
			names = append(names, p)
		}
	}
	return names
}

// Reads returns the parents whose model or logits s needs, not only their result.
func (s Settings) Reads() []string {
	if s.Threshold == 0 { // labels are in the result, confidences only in the logits
		s.Labels = ""
	}
	return s.Parents()
}

// Result is what a finished task leaves. Error rates are percent.
type Result struct {
	Schema     int      `json:"schema"`
	Task       string   `json:"task"` // its name, a hash of settings and data
	Settings   Settings `json:"settings"`
	Grade      Grade    `json:"grade"`
	DataDigest string   `json:"data_digest"`
	DataMark   string   `json:"data_mark,omitempty"` // "stand-in", "unverified", …
	Shipped    bool     `json:"-"`                   // ships with the program
	Reported   string   `json:"-"`                   // file and line of a number measured elsewhere; never stored

	// Classifiers and pre-training.
	Classes          []string   `json:"classes,omitempty"`
	TrainCounts      []int      `json:"train_counts,omitempty"`      // labels trained on, pseudo-labels counted as given
	LabeledCounts    []int      `json:"labelled_counts,omitempty"`   // images per class of the long-tailed set
	UnlabeledCounts  []int      `json:"unlabeled_counts,omitempty"`  // images of D_U by the label that selected them, without irrelevant ones
	PseudoCounts     []int      `json:"pseudo_counts,omitempty"`     // images of D_U by the label trained on
	IrrelevantCounts []int      `json:"irrelevant_counts,omitempty"` // the irrelevant images among PseudoCounts
	Dropped          int        `json:"dropped,omitempty"`           // number of images drawn, but below the threshold
	Fingerprint      string     `json:"fingerprint,omitempty"`       // of the labeled images (dataset.Fingerprint)
	InitFingerprint  string     `json:"init_fingerprint,omitempty"`  // of the images that Settings.Init was trained on; equals Fingerprint (claim P6)
	ClassWeights     []float64  `json:"class_weights,omitempty"`     // class weights in the loss of the last epoch; none: all 1
	SamplerShares    []float64  `json:"sampler_shares,omitempty"`    // share of each class in the images drawn in the last epoch
	Margins          []float64  `json:"margins,omitempty"`           // margin of each class in LDAM
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
	Transferred      int        `json:"transferred,omitempty"` // number of tensors taken from Settings.Init; the task fails unless the trunk is complete

	// Pseudo-labels.
	Pool *PoolLabels `json:"pool,omitempty"`
	// Precision and recall of the pseudo-labels on the drawn D_U, irrelevant
	// and dropped images left out.
	Drawn *score.LabelQuality `json:"drawn,omitempty"`
	// The pool from which D_U was drawn.
	PoolName   string `json:"pool_name,omitempty"`
	PoolMark   string `json:"pool_mark,omitempty"` // "own", "held-out", "official extra", "authors' pickle", …
	PoolDigest string `json:"pool_digest,omitempty"`
	// The source of the irrelevant images.
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
	Labels     []byte             `json:"labels"`               // predicted class by pool position
	Irrelevant []byte             `json:"irrelevant,omitempty"` // predicted class by position in Settings.Irrelevant
	ErrorPct   float64            `json:"error_pct"`
	Quality    score.LabelQuality `json:"quality"`
	// Mean error of the classes on the pool, and of the same classifier on the
	// test set. Their difference shows how far pool and test set are apart.
	BalancedErrorPct float64 `json:"balanced_error_pct"`
	BaseErrorPct     float64 `json:"base_error_pct"`
}

// Embedding describes the features of a classifier's trunk. Map points are in the
// order labeled training images, D_U, test images.
type Embedding struct {
	Separation neighbors.Separation `json:"separation"` // in feature space, over all evaluated test images

	// The map: t-SNE in two dimensions, of this many images of each kind.
	Labeled    int       `json:"labelled"`
	Unlabeled  int       `json:"unlabeled"`
	Test       int       `json:"test"`
	Labels     []byte    `json:"labels"` // class of each point; for D_U the pseudo-label
	XY         []float32 `json:"xy"`     // two coordinates per point
	KL         float64   `json:"kl"`     // divergence of the map, nats
	Perplexity float64   `json:"perplexity"`
	Iterations int       `json:"iterations"`
}

// Outcomes of theory and simulation, stored like any other result.
type (
	Grid    = theory.Grid
	Finding = theory.Finding
)

// NoWord is the verdict of a finding that is only a remark and decides no claim.
const NoWord = theory.NoWord

// Cost is the time a task took and the machine it ran on. Nothing here decides a
// number. First epochs taken from another task are charged to that task only. The
// seconds in Result.Curve are those of the task that computed the epoch.
type Cost struct {
	TrainSeconds float64           `json:"train_seconds"`
	EvalSeconds  float64           `json:"eval_seconds"`
	Images       int64             `json:"images"`
	ImagesPerSec float64           `json:"images_per_second"`
	ForkedFrom   string            `json:"forked_from,omitempty"`   // the task from whose fork this one continued
	ForkedEpochs int               `json:"forked_epochs,omitempty"` // number of epochs taken from that fork
	ResumedAt    []int             `json:"resumed_at,omitempty"`    // steps at which the run was resumed
	Restarted    string            `json:"restarted,omitempty"`     // why a checkpoint was not used and the run started over
	KernelSet    string            `json:"kernel_set"`
	Threads      int               `json:"threads"`
	CPU          string            `json:"cpu"`
	Go           string            `json:"go"`
	Modules      map[string]string `json:"modules,omitempty"`
	Revision     string            `json:"revision,omitempty"`
	Finished     string            `json:"finished"` // RFC 3339
}
