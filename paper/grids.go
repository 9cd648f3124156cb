package paper

// What plan, figures and report have in common: the names of sets, the levels of
// tables and sweeps, and the keys of their cells.

// The long-tailed sets of 32×32 pixels.
const (
	CIFAR10  = "CIFAR-10-LT"
	CIFAR100 = "CIFAR-100-LT"
	SVHN     = "SVHN-LT"
)

// Levels, in the order in which they are shown; nobody changes them.
var (
	Rhos          = []float64{100, 50, 10}                   // of Tables 1 and 2
	Relevances    = []float64{0, 20, 40, 60, 80, 100}        // of Figure 2, percent; the grid is ours
	RelevantRhoUs = []float64{1, 25, 50, 75, 100}            // of Figure 3; ours, 75 is there so that a crossing near the claimed 50 can be placed
	Amounts       = []float64{0.5, 1, UnlabeledMultiple, 10} // of D_U over the labeled set, Appendix E.3
	LabeledShares = []float64{.25, .5}                       // of the labeled set, Appendix E.4; ours
	Omegas        = []float64{.5, 2}                         // weights of D_U beside the paper's 1; ours
	Thresholds    = []float64{.8, .95}                       // of a pseudo-label's confidence, of which the paper has none; ours
)

// Table 1: its parts, each with a block for every one of Rhos, and its rules, each alone
// and with D_U.
var (
	Table1      = []struct{ Source, Dataset string }{{"Table 1a", CIFAR10}, {"Table 1b", SVHN}}
	Table1Rules = []string{"CE", "LDAM-DRW"}
)

// Rivals are the rules beside which Table 2 sets a rule and that rule with SSP.
var Rivals = map[string]string{"CB-CE": "CE", "CB-Focal": "Focal", "CE-DRW": "CE-DRS", "LDAM-DRW": "LDAM"}

// ResNet32 is the key of a cell on a set of 32×32 pixels, all of which have that
// network.
func ResNet32(source, dataset string, rho, rhoU float64, method string) Key {
	return Key{Source: source, Dataset: dataset, Rho: rho, RhoU: rhoU, Method: method, Network: "ResNet-32"}
}

// Control is the key of a cell that is ours.
func Control(dataset string, rho, rhoU float64, method string) Key {
	return ResNet32(SourceControl, dataset, rho, rhoU, method)
}
