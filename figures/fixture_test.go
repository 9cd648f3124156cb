package figures

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"longtail/internal/neighbors"
	"longtail/paper"
	"longtail/results"
)

// A made-up plan and what some replicates of it could have left.
// The numbers come from formulas and mean nothing.

func cifar(source string, rho, rhoU float64, method string) paper.Key {
	return paper.ResNet32(source, paper.CIFAR10, rho, rhoU, method)
}

func madeUp(replicates int) (results.Plan, map[string]*results.Result) {
	plan := results.Plan{Selection: results.Selection{Profile: "quick", Seeds: replicates}}
	res := map[string]*results.Result{}
	for r := range replicates {
		for i, c := range []struct {
			key   paper.Key
			task  string
			error float64
		}{
			{cifar("Table 1a", 100, 0, "CE"), "ce", 26},
			{cifar("Table 2", 100, 0, "CE"), "ce", 26},
			{cifar("Table 1a", 100, 100, "CE + D_U@5x"), "du100", 24.5},
			{cifar("control", 100, 0, "CE, equal steps"), "equal", 26.4},
			{cifar("README", 100, 0, "CE(Uniform) + SSP"), "ssp", 27.1},
			{cifar("control", 100, 0, "CE + warm start"), "warm", 24.9},
			{cifar("Table 1a", 100, 1, "CE + D_U@5x"), "du1", 22.1},
			{cifar("control", 100, 0, "CE, twice the epochs"), "twice", 25.5},
		} {
			task := fmt.Sprintf("%s-%d", c.task, r)
			plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: c.key, Replicate: r, Task: task, Grade: results.GradeStandIn,
				Data: "Fashion-MNIST-LT"})
			res[task] = classifier(task, c.error+0.7*math.Sin(float64(3*r+i)), i)
			if c.key.RhoU != 0 {
				withUnlabeled(res[task], c.key.RhoU)
			}
		}
		for i, c := range []struct {
			key     paper.Key
			task    string
			spread  float64
			drawn   int
			leakage float64
		}{
			{cifar("Figure 1", 100, 0, "CE, embedding"), "map-ce", 9, 0, 31},
			{cifar("Figure 1", 100, 100, "CE + D_U@5x, embedding"), "map-du", 6.5, 900, 22},
			{cifar("Figure 4", 100, 0, "CE, embedding"), "map-ce", 9, 0, 31},
			{cifar("Figure 4", 100, 0, "CE + SSP, embedding"), "map-ssp", 7, 0, 24.5},
		} {
			task := fmt.Sprintf("%s-%d", c.task, r)
			plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: c.key, Part: strings.ToLower(strings.ReplaceAll(c.key.Source, " ", "")), Replicate: r, Task: task, Grade: results.GradeStandIn,
				Data: "Fashion-MNIST-LT"})
			res[task] = featureMap(c.spread, c.drawn, c.leakage+float64(r), i)
		}
		sweep := func(key paper.Key, task string, error float64) {
			task = fmt.Sprintf("%s-%d", task, r)
			plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: key, Replicate: r, Task: task, Grade: results.GradeStandIn,
				Data: "Fashion-MNIST-LT"})
			res[task] = &results.Result{Task: task, Grade: results.GradeStandIn, DataMark: "stand-in", LastErrorPct: error + 0.6*math.Sin(float64(5*r)+error)}
		}
		sweep(ce50(0, "CE"), "ce50", 22.5)
		sweep(cifar(paper.SourceControl, 50, 0, "CE, equal steps"), "equal50", 23.1)
		for _, pct := range []float64{0, 20, 40, 60, 80, 100} {
			sweep(cifar("Figure 2", 50, 50, fmt.Sprintf("CE + D_U@5x, relevance %g %%", pct)), fmt.Sprintf("relevance%g", pct), 26-0.07*pct)
		}
		sweep(cifar(paper.SourceControl, 1, 0, "CE"), "ce1", 9.5)
		sweep(cifar(paper.SourceControl, 1, 0, "CE, equal steps"), "equal1", 10.1)
		for _, pct := range []float64{0, 40, 60, 100} { // two have not finished
			sweep(cifar(paper.SourceControl, 1, 1, fmt.Sprintf("CE + D_U@5x, relevance %g %%", pct)), fmt.Sprintf("balanced%g", pct), 12-0.04*pct)
		}
		for _, rhoU := range []float64{1, 25, 50, 75} { // 100 has not finished
			sweep(cifar("Figure 3", 50, rhoU, "CE + D_U@5x, relevance 60 %"), fmt.Sprintf("ratio%g", rhoU), 20+0.03*rhoU)
		}
	}
	plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: paper.Key{Source: "Theorem 1", Method: "exact law"}, Task: "theorem1"})
	res["theorem1"] = &results.Result{Grid: theoremGrid()}
	for name, grid := range map[string]*results.Grid{"2": offsetGrid(), "3": dimensionGrid()} {
		plan.Cells = append(plan.Cells, results.Cell{Profile: "quick", Key: paper.Key{Source: "Theorem " + name, Method: "exact law"}, Task: "theorem" + name})
		res["theorem"+name] = &results.Result{Grid: grid}
	}
	return plan, res
}

