package paper

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Rules that decide a claim.
const (
	RuleAll    = "ALL"     // "every", "consistently": the sign in each of m cells, the pooled effect
	RuleTrend  = "TREND"   // signed mean slope or linear contrast over ordered levels
	RuleSize   = "SIZE"    // does a prediction interval for one further run contain the printed effect
	RuleCross  = "CROSS"   // where an effect changes its sign
	RuleRollUp = "roll-up" // follows other claims, no verdict of its own
	RuleList   = "list"    // listed, numbers at most, no verdict
	RuleTheory = "theory"  // exact law, closed form or counterexample
)

// Claim is one claim of the paper's text, in our words.
type Claim struct {
	ID      string // "S1", "T3.6"
	Rule    string // one of the Rule constants
	Section string // part of the paper, or SectionOurs
	Text    string // the claim
	Where   string // where the paper makes it
	Decides string // what decides it
	Print   string // what the paper's own numbers show about it, in words; InPrintAll computes it where they can
	// Estimands of a primary claim, one verdict each, fixed before any run and
	// corrected for multiplicity. Empty for other claims.
	Estimands []Estimand
}

// SectionOurs is the section of claims that are not the paper's.
const SectionOurs = "Ours"

// Ours reports whether the claim is not the paper's.
func (c Claim) Ours() bool { return c.Section == SectionOurs }

// Theorem returns the Source of the cells that decide a claim on theory: "Theorem 1"
// for T1.2.
func (c Claim) Theorem() string {
	number, _, _ := strings.Cut(strings.TrimPrefix(c.ID, "T"), ".")
	return "Theorem " + number
}

// Estimand is one quantity of a primary claim.
type Estimand struct {
	Claim   string // id of the claim
	Against string // baseline that distinguishes the estimands of one claim: "plain", "equal-step" or empty
	Text    string
}

//go:embed claims.tsv
var claimsTSV string

// Claims returns every claim, in the order of the paper's sections.
func Claims() []Claim { return slices.Clone(claims()) }

// ClaimByID returns the claim with this id and whether there is one.
func ClaimByID(id string) (Claim, bool) {
	all := claims()
	i := slices.IndexFunc(all, func(c Claim) bool { return c.ID == id })
	if i < 0 {
		return Claim{}, false
	}
	return all[i], true
}

// Estimands returns the estimands of the primary claims in their fixed order.
func Estimands() []Estimand { return slices.Clone(primary) }

// primary was fixed before any run. Its order and number are part of the
// multiplicity correction.
var primary = []Estimand{
	{"S1", "plain", "mean over the cells run of error(supervised) − error(with D_U@5x), points, paired by replicate"},
	{"S1", "equal-step", "mean over the cells run of error(supervised for as many steps, with the D_U recipe) − error(with D_U@5x), points, paired by replicate"},
	{"S4", "", "mean slope of D_U@5x's gain in ln ρ, points per unit; the relative gain's slope stands beside it"},
	{"S5", "", "mean slope of the error with D_U@5x in ln ρ_U, points per unit"},
	{"S7", "", "label bias of the equal-step control − label bias with D_U@5x, total variation"},
	{"R2", "equal-step", "until the sweep over relevance is run: gain at 60 % relevance above 0 and gain at 0 % below +0.5 points, both by interval"},
	{"F7", "", "error(supervised warm start) − error(SSP), points, over the rules run; supervised 400 epochs stands beside it"},
	{"P1", "", "mean over the cells run of error(the same rule from scratch) − error(with SSP), points, paired by replicate; the other competitors of the group stand beside it"},
	{"P3", "", "mean slope in ln ρ of SSP's gain over the same rule, points per unit"},
	{"L1", "", "error without − error with SSP on ImageNet-LT and iNaturalist 2018, points"},
}

var claims = sync.OnceValue(func() []Claim {
	var all []Claim
	for _, f := range parseTSV(claimsTSV, "id", "rule", "section", "text", "where", "decides", "print") {
		c := Claim{ID: f[0], Rule: f[1], Section: f[2], Text: f[3], Where: f[4], Decides: f[5], Print: f[6]}
		for _, e := range primary {
			if e.Claim == c.ID {
				c.Estimands = append(c.Estimands, e)
			}
		}
		all = append(all, c)
	}
	return all
})
