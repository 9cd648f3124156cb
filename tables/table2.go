package tables

import (
	"fmt"
	"strings"

	"longtail/paper"
	"longtail/results"
)

// Table2 returns Table 2, self-supervised pre-training at 32×32 pixels: every rule with
// and without SSP, one block per data set, one column per ρ. Rows only in the authors'
// README come after the paper's, and rows only in the plan after these.
func Table2(plan results.Plan, res map[string]*results.Result) Table {
	p := newPage(plan, res)
	var blocks []Block
	for _, dataset := range paper.Table2Datasets() {
		b := Block{Title: dataset, Columns: []string{"method", ""}}
		rhos := p.ratios(paper.Rhos, func(k paper.Key) (float64, bool) {
			return k.Rho, (k.Source == "Table 2" || k.Source == "README") && k.Dataset == dataset
		})
		for _, rho := range rhos {
			b.Columns = append(b.Columns, fmt.Sprintf("ρ = %g", rho))
		}
		row := func(source, method string) {
			label := method
			if source != "Table 2" {
				label += " (" + source + ")"
			}
			keys := make([]paper.Key, len(rhos))
			for i, rho := range rhos {
				keys[i] = paper.ResNet32(source, dataset, rho, 0, method)
			}
			p.lines(&b, label, keys, false)
		}
		for _, source := range []string{"Table 2", "README"} {
			for _, m := range printedMethods(source, dataset) {
				row(source, m)
			}
		}
		for {
			rest := p.remainingKeys(func(k paper.Key) bool {
				return k == paper.ResNet32("Table 2", dataset, k.Rho, 0, k.Method)
			})
			if len(rest) == 0 {
				break
			}
			row("Table 2", rest[0].Method)
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