func classifier(task string, last float64, salt int) *results.Result {
	r := &results.Result{Task: task, Classes: classNames, Settings: results.Settings{Kind: results.KindTrain, NMax: 500, Rho: 100}, Grade: results.GradeStandIn, DataMark: "stand-in", AdjustedErrorPct: new(last - 4), LastErrorPct: last, BestErrorPct: last - 1.1, BestEpoch: 65}
	const epochs = 90
	for e := 1; e <= epochs; e++ {
		lr := 0.1
		if e > 72 {
			lr = 1e-3
		}
		if e > 81 {
			lr = 1e-5
		}
		fall := math.Exp(-float64(e) / 14)
		wobble := 3 * math.Sin(float64(e*e+salt)) * math.Sqrt(lr/0.1)
		m := results.Metrics{Epoch: e, LR: lr, TrainErrorPct: 2 + 70*fall + math.Abs(wobble)/4}
		if e%5 == 0 {
			t := last + 55*fall + wobble*float64(epochs-e)/epochs
			m.TestErrorPct = &t
		}
		r.Curve = append(r.Curve, m)
	}
	for c := range 10 {
		r.LabeledCounts = append(r.LabeledCounts, int(500*math.Pow(0.01, float64(c)/9)))
		r.PerClassErrorPct = append(r.PerClassErrorPct, new(last*(0.3+0.16*float64(c))+3*math.Cos(float64(c+salt))))
		row := make([]int, 10)
		wrong := int(math.Round(*r.PerClassErrorPct[c] * 10)) // of 1000
		row[c] = 1000 - wrong
		for k := range 10 {
			if k != c {
				share := min(wrong, wrong/(2+k%3))
				row[k], wrong = row[k]+share, wrong-share
			}
		}
		row[(c+1)%10] += wrong
		r.Confusion = append(r.Confusion, row)
	}
	return r
}

var classNames = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

// withUnlabeled adds counts of D_U by class and by pseudo-label.
func withUnlabeled(r *results.Result, rhoU float64) {
	r.Settings.Multiple, r.Settings.RhoU = 5, rhoU
	head := 12400 * (1 - math.Pow(rhoU, -1.0/9)) / (1 - 1/rhoU)
	if rhoU == 1 {
		head = 1240
	}
	for c := range 10 {
		n := head * math.Pow(rhoU, -float64(c)/9)
		r.UnlabeledCounts = append(r.UnlabeledCounts, int(n))
		r.PseudoCounts = append(r.PseudoCounts, int(n*(1.3-0.08*float64(c))))
	}
}

// featureMap scatters ten classes about points of a ring, the tail's near the
// head's, by the fractions of multiples of irrational numbers.
func featureMap(spread float64, drawn int, leakage float64, salt int) *results.Result {
	e := &results.Embedding{Unlabeled: drawn, KL: 1.2, Perplexity: 30, Iterations: 1000}
	s := neighbors.Separation{K: 5, TestPoints: 10000, TailTestPoints: 3000, TailNearestClassErrorPct: leakage + 20, LeakagePct: leakage}
	at := 0.0
	point := func(class int) {
		at++
		_, u := math.Modf(at * math.Sqrt2)
		_, v := math.Modf(at * math.Sqrt(3))
		r, turn := spread*math.Sqrt(-math.Log(1-u)), 2*math.Pi*v
		angle := 2 * math.Pi * float64(class*7+salt) / 10
		e.XY = append(e.XY, float32(30*math.Cos(angle)+r*math.Cos(turn)), float32(24*math.Sin(angle)+r*math.Sin(turn)))
		e.Labels = append(e.Labels, byte(class))
	}
	for c := range 10 {
		n := int(500 * math.Pow(0.01, float64(c)/9))
		s.PerClass = append(s.PerClass, neighbors.Class{Train: n, Test: 1000})
		for range n {
			point(c)
		}
		e.Labeled += n
	}
	for i := range drawn {
		point(i % 10)
	}
	for i := range 1000 {
		point(i % 10)
		e.Test++
	}
	e.Separation = s
	return &results.Result{Classes: classNames, Grade: results.GradeStandIn, DataMark: "stand-in", Embedding: e}
}

