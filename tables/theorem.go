package tables

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"longtail/results"
)

// Theorem returns the stored grids of theorem n: those of the plan's cells with the
// source "Theorem n". The first block sums up the simulations of all grids; one block
// per grid follows, in the order of the plan. If a grid was simulated with several
// numbers of trials or seeds, only the first is shown: the plan's own.
func Theorem(plan results.Plan, res map[string]*results.Result, n int) Table {
	source := fmt.Sprintf("Theorem %d", n)
	t := Table{Name: fmt.Sprintf("theorem%d", n), Title: source + subjects[n]}
	open := Block{Columns: []string{"status", "grid", "why", commandColumn}}
	seen := map[string]bool{}
	var grids []*results.Grid
	shown := map[string]*results.Grid{} // by the cell's method
	for _, c := range plan.Cells {
		if r := res[c.Task]; c.Source == source && r != nil && r.Grid != nil && shown[c.Method] == nil {
			shown[c.Method] = r.Grid
		}
	}
	for _, c := range plan.Cells {
		if c.Source != source || c.Task != "" && seen[c.Task] {
			continue
		}
		seen[c.Task] = true
		r, present := res[c.Task]
		status, why := statusNotRun, "not run yet"
		switch {
		case r != nil && r.Grid != nil:
			if r.Grid == shown[c.Method] {
				grids = append(grids, r.Grid)
			}
			continue
		case r != nil: // findings, which the report shows
			continue
		case present:
			status, why = statusFailed, "failed"
		case shown[c.Method] != nil:
			if most := mostTrials(shown[c.Method]); most > 0 {
				why = fmt.Sprintf("this plan's own run is missing; one with %s trials a row is shown", significant(most))
			}
		}
		open.add([]string{status, c.Method, cmp.Or(c.Reason, why), c.Command}, nil)
	}
	if len(seen) == 0 {
		open.add([]string{statusNotRun, dash, "not in this plan", ""}, nil)
	}
	if b, ok := checkedBlock(grids); ok {
		t.Blocks = append(t.Blocks, b)
	}
	for _, g := range grids {
		t.Blocks = append(t.Blocks, gridBlock(g, n))
	}
	t.Data = gridData(grids)
	if len(grids) == 0 {
		t.Blocks = []Block{open}
		return t
	}
	if len(open.Rows) > 0 {
		open.Title = "Not run"
		t.Open = open
	}
	t.Notes = append(t.Notes, glossary[n],
		"simulated: frequency, or where the event is too rare to be counted a weighted mean of tilted draws, with its 95 % interval, which decides nothing.",
		"Probabilities are fractions. "+dash+" stands where a quantity does not exist. The CSV file has every row, column and digit.")
	return t
}

// mostTrials returns the largest number of trials of a grid's rows; 0: not simulated.
func mostTrials(g *results.Grid) (most float64) {
	for _, trials := range g.Column("trials") {
		if trials > most { // false for NaN
			most = trials
		}
	}
	return most
}

// subjects are the ends of the tables' titles, by theorem.
var subjects = map[int]string{
	1: ": the threshold from pseudo-labels", 2: ": raw linear classifiers", 3: ": the classifier on the self-supervised feature",
}

// codeWords holds the words for the numbers in a column.
var codeWords = map[string]map[float64]string{
	"law":                 {1: "agrees", 0: "undecided", -1: "disagrees"},
	"verdict":             {1: "holds", 0: "undecided", 2: "vacuous", 3: "not claimed", -1: "violated"},
	"branch":              {1: "small δ", 2: "branch point", 3: "large δ"},
	"importance":          {0: "counted", 1: "weighted"},
	"printed_vacuous":     yesNo,
	"printed_0.1_useless": yesNo,
	"vacuous":             yesNo,
	"above_quarter":       yesNo,
	"best":                yesNo,
}

var yesNo = map[float64]string{0: "no", 1: "yes"}

