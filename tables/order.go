package tables

import (
	"cmp"
	"fmt"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// Order returns how to compare cells that stand in a list: by data set, ρ from large to
// small, the row of Table 2 that the method builds on, the method as printed tables and
// then the plan have it, relevance and ρ_U.
func Order(plan results.Plan) func(a, b paper.Key) int {
	rules, methods := map[string]int{}, map[string]int{}
	add := func(to map[string]int, name string) {
		if _, ok := to[name]; !ok {
			to[name] = len(to)
		}
	}
	for _, r := range paper.Table2Rows() {
		add(rules, r.Method)
	}
	for _, n := range paper.Numbers() {
		add(methods, n.Method)
	}
	for _, c := range plan.Cells {
		method, _ := relevanceOf(c.Method)
		add(rules, controlBase(c.Method))
		add(methods, method)
	}
	at := func(in map[string]int, name string) int {
		if i, ok := in[name]; ok {
			return i
		}
		return len(in)
	}
	sets := map[string]int{}
	for _, dataset := range paper.LongTails() {
		add(sets, dataset)
	}
	return func(a, b paper.Key) int {
		methodA, relevanceA := relevanceOf(a.Method)
		methodB, relevanceB := relevanceOf(b.Method)
		return cmp.Or(
			cmp.Compare(at(sets, a.Dataset), at(sets, b.Dataset)),
			cmp.Compare(b.Rho, a.Rho),
			cmp.Compare(at(rules, controlBase(a.Method)), at(rules, controlBase(b.Method))),
			cmp.Compare(at(methods, methodA), at(methods, methodB)),
			cmp.Compare(relevanceA, relevanceB),
			cmp.Compare(a.RhoU, b.RhoU),
		)
	}
}

// relevanceOf cuts a method at the relevance of its D_U, −1 where it names none.
func relevanceOf(method string) (rest string, percent float64) {
	before, after, ok := strings.Cut(method, ", relevance ")
	if _, err := fmt.Sscanf(after, "%g %%", &percent); !ok || err != nil {
		return method, -1
	}
	return before + after[strings.Index(after, "%")+1:], percent
}
