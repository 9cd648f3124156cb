package paper

// What plan, figures and report share: names of data sets, levels of tables and
// sweeps, and keys of their cells.

// The long-tailed sets of 32×32 pixels.
const (
	CIFAR10  = "CIFAR-10-LT"
	CIFAR100 = "CIFAR-100-LT"
	SVHN     = "SVHN-LT"
)

// Levels in the order of display. They are never modified.
var (
	Rhos          = []float64{100, 50, 10}                   // of Tables 1 and 2
	Relevances    = []float64{0, 20, 40, 60, 80, 100}        // of Figure 2, percent; the grid is ours
	RelevantRhoUs = []float64{1, 25, 50, 75, 100}            // of Figure 3; ours, with 75 so that a crossing near the claimed 50 can be located
	Amounts       = []float64{0.5, 1, UnlabeledMultiple, 10} // of D_U relative to the labeled set, Appendix E.3
	LabeledShares = []float64{.25, .5}                       // of the labeled set, Appendix E.4; ours
	Omegas        = []float64{.5, 2}                         // weights of D_U other than the paper's 1; ours
	Thresholds    = []float64{.8, .95}                       // of a pseudo-label's confidence; ours, as the paper has none
)

// Table 1: its parts, each with a block for every one of Rhos, and its rules, each
// alone and with D_U.
var (
	Table1      = []struct{ Source, Dataset string }{{"Table 1a", CIFAR10}, {"Table 1b", SVHN}}
	Table1Rules = []string{"CE", "LDAM-DRW"}
)

// Rivals maps a rule to the other rule with which Table 2 compares it and its row
// with SSP.
var Rivals = map[string]string{"CB-CE": "CE", "CB-Focal": "Focal", "CE-DRW": "CE-DRS", "LDAM-DRW": "LDAM"}

// ResNet32 returns the key of a cell on a data set of 32×32 pixels, all of which
// have that network.
func ResNet32(source, dataset string, rho, rhoU float64, method string) Key {
	return Key{Source: source, Dataset: dataset, Rho: rho, RhoU: rhoU, Method: method, Network: "ResNet-32"}
}

// Control returns the key of one of our own cells.
func Control(dataset string, rho, rhoU float64, method string) Key {
	k := ResNet32(SourceControl, dataset, rho, rhoU, method)
	if method == Logistic {
		k.Network = ""
	}
	return k
}
