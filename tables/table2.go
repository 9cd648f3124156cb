package tables

import (
	"fmt"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// Table2 returns Table 2, self-supervised pre-training at 32×32 pixels: every rule with
// and without SSP, one block per data set, one column per ρ. Rows only in the authors'
// README come after the paper's.
func Table2(plan results.Plan, res map[string]*results.Result) Table {
	p := newPage(plan, res)
	var blocks []Block
	for _, dataset := range paper.Table2Datasets() {
		b := Block{Title: dataset, Columns: []string{"method", ""}}
		for _, rho := range paper.Rhos {
			b.Columns = append(b.Columns, fmt.Sprintf("ρ = %g", rho))
		}
		for _, source := range []string{"Table 2", "README"} {
			for _, m := range printedMethods(source, dataset) {
				label := m
				if source != "Table 2" {
					label += " (" + source + ")"
				}
				keys := make([]paper.Key, len(paper.Rhos))
				for i, rho := range paper.Rhos {
					keys[i] = paper.ResNet32(source, dataset, rho, 0, m)
				}
				p.lines(&b, label, keys, false)
			}
		}
		blocks = append(blocks, b)
	}
	return p.finish("table2", "Table 2. Self-supervised pre-training (SSP), top-1 error", blocks,
		"CB-CE with SSP has the same published numbers as the README's CE(Balanced)+SSP, which its authors say is re-sampling and not a re-weighted loss.")
}

// printedMethods returns a source's methods on a data set, in published order.
func printedMethods(source, dataset string) []string {
	var out []string
	for _, n := range paper.Numbers() {
		if n.Source == source && n.Dataset == dataset && strings.HasSuffix(n.Unit, "error_%") {
			out = appendNew(out, n.Method)
		}
	}
	return out
}
