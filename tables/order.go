package tables

import (
	"cmp"

	"longtail/paper"
	"longtail/results"
)

// Order returns a comparison that sorts cells by data set, ρ (descending), base, method,
// relevance and ρ_U. Bases are in the order of Table 2's rows and methods in that of the
// published numbers; those only in the plan come after.
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
		m := paper.ParseMethod(c.Method)
		rest, _ := m.Relevance()
		add(rules, m.Base())
		add(methods, rest.String())
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
		methodA, methodB := paper.ParseMethod(a.Method), paper.ParseMethod(b.Method)
		restA, relevanceA := methodA.Relevance()
		restB, relevanceB := methodB.Relevance()
		return cmp.Or(
			cmp.Compare(at(sets, a.Dataset), at(sets, b.Dataset)),
			cmp.Compare(b.Rho, a.Rho),
			cmp.Compare(at(rules, methodA.Base()), at(rules, methodB.Base())),
			cmp.Compare(at(methods, restA.String()), at(methods, restB.String())),
			cmp.Compare(relevanceA, relevanceB),
			cmp.Compare(a.RhoU, b.RhoU),
		)
	}
}
