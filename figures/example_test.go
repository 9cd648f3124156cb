package figures

import (
	"math"

	"longtail/stats"
)

// Each example is also a test: figures_test.go compares what it leaves in
// testdata with a golden image. To rewrite the golden images:
//
//	go test ./figures -regen

func ExampleTheorem1() {
	save(Theorem1(theoremGrid(), ""), "theorem1")
}

func ExampleTheorem2() {
	save(Theorem2(offsetGrid(), ""), "theorem2")
}

func ExampleTheorem3() {
	save(Theorem3(dimensionGrid(), ""), "theorem3")
}

func ExampleLines() {
	x, fall, seen := []float64{1, 10, 100}, []float64{0.5, 1e-3, 1e-9}, []float64{0.51, 2e-3, 0}
	save(Lines("Three points", "d", []Series{
		{Name: "estimate", X: x, Y: seen, Low: []float64{0.4, 1e-3, 0}, High: []float64{0.6, 4e-3, 1e-4}},
		{Name: "exact", X: x, Y: fall}, {Name: "undefined", X: x, Y: []float64{math.NaN(), 0, 0.1}},
	}, true, true), "lines")
}

func ExampleOwns() {
	save(Owns([]Own{
		{Name: "ce"},
		{Name: "ldam-drw", Gain: stats.Effect{Mean: 4.7, N: 3, Low: 3.1, High: 6.3}},
		{Name: "rotation", Gain: stats.Effect{Mean: -1.2, N: 3, Low: -30, High: 27.6}},
		{Name: "one run", Gain: stats.Effect{Mean: 2, N: 1, Low: math.NaN(), High: math.NaN()}},
		{Name: "no pair"},
	}, "balanced error")[0], "own")
}

func ExampleLearningCurves() {
	plan, res := madeUp(1)
	save(LearningCurves(plan, res)[0], "learning")
}

func ExampleGainForest() {
	plan, res := madeUp(3)
	save(GainForest(plan, res)[0], "gains")
}

func ExamplePerClass() {
	plan, res := madeUp(2)
	save(PerClass(plan, res)[0], "perclass")
}

func ExampleConfusions() {
	plan, res := madeUp(2)
	save(Confusions(plan, res)[0], "confusion")
}

func ExampleClassSizes() {
	plan, res := madeUp(1)
	save(ClassSizes(plan, res), "classsizes")
}

func ExampleFigure1() {
	plan, res := madeUp(2)
	save(Figure1(plan, res), "figure1")
}

// One of the two models has finished.
func ExampleFigure1_partial() {
	plan, res := madeUp(1)
	delete(res, "map-du-0")
	save(Figure1(plan, res), "figure1_partial")
}

func ExampleFigure1_notRun() {
	plan, _ := madeUp(1)
	save(Figure1(plan, nil), "figure1_notrun")
}

func ExampleFigure2() {
	plan, res := madeUp(2)
	save(Figure2(plan, res), "figure2")
}

func ExampleFigure3() {
	plan, res := madeUp(2)
	save(Figure3(plan, res), "figure3")
}

func ExampleFigure4() {
	plan, res := madeUp(1)
	save(Figure4(plan, res), "figure4")
}
