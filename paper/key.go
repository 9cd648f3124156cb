package paper

import (
	"fmt"
	"slices"
	"strings"
)

// Key identifies one number of the paper, of the published program's documentation
// or of one of our own controls. It is comparable and has the same value in a
// plan's cells and in the printed numbers, so it joins the two. A field that does
// not apply is zero.
type Key struct {
	Source  string  `json:"source"`            // "Table 1a", "Table 1b", "Table 2", "Table 3", "Table 4", "README", "Appendix E.3", "text", "issue"; "control" is ours
	Dataset string  `json:"dataset"`           // "CIFAR-10-LT", "SVHN-LT", …
	Rho     float64 `json:"rho,omitempty"`     // imbalance of the labeled set, n₁/n_C; 0: the data set's own
	RhoU    float64 `json:"rho_u,omitempty"`   // imbalance of the unlabeled set; 0: no unlabeled data
	Method  string  `json:"method"`            // "CE", "CE + D_U@5x", "LDAM-DRW + SSP", …
	Network string  `json:"network,omitempty"` // "ResNet-32", …
}

// SourceControl is the Source of our own cells, which have no printed number. They
// hold one part of a method fixed to show what the rest does, or belong to the
// appendix, whose published numbers we could not read.
const SourceControl = "control"

// MethodResampled is the control that takes the README's "CE(Balanced)" as
// re-sampling, as its authors do (threads #1, #10).
const MethodResampled = "CB-CE (resampled)"

// String returns the key on one line, without parts that do not apply: "Table 1a,
// CIFAR-10-LT, ρ=100, ρ_U=50, CE + D_U@5x, ResNet-32".
func (k Key) String() string {
	parts := []string{k.Source, k.Dataset}
	if k.Rho != 0 {
		parts = append(parts, fmt.Sprintf("ρ=%g", k.Rho))
	}
	if k.RhoU != 0 {
		parts = append(parts, fmt.Sprintf("ρ_U=%g", k.RhoU))
	}
	parts = append(parts, k.Method)
	if k.Network != "" {
		parts = append(parts, k.Network)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// Short is String without the network.
func (k Key) Short() string {
	k.Network = ""
	return k.String()
}

// InTable is String without the source, and without the network that most cells have.
func (k Key) InTable() string {
	k.Source = ""
	if k.Network == "ResNet-32" {
		k.Network = ""
	}
	return k.String()
}

// Setting returns the setting of a number without its method: "ρ = 100, ρ_U = 1",
// with the data set if it is not CIFAR-10-LT.
func (k Key) Setting() string {
	var parts []string
	if k.Dataset != "" && k.Dataset != CIFAR10 {
		parts = append(parts, k.Dataset)
	}
	if k.Rho != 0 {
		parts = append(parts, fmt.Sprintf("ρ = %g", k.Rho))
	}
	if k.RhoU != 0 {
		parts = append(parts, fmt.Sprintf("ρ_U = %g", k.RhoU))
	}
	return strings.Join(parts, ", ")
}