// headings are the page's names of a grid's columns, where they differ. glossary
// explains them.
var headings = map[string]string{
	"n_pos": "n₊", "n_neg": "n₋", "sigma": "σ", "delta": "δ", "p_pos": "p₊", "beta": "β", "u_star": "u*", "D_over_sigma": "D/σ",
	"gap": "Δ", "bias": "ΔD/2", "prior": "π", "prior_u": "π_U", "train_prior": "π fitted", "recall_pos": "recall +", "recall_neg": "recall −",
	"gap_balanced": "Δ balanced", "gap_same": "Δ same", "called_positive": "called +", "above_quarter": "at least 1/4",
	"estimate": "simulated [95 %]", "importance": "estimator", "verdict": "published statement", "printed_vacuous": "published: vacuous",
	"miss_target": "misses M", "chernoff": "Chernoff", "exact_exponent": "exact rate", "printed_exponent": "published rate",
	"min_b_nonnegative": "least, b ≥ 0", "inf_b_negative": "infimum, b < 0", "any_b": "infimum, any b", "trivial": "majority rule",
	"midpoint": "at the midpoint", "exact_at_midpoint": "exact, at the midpoint", "bayes": "Bayes", "supervised": "plug-in Bayes", "supervised_error": "plug-in Bayes", "supervised_known_prior": "plug-in Bayes, p₊ known", "supervised_error_known_prior": "plug-in Bayes, p₊ known",
	"expected_error": "expected", "printed": "published", "printed_bound": "published", "printed_0.1": "published, δ = 0.1", "printed_0.3": "published, δ = 0.3", "printed_limit": "published, δ → 0",
	"printed_0.1_useless": "published, δ = 0.1: useless", "chernoff_bound": "exact rates", "chernoff_0.1": "exact rates, δ = 0.1", "chernoff_limit": "exact rates, δ → 0",
	"worst_error": "worst on the event", "worst_0.1": "worst on the event, δ = 0.1", "printed_success": "published probability", "chernoff_success": "probability, exact rates",
	"event_failure": "event fails", "bound_failure": "bound fails", "bound_failure_seen": "bound fails, simulated", "random_counts_failure": "event fails, counts drawn",
	"miss_pos": "positives", "printed_miss_pos": "positives, published", "miss_neg": "negatives", "printed_miss_neg": "negatives, published",
}

// glossary explains the headings of a theorem's table.
var glossary = map[int]string{
	1: "exact: P(|θ̂ − M − ΔD/2| > δ), the event of the theorem. misses M: P(|θ̂ − M| > δ), the true midpoint in place of the theorem's center. published: the sum of the paper's three terms. " +
		"sharp: the single sub-Gaussian bound 2 exp(−δ²/2v) with v = (1/n₊ + 1/n₋)(σ²/4 + D²/16). Chernoff: the best exponential bound on either side, which uses p and q.",
	2: "exact: p₊Φ(−u) + p₋Φ(u/√β). published: 1/4, where it is claimed (u > 0, p₊ ≤ 1/2, β > 3). sharp: p₋/2, for u > 0. majority rule: the better constant rule.",
	3: "exact, expected: error of the learned rule, averaged over training sets. at the midpoint: of the rule with the population threshold d(1 + β)/2. plug-in Bayes: a supervised rule that estimates variances and prior from the same labels, on the same ‖x‖²; with p₊ known only the variances. " +
		"published: the paper's error bound. exact rates: the same bound with the exact chi-square rates. worst on the event: the largest error on |A/d − 1| ≤ δ, |C/d − 1| ≤ δ, which no bound from that event can beat. " +
		"event fails, bound fails: exact probabilities of leaving the event and of an error above the published bound. The published statement is vacuous where its probability is not positive or its bound is not below the majority rule's error.",
}

