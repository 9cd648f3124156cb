package tables

import (
	"fmt"

	"longtail/paper"
	"longtail/results"
)

// fixture builds a plan and results through the types alone. Its numbers are
// made up.
type fixture struct {
	plan results.Plan
	res  map[string]*results.Result
}

func newFixture() *fixture {
	return &fixture{plan: results.Plan{Selection: results.Selection{Profile: "p", Seeds: 4}}, res: map[string]*results.Result{}}
}

func du(method string, rho, rhoU float64) paper.Key {
	return paper.ResNet32("Table 1a", paper.CIFAR10, rho, rhoU, method)
}

func ssp(method string, rho float64) paper.Key {
	return paper.ResNet32("Table 2", paper.CIFAR10, rho, 0, method)
}

func control(method string, rho float64) paper.Key {
	return paper.Control(paper.CIFAR10, rho, 0, method)
}

var grades = map[results.Grade]struct{ data, arch, mark string }{
	results.GradePaper:   {"CIFAR-10-LT", "resnet32", ""},
	results.GradeSimilar: {"CIFAR-10-LT", "resnet32", "n_max 700"},
	results.GradeStandIn: {"Fashion-MNIST-LT", "resnet8", "ResNet-8 in place of ResNet-32"},
}

// cell plans a cell; its task is named after grade, method and replicate.
func (f *fixture) cell(k paper.Key, grade results.Grade, replicate int) results.Cell {
	g := grades[grade]
	c := results.Cell{
		Key: k, Profile: "p", Replicate: replicate, Grade: grade, Data: g.data, Images: 441_500,
		Task: fmt.Sprintf("%s %s %g %d", grade, k.Method, k.RhoU, replicate),
	}
	if g.mark != "" {
		c.Marks = []string{g.mark}
	}
	f.plan.Cells = append(f.plan.Cells, c)
	return c
}

// run plans a cell and gives it a result.
func (f *fixture) run(k paper.Key, grade results.Grade, replicate int, last, best float64) *results.Result {
	c := f.cell(k, grade, replicate)
	r := &results.Result{
		Task: c.Task, Grade: grade,
		Settings: results.Settings{
			Kind: results.KindTrain, Data: grades[grade].data, Rho: k.Rho, RhoU: k.RhoU, NMax: 500, Arch: grades[grade].arch,
			DataSeed: replicate, Replicate: replicate, Base: fmt.Sprint("base of ", replicate),
		},
		LastErrorPct: last, BestErrorPct: best, BestEpoch: 41,
		PerClassErrorPct: []*float64{new(10.0), nil, new(33.25)},
		Confusion:        [][]int{{90, 10}, {33, 67}},
		AdjustedErrorPct: new(last - 2.25),
		LabelBias:        new(0.125),
		Cost:             results.Cost{TrainSeconds: 12.5, EvalSeconds: 1.25, ImagesPerSec: 5000, KernelSet: "avx2", Finished: "2026-01-02T03:04:05Z"},
	}
	if grade == results.GradeStandIn {
		r.DataMark = "stand-in"
	}
	f.res[c.Task] = r
	return r
}
