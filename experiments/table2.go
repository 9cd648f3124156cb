package experiments

import (
	"longtail/paper"
	"longtail/results"
)

// table2 is Table 2, 36 cells per data set, plus the README's rows. A row with SSP
// is pre-trained by rotation on the same images and then trained as the row
// without. CB-CE is the re-weighted loss, as the paper says. CE(Balanced) of the
// README is re-sampling, as its authors say (threads #1, #10); its base without SSP
// is a control.
func table2() []cell {
	var all []cell
	for _, dataset := range paper.Table2Datasets() {
		for _, rho := range paper.Rhos {
			add := func(source, method string, r run) {
				all = append(all, cell{Key: paper.ResNet32(source, dataset, rho, 0, method), part: "table2", run: r})
			}
			for _, row := range paper.Table2Rows() {
				add("Table 2", row.Method, run{rule: row.Method})
				if with := paper.ResNet32("Table 2", dataset, rho, 0, row.Method+paper.WithSSP); paper.IsPrinted(with) {
					add(with.Source, with.Method, run{rule: row.Method, from: results.TargetRotation})
				}
			}
			add("README", "CE(Uniform)"+paper.WithSSP, run{rule: "CE", from: results.TargetRotation})
			add("README", "CE(Balanced)"+paper.WithSSP, run{rule: ruleResampled, from: results.TargetRotation})
		}
	}
	return all
}
