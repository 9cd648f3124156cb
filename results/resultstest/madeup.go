// Package resultstest makes up plans and what their runs could have left, for the tests
// of what judges and shows results. The numbers mean nothing.
package resultstest

import (
	"fmt"
	"math"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// Run is one cell of Block1: its error in replicate r is Error + Wobble.
type Run struct {
	Key   paper.Key
	Task  string // how the names of its tasks begin
	Error float64
	Bias  float64
}

// Block1 is what MadeUp has run, all at ρ = 100. CE is printed in two tables.
var Block1 = []Run{
	{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 0, "CE"), "ce", 26, 0.12},
	{paper.ResNet32("Table 2", paper.CIFAR10, 100, 0, "CE"), "ce", 26, 0.12},
	{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 100, "CE + D_U@5x"), "du100", 24.5, 0.11},
	{paper.ResNet32(paper.SourceControl, paper.CIFAR10, 100, 0, "CE, equal steps"), "equal", 26.4, 0.13},
	{paper.ResNet32("README", paper.CIFAR10, 100, 0, "CE(Uniform) + SSP"), "ssp", 27.1, 0.10},
	{paper.ResNet32(paper.SourceControl, paper.CIFAR10, 100, 0, "CE + warm start"), "warm", 24.9, 0.10},
	{paper.ResNet32("Table 1a", paper.CIFAR10, 100, 1, "CE + D_U@5x"), "du1", 22.1, 0.09},
	{paper.ResNet32(paper.SourceControl, paper.CIFAR10, 100, 0, "CE, twice the epochs"), "twice", 25.5, 0.12},
}

// MadeUp is Block1 at the given grade, with n replicates, and a finding on Theorem 1.
// Other printed numbers are in the plan and cannot be run.
func MadeUp(grade results.Grade, n int) (results.Plan, map[string]*results.Result) {
	plan := results.Plan{Schema: results.SchemaVersion, Selection: results.Selection{Profile: "quick", Seeds: n}}
	all := map[string]*results.Result{}
	for r := range n {
		for i, c := range Block1 {
			task := fmt.Sprintf("%s%d%s", c.Task, r, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")[:64]
			plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: c.Key, Replicate: r, Task: task, Grade: grade,
				Data: "Fashion-MNIST-LT", Images: 290_000,
				Marks: []string{"Fashion-MNIST in place of CIFAR-10", "resnet8 in place of ResNet-32", "n_max 500, 90 epochs of batch 32"}})
			if all[task] != nil {
				continue
			}
			s := results.Settings{Kind: results.KindTrain, Data: "fashion-mnist", Rho: 100, NMax: 500, Arch: "resnet8", Epochs: 90, Batch: 32, DataSeed: r, Replicate: r}
			if c.Key.RhoU != 0 {
				s.Pool = "fashion-mnist-pool"
			}
			plan.Tasks = append(plan.Tasks, results.Task{Name: task, Settings: s, Images: 290_000})
			all[task] = Classifier(task, grade, s, c.Error+Wobble(r, i), c.Bias, i)
			all[task].Shipped = r == 0
		}
	}
	theorem := "t1" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
	plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: paper.Key{Source: "Theorem 1", Method: "exact law, bounds and simulation"},
		Task: theorem, Grade: results.GradeExact, Command: "longtail reproduce --profile quick --only theorem1"})
	all[theorem] = &results.Result{Task: theorem, Grade: results.GradeExact, Settings: results.Settings{Kind: "theory"}, Grid: TheoremGrid(),
		Findings: []results.Finding{
			{Claim: "T1.2", Word: "true but vacuous", Where: "n₊ = n₋ = 50", Text: "made-up evidence"},
			{Claim: "T1.5", Word: "false", Where: "fixed recalls", Text: "made-up evidence"},
		},
		Cost: results.Cost{TrainSeconds: 2, Finished: "2026-11-23T15:00:00Z", Go: "go1.26"}}
	planned := map[paper.Key]bool{}
	for _, c := range plan.Cells {
		planned[c.Key] = true
	}
	for _, n := range paper.Numbers() {
		if n.Unit == "top1_error_%" && !planned[n.Key] && n.Source != "Appendix E.3" {
			plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: n.Key, Reason: "not among the cells of profile quick (ρ = 100)"})
		}
	}
	return plan, all
}

// Wobble is the scatter of cell i of Block1 over the replicates.
func Wobble(r, i int) float64 { return 0.7 * math.Sin(float64(3*r+i)) }