// theoremGrid holds Theorem 1's numbers at p = q = 1/2, D = 2, σ = 1, δ = 0.1
// for n = 1000 and 2000 (paper-spec.md 1.1.4) and curves through them.
func theoremGrid() *results.Grid {
	g := &results.Grid{Title: "p = q = 0.5, D = 2σ, δ = 0.1σ, n₊ = n₋ = n", Columns: []string{"n", "exact", "printed", "sharp", "estimate", "lower", "upper"}}
	for _, n := range []float64{50, 100, 200, 500, 1000, 2000, 5000} {
		s := math.Sqrt(1 / n) // sd of the estimate, binomial part as if normal
		exact := math.Erfc(0.1 / s / math.Sqrt2)
		printed := 2*math.Exp(-2*0.01/9*n/2) + 4*math.Exp(-8*n*0.01/36)
		sharp := 2 * math.Exp(-0.01*n/(4*0.5))
		row := []*float64{new(n), new(exact), new(printed), new(sharp), nil, nil, nil}
		if n <= 2000 {
			hits := math.Round(exact * 2e5)
			spread := 2*math.Sqrt(hits+1) + 2
			row[4], row[5], row[6] = new(hits/2e5), new(math.Max(0, (hits-spread)/2e5)), new((hits+spread)/2e5)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// offsetGrid holds Theorem 2's exact errors at β = 10 and made-up simulations.
func offsetGrid() *results.Grid {
	g := &results.Grid{Title: "β = 10", Columns: []string{"p_pos", "u", "exact", "printed", "sharp", "trivial", "estimate", "lower", "upper"}}
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	for _, p := range []float64{0.5, 0.3, 0.1, 0.01} {
		for u := -12.0; u <= 12; u += 0.5 {
			e := p*phi(-u) + (1-p)*phi(u/math.Sqrt(10))
			row := []*float64{new(p), new(u), new(e), nil, nil, new(p), nil, nil, nil}
			if u > 0 {
				row[3], row[4] = new(0.25), new((1-p)/2)
			}
			if math.Mod(u, 3) == 0 {
				row[6], row[7], row[8] = new(e+0.01), new(e-0.015), new(e+0.035)
			}
			g.Rows = append(g.Rows, row)
		}
	}
	return g
}

// dimensionGrid has the shape of Theorem 3's grid; the bound is the printed one
// at p₊ = 0.1, β = 4, N₊ = 10, N₋ = 90, δ = 0.1, the errors are exponentials.
func dimensionGrid() *results.Grid {
	g := &results.Grid{Title: "p₊ = 0.1, β = 4, N₊ = 10, N₋ = 90, δ = 0.1",
		Columns: []string{"d", "exact", "midpoint", "bayes", "printed_bound", "chernoff_bound", "trivial", "printed_success", "estimate", "lower", "upper"}}
	for _, d := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		exact := 0.5 * math.Exp(-0.05*d)
		g.Rows = append(g.Rows, []*float64{new(d), new(exact), new(0.4 * math.Exp(-0.055*d)), new(0.1 * math.Exp(-0.12*d)),
			new(0.1*math.Exp(-2.5*d/16) + 0.9*math.Exp(-6.25*d/512)), new(0.1*math.Exp(-0.22*d) + 0.9*math.Exp(-0.03*d)), new(0.1),
			new(1 - 2*math.Exp(-0.0125*d) - 2*math.Exp(-0.1125*d)), new(exact * 1.05), new(exact * 0.7), new(exact * 1.5)})
	}
	return g
}

// goldenDPI makes golden images that are small and can still be read.
const goldenDPI = 72

// save leaves testdata/name.png, small; the tests compare it with the golden image.
func save(f *Figure, name string) {
	png, err := f.png(goldenDPI)
	if err == nil {
		err = os.WriteFile(filepath.Join("testdata", name+".png"), png, 0o644)
	}
	if err != nil {
		fmt.Println(err)
	}
}
