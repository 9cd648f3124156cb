// Package experimentstest makes plans of a second for the tests of what runs them.
package experimentstest

import (
	"slices"
	"testing"

	"longtail/experiments"
	"longtail/paper"
	"longtail/results"
)

// Smoke is that profile with these cells first, at n_max.
func Smoke(t *testing.T, nMax int, cells ...paper.Key) experiments.Profile {
	t.Helper()
	p, err := experiments.ProfileNamed("smoke")
	if err != nil {
		t.Fatal(err)
	}
	set := p.CIFAR10()
	set.NMax = nMax
	p.Sets = map[string]experiments.Source{paper.CIFAR10: set}
	p.Blocks = [][]paper.Key{cells}
	return p
}

// Cell is the key of a number on CIFAR-10-LT.
func Cell(source string, rho, rhoU float64, method string) paper.Key {
	return paper.ResNet32(source, paper.CIFAR10, rho, rhoU, method)
}

// Named returns the task of a method's number.
func Named(t *testing.T, plan results.Plan, method string) results.Task {
	t.Helper()
	for _, c := range plan.Cells {
		if c.Method == method && c.Task != "" {
			i := slices.IndexFunc(plan.Tasks, func(t results.Task) bool { return t.Name == c.Task })
			return plan.Tasks[i]
		}
	}
	t.Fatalf("no cell %q", method)
	return results.Task{}
}