// heading returns the heading of a grid's column in theorem n's table. Column "n" of a
// grid with n₋ is n₊.
func heading(g *results.Grid, column string, n int) string {
	h, ok := headings[column]
	if column == "n" && slices.Contains(g.Columns, "n_neg") {
		h, ok = headings["n_pos"], true
	}
	if !ok {
		h = strings.ReplaceAll(column, "_", " ")
	}
	if n == 3 {
		h = strings.NewReplacer("n₊", "N₊", "n₋", "N₋").Replace(h)
	}
	return h
}

// csvOnly are columns of simulated grids that only the CSV file has. This keeps the
// page within a screen.
var csvOnly = map[string]bool{
	"best_split": true, "printed_1": true, "printed_2": true, "printed_3": true, "mean": true, "variance": true,
	"smooth_mean": true, "chernoff_success": true, "event": true, "worst_error": true,
	"u_star": true, "min_b_nonnegative": true, "any_b": true,
	"printed_vacuous": true, // the verdict "vacuous" says the same
}

// gridBlock returns a grid as a block of the page, folded if it has more than five rows.
// Codes are words, and the estimate and its interval share a cell. A power of ten
// replaces a number that underflows to 0. Values equal in all rows go into the note. A
// partly simulated grid shows only its simulated rows.
func gridBlock(g *results.Grid, n int) Block {
	b := Block{Title: shortTitle(g.Title)}
	at := func(column string) int { return slices.Index(g.Columns, column) }
	estimate, lower, upper := at("estimate"), at("lower"), at("upper")
	value := func(row []*float64, i int) *float64 {
		if i < 0 {
			return nil
		}
		return row[i]
	}
	var rows [][]*float64
	for _, row := range g.Rows {
		if estimate < 0 || value(row, estimate) != nil {
			rows = append(rows, row)
		}
	}
	var notes []string
	switch hidden := len(g.Rows) - len(rows); {
	case len(rows) == 0:
		rows = g.Rows
	case hidden > 0:
		notes = append(notes, fmt.Sprintf("The %d simulated rows of %d.", len(rows), len(g.Rows)))
	}
	text := func(row []*float64, i int) string {
		x, column := value(row, i), g.Columns[i]
		if x == nil {
			return dash
		}
		if log := value(row, at("log10_"+column)); *x == 0 && log != nil {
			return "10^" + strings.ReplaceAll(strconv.FormatFloat(*log, 'f', 1, 64), "-", "−")
		}
		if i == estimate && value(row, lower) != nil && value(row, upper) != nil {
			return fmt.Sprintf("%s [%s, %s]", significant(*x), significant(*row[lower]), significant(*row[upper]))
		}
		return cellText(column, *x, significant)
	}
	var kept []int
	var same []string
	for i, column := range g.Columns {
		switch {
		case estimate >= 0 && (i == lower || i == upper || csvOnly[column]):
			continue
		case strings.HasPrefix(column, "log10_") && at(strings.TrimPrefix(column, "log10_")) >= 0:
			continue
		}
		equal := len(rows) > 1
		for _, row := range rows {
			equal = equal && text(row, i) == text(rows[0], i)
		}
		if equal {
			same = append(same, heading(g, column, n)+" = "+text(rows[0], i))
			continue
		}
		kept = append(kept, i)
		b.Columns = append(b.Columns, heading(g, column, n))
	}
	if len(same) > 0 {
		notes = append(notes, "In every row: "+strings.Join(same, "; ")+".")
	}
	for _, row := range rows {
		cells := make([]string, len(kept))
		for k, i := range kept {
			cells[k] = text(row, i)
		}
		b.Rows = append(b.Rows, cells)
	}
	b.Note = strings.Join(notes, " ")
	b.Fold = len(b.Rows) > 5
	return b
}

// cellText returns a column's number as text, or the word it stands for.
func cellText(column string, x float64, format func(float64) string) string {
	if w, ok := codeWords[column][x]; ok {
		return w
	}
	return format(x)
}

