package experiments

import "longtail/paper"

// table2 is Table 2, 36 cells a data set, and the README's rows beside it. A
// row with SSP is pre-trained by rotation on the same images and then trained
// as the row without (paper-spec 4.7). CB-CE is the re-weighted loss, as the
// paper says; CE(Balanced) of the README is re-sampling, as its authors say
// (threads #1, #10). Its base without SSP is a control.
func table2() []cell {
	var all []cell
	for _, dataset := range []string{cifar10, cifar100} {
		for _, rho := range rhos {
			add := func(source, method string, r run) {
				all = append(all, cell{Key: key(source, dataset, rho, 0, method), part: "table2", run: r})
			}
			for _, row := range table2Rules {
				add("Table 2", row.rule, run{rule: row.rule})
				if row.ssp {
					add("Table 2", row.rule+paper.WithSSP, run{rule: row.rule, from: fromRotation})
				}
			}
			add("README", "CE(Uniform)"+paper.WithSSP, run{rule: "CE", from: fromRotation})
			add("README", "CE(Balanced)"+paper.WithSSP, run{rule: ruleResampled, from: fromRotation})
		}
	}
	return all
}

// table2Rules are the rows without SSP, and whether the paper prints one with.
var table2Rules = []struct {
	rule string
	ssp  bool
}{
	{"CE", false}, {"CB-CE", true}, {"Focal", false}, {"CB-Focal", true},
	{"CE-DRW", true}, {"CE-DRS", false}, {"LDAM", false}, {"LDAM-DRW", true},
}