// Classifier is what a run of ten classes could have left.
func Classifier(task string, grade results.Grade, s results.Settings, last, bias float64, salt int) *results.Result {
	r := &results.Result{Task: task, Settings: s, Grade: grade, DataDigest: "sha256:1f2e3d4c5b6a",
		LastErrorPct: last, BestErrorPct: last - 1.1, BestEpoch: 65, LabelBias: new(bias),
		Cost: results.Cost{TrainSeconds: 310, EvalSeconds: 20, Images: 290_000, ImagesPerSec: 940, KernelSet: "portable", Threads: 2,
			CPU: "a made-up processor", Go: "go1.26", Revision: "0000000", Finished: "2026-11-23T15:00:00Z"}}
	if grade == results.GradeStandIn {
		r.DataMark = "stand-in"
	}
	for e := 1; e <= s.Epochs; e++ {
		lr := 0.1
		if e > 72 {
			lr = 1e-3
		}
		m := results.Metrics{Epoch: e, LR: lr, TrainErrorPct: 2 + 70*math.Exp(-float64(e)/14)}
		if e%5 == 0 {
			m.TestErrorPct = new(last + 55*math.Exp(-float64(e)/14) + 2*math.Sin(float64(e+salt))*float64(90-e)/90)
		}
		r.Curve = append(r.Curve, m)
	}
	for c := range 10 {
		r.Classes = append(r.Classes, fmt.Sprintf("class %d", c))
		r.LabeledCounts = append(r.LabeledCounts, int(500*math.Pow(0.01, float64(c)/9)))
		r.PerClassErrorPct = append(r.PerClassErrorPct, new(last*(0.3+0.16*float64(c))+3*math.Cos(float64(c+salt))))
	}
	return r
}

// TheoremGrid has Theorem 1's shape; the values are normal approximations.
func TheoremGrid() *results.Grid {
	g := &results.Grid{Title: "p = q = 0.5, D = 2, σ = 1, δ = 0.1", Columns: []string{"n", "exact", "printed", "sharp", "estimate", "lower", "upper"}}
	for _, n := range []float64{50, 100, 200, 500, 1000, 2000} {
		exact := math.Erfc(0.1 * math.Sqrt(n) / math.Sqrt2)
		g.Rows = append(g.Rows, []*float64{new(n), new(exact), new(2*math.Exp(-0.01/9*n) + 4*math.Exp(-8*n*0.01/36)), new(2 * math.Exp(-0.005*n)),
			new(exact * 1.01), new(exact * 0.9), new(exact * 1.2)})
	}
	return g
}

// Table makes a plan of keys, in profile p, and stores what error gives; NaN leaves a cell
// without a result.
func Table(grade results.Grade, replicates int, keys []paper.Key, errorOf func(k paper.Key, rep int) float64) (results.Plan, map[string]*results.Result) {
	plan := results.Plan{Selection: results.Selection{Profile: "p", Seeds: replicates, DataDir: results.AnyDir}}
	all := map[string]*results.Result{}
	for rep := range replicates {
		for i, k := range keys {
			task := fmt.Sprintf("%02d%02d%s", i, rep, strings.Repeat("0", 60))
			plan.Cells = append(plan.Cells, results.Cell{Key: k, Profile: "p", Replicate: rep, Task: task, Grade: grade, Part: "part", Images: 1000})
			s := results.Settings{Kind: results.KindTrain, Arch: "resnet32", DataSeed: rep, Replicate: rep}
			plan.Tasks = append(plan.Tasks, results.Task{Name: task, Settings: s, Images: 1000})
			if e := errorOf(k, rep); !math.IsNaN(e) {
				all[task] = &results.Result{Task: task, Settings: s, Grade: grade, LastErrorPct: e, Cost: results.Cost{ImagesPerSec: 10, TrainSeconds: 100}}
			}
		}
	}
	return plan, all
}

// Reported is the cells of paper.GainsOfSSPLarge as measured elsewhere, three times.
func Reported() (rows []results.Reported) {
	for rep := range 3 {
		for i, e := range paper.GainsOfSSPLarge() {
			for _, k := range []paper.Key{e.Base, e.Key} {
				n, ok := paper.Find(k)
				if !ok {
					panic(k)
				}
				error := n.Value + .05*float64((rep*7+i*3)%5)
				rows = append(rows, results.Reported{Key: k, Replicate: rep, LastErrorPct: error + .3, BestErrorPct: error, From: fmt.Sprint("mine.csv, line ", len(rows)+2)})
				if k == e.Key { // each its own noise
					rows[len(rows)-1].LastErrorPct += .04 * float64((rep*3+i)%4)
				}
			}
		}
	}
	return rows
}