// checkedBlock counts the outcomes of law and statement for every grid with simulated
// rows. It also gives the range of published bound over exact value where the statement
// is not vacuous. ok is false if nothing was simulated.
func checkedBlock(grids []*results.Grid) (b Block, ok bool) {
	b = Block{
		Title:   "What was checked",
		Columns: []string{"grid", "rows", "trials a row", "law agrees / undecided / disagrees", "statement holds / vacuous / not claimed / undecided / violated", "published ÷ exact"},
		Note:    "Simulated rows of each grid: the exact law against the draws, and the published statement against them. “Disagrees” and “violated” need an interval at 99.9999 %, corrected for all looks and rows. The last column is the range of the published bound or floor over the exact value in all rows in which the published statement is not vacuous.",
	}
	for _, g := range grids {
		column := func(names ...string) []float64 { // the first that exists; NaNs if none does
			for _, name := range names {
				if c := g.Column(name); c != nil {
					return c
				}
			}
			return slices.Repeat([]float64{math.NaN()}, len(g.Rows))
		}
		law, verdict := column("law"), column("verdict")
		exact, printed, vacuous := column("exact"), column("printed", "printed_bound"), column("printed_vacuous")
		simulated := 0
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range g.Rows {
			if !math.IsNaN(law[i]) {
				simulated++
			}
			if exact[i] > 0 && !math.IsNaN(printed[i]) && !(vacuous[i] > 0) {
				lo, hi = math.Min(lo, printed[i]/exact[i]), math.Max(hi, printed[i]/exact[i])
			}
		}
		if simulated == 0 {
			continue
		}
		counts := func(codes []float64, order ...float64) string {
			times := map[float64]int{}
			for _, code := range codes {
				times[code]++
			}
			text := make([]string, len(order))
			for i, code := range order {
				text[i] = strconv.Itoa(times[code])
			}
			return strings.Join(text, " / ")
		}
		tight := dash
		if hi > 0 {
			tight = twoDigits(lo) + " … " + twoDigits(hi)
		}
		b.Rows = append(b.Rows, []string{shortTitle(g.Title), strconv.Itoa(simulated), significant(mostTrials(g)), counts(law, 1, 0, -1), counts(verdict, 1, 2, 3, 0, -1), tight})
	}
	return b, len(b.Rows) > 0
}

// shortTitle returns a grid's title without "Theorem n: ", which the page's title says.
func shortTitle(title string) string {
	if rest, ok := strings.CutPrefix(title, "Theorem "); ok {
		if _, after, ok := strings.Cut(rest, ": "); ok {
			return after
		}
	}
	return title
}

func twoDigits(x float64) string { return shortExponent(strconv.FormatFloat(x, 'g', 2, 64)) }

// gridData returns all grids under one header. The first column is the grid's title; the
// others are the columns of all grids.
func gridData(grids []*results.Grid) Block {
	out := Block{Columns: []string{"grid"}}
	at := map[string]int{}
	for _, g := range grids {
		for _, c := range g.Columns {
			if _, ok := at[c]; !ok {
				at[c] = len(out.Columns)
				out.Columns = append(out.Columns, c)
			}
		}
	}
	for _, g := range grids {
		for _, row := range g.Rows {
			cells := make([]string, len(out.Columns))
			cells[0] = g.Title
			for i, x := range row {
				if x != nil {
					cells[at[g.Columns[i]]] = cellText(g.Columns[i], *x, short)
				}
			}
			out.Rows = append(out.Rows, cells)
		}
	}
	return out
}

// significant formats x to four significant digits, integers below 1e9 in full. The
// minus is U+2212, not a hyphen.
func significant(x float64) string {
	text := shortExponent(strconv.FormatFloat(x, 'g', 4, 64))
	if x == math.Trunc(x) && math.Abs(x) < 1e9 {
		text = strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strings.ReplaceAll(text, "-", "−")
}

// shortExponent shortens 1e-07 to 1e-7 and 1e+20 to 1e20.
func shortExponent(s string) string {
	return strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(s)
}
