package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"longtail/internal/plural"
	"longtail/paper"
	"longtail/results"
	"longtail/tables"
)

// This file writes the sentences of the first screen: how much is measured, what
// was found at the paper's own scale, and what one more hour brings.

// census counts the numbers of a plan, each at its best grade. A number counts
// once, whatever its replicates and wherever its run is printed.
type census struct {
	cells, run int // numbers, and how many of them are measured
	measured   map[results.Grade]int
	replicates map[results.Grade][]int // number of replicates of each trained cell
}

func takeCensus(in Input) census {
	place := map[paper.Key]paper.Key{} // a number's first key, by its other keys
	first := map[string]paper.Key{}    // first key, by task
	for _, c := range in.Plan.Cells {
		if k, there := first[c.Task]; there {
			place[c.Key] = k
		} else if c.Task != "" {
			first[c.Task] = cmp.Or(place[c.Key], c.Key)
		}
	}
	keys := map[paper.Key]bool{}
	type trained struct {
		key   paper.Key
		grade results.Grade
	}
	replicates := map[trained]map[int]bool{}
	best := map[paper.Key]results.Grade{} // of the numbers that were run
	for _, c := range in.Plan.Cells {
		c.Key = cmp.Or(place[c.Key], c.Key)
		keys[c.Key] = true
		r := in.Results[c.Task]
		if c.Task == "" || r == nil {
			continue
		}
		g := c.GradeOf(r)
		if at, ok := best[c.Key]; !ok || g.Rank() < at.Rank() {
			best[c.Key] = g
		}
		if at := (trained{c.Key, g}); g != results.GradeExact {
			if replicates[at] == nil {
				replicates[at] = map[int]bool{}
			}
			replicates[at][c.Replicate] = true
		}
	}
	n := census{cells: len(keys), run: len(best), measured: map[results.Grade]int{}, replicates: map[results.Grade][]int{}}
	for at, all := range replicates {
		n.replicates[at.grade] = append(n.replicates[at.grade], len(all))
	}
	for _, g := range best {
		n.measured[g]++
	}
	return n
}

func titleOf(n census, primary []Row) string {
	total, standIn := primaryClaims(), false
	settled, early := map[[2]string]bool{}, 0
	var parts []string // the verdicts, with the cells behind them if these are not all
	for _, r := range primary {
		if k := [2]string{r.ID, r.Against}; r.Settled() && !settled[k] { // the strongest evidence comes first
			settled[k] = true
			if r.Provisional {
				early++
			}
			part := fmt.Sprintf("%s %s", r.name(), r.Outcome.Word)
			if r.Variant != "" {
				part += ", " + r.Variant
			}
			if n, of := r.Outcome.Over, r.Outcome.Cells; n < of {
				part += fmt.Sprintf(", on %d of %s", n, plural.Of(of, "cell"))
			}
			parts = append(parts, part)
		}
		standIn = standIn || r.Grade == results.GradeStandIn
	}
	switch {
	case len(settled) > 0:
		have := "have"
		if len(settled) == 1 {
			have = "has"
		}
		provisional := ""
		if early == len(settled) {
			provisional = ", provisionally"
		} else if early > 0 {
			provisional = fmt.Sprintf(", %d of them provisionally", early)
		}
		return fmt.Sprintf("%d of the %d comparisons that decide the primary claims %s a verdict on the paper's data (%s)%s", len(settled), len(paper.Estimands()), have, plural.Some(parts, "; "), provisional)
	case standIn && n.measured[results.GradePaper]+n.measured[results.GradeSimilar] == 0:
		return fmt.Sprintf("None of the %s is settled: so far only stand-in data were used", total)
	case n.run > 0:
		return fmt.Sprintf("None of the %s is settled yet", total)
	}
	return fmt.Sprintf("Nothing has been run yet: %s, with the published numbers", total)
}

// primaryClaims returns as text the number of primary claims and of the comparisons
// that decide them.
func primaryClaims() string {
	ids := map[string]bool{}
	for _, e := range paper.Estimands() {
		ids[e.Claim] = true
	}
	return fmt.Sprintf("%d primary claims (%d comparisons)", len(ids), len(paper.Estimands()))
}

func (n census) sentence() string {
	of := func(g results.Grade) string {
		if n.measured[g] == 0 {
			return "none"
		}
		return fmt.Sprint(n.measured[g])
	}
	text := fmt.Sprintf("Of %d numbers, each counted once and at its best grade, %s are measured at **P** (the paper's data and schedule), %s at **S** (its data; pool, size, network or schedule changed), "+
		"%s at **T** (stand-in data or short runs: they say nothing about the paper's numbers) and %s at **X** (theory: exact laws, checked by simulation)",
		n.cells, of(results.GradePaper), of(results.GradeSimilar), of(results.GradeStandIn), of(results.GradeExact))
	if k := n.measured[results.GradeReported]; k > 0 {
		text += fmt.Sprintf("; %d were measured elsewhere (**R**)", k)
	}
	text += fmt.Sprintf("; %d are not run", n.cells-n.run)
	var replicates []string
	once := false
	for _, g := range slices.SortedFunc(maps.Keys(n.replicates), func(a, b results.Grade) int { return cmp.Compare(a.Rank(), b.Rank()) }) {
		least, most := slices.Min(n.replicates[g]), slices.Max(n.replicates[g])
		of := fmt.Sprint(least)
		if most > least {
			of += fmt.Sprintf(" to %d", most)
		}
		replicates = append(replicates, fmt.Sprintf("%s at %s", of, g))
		once = once || least == 1
	}
	if len(replicates) > 0 {
		text += ". Replicates a cell: " + strings.Join(replicates, ", ")
	}
	if once {
		text += "; one allows no verdict beyond “not settled”"
	}
	return text + "."
}

// theoryWords returns as text how often each verdict on theory occurs; "" if there
// is none.
func theoryWords(all []Row) string {
	words, theory := map[string]int{}, 0
	for _, r := range all {
		if r.Grade == results.GradeExact {
			words[r.Word]++
			theory++
		}
	}
	if theory == 0 {
		return ""
	}
	order := slices.SortedFunc(maps.Keys(words), func(a, b string) int { // "true", "true but …", "false"
		return cmp.Or(cmp.Compare(b[:1], a[:1]), cmp.Compare(a, b))
	})
	var parts []string
	for _, w := range order {
		parts = append(parts, fmt.Sprintf("%d %s", words[w], w))
	}
	return fmt.Sprintf(" Of the paper's statements on theory, %d have a verdict: %s.", theory, strings.Join(parts, ", "))
}

// numberGroup is what the numbers in one part of atScale's list share.
type numberGroup struct {
	dataset        string
	rho            float64
	seed, dataSeed int // of replicate 0
}

func (w numberGroup) String() string {
	text := fmt.Sprintf("%s, ρ = %g", w.dataset, w.rho)
	if w.seed != 0 || w.dataSeed != 0 {
		text += fmt.Sprintf(", seed %d, data seed %d", w.seed, w.dataSeed)
	}
	return text
}

// atScale returns as text at most eight numbers measured with the paper's data and
// schedule, next to the printed ones; "" if there are none. For plain cross-entropy
// it adds the error with the priors subtracted. A number is one group of a table's
// entry.
func atScale(in Input) string {
	const most = 8
	type number struct {
		numberGroup
		tables.Group
		key       paper.Key
		method    string
		published float64
	}
	var numbers []number
	var places []numberGroup
	seen := map[string]bool{}     // tasks, because a number printed twice is one run
	asked := map[paper.Key]bool{} // keys whose entry was read
	for _, c := range in.Plan.Cells {
		r := in.Results[c.Task]
		if c.Task == "" || r == nil || c.GradeOf(r) != results.GradePaper || r.Settings.Kind != results.KindTrain || asked[c.Key] {
			continue
		}
		asked[c.Key] = true
		e := tables.EntryOf(in.Plan, in.Results, c.Key)
		for _, g := range e.Groups {
			if g.Grade != results.GradePaper || e.Printed == nil || seen[g.Runs[0].Cell.Task] {
				continue
			}
			for _, run := range g.Runs {
				seen[run.Cell.Task] = true
			}
			s := g.Runs[0].Result.Settings
			n := number{numberGroup{c.Dataset, c.Rho, s.Seed, s.DataSeed - s.Replicate}, g, c.Key, c.Method, e.Printed.Value}
			if c.RhoU != 0 {
				n.method += fmt.Sprintf(", ρ_U = %g", c.RhoU)
			}
			if numbers = append(numbers, n); !slices.Contains(places, n.numberGroup) {
				places = append(places, n.numberGroup)
			}
		}
	}
	order := tables.Order(in.Plan)
	slices.SortStableFunc(numbers, func(a, b number) int {
		return cmp.Or(
			order(paper.Key{Dataset: a.dataset, Rho: a.rho}, paper.Key{Dataset: b.dataset, Rho: b.rho}),
			cmp.Compare(slices.Index(places, a.numberGroup), slices.Index(places, b.numberGroup)), // other seeds
			order(a.key, b.key))
	})
	var text strings.Builder
	for i, n := range numbers {
		if i == most {
			fmt.Fprintf(&text, "; and %d more in the tables", len(numbers)-most)
			break
		}
		switch {
		case i == 0:
			fmt.Fprintf(&text, "At the paper's own scale (**P**), error of the **last epoch** / best on test / published (presumably best on test), %%: %s: ", n.numberGroup)
		case n.numberGroup != numbers[i-1].numberGroup:
			fmt.Fprintf(&text, "; %s: ", n.numberGroup)
		default:
			text.WriteString(", ")
		}
		best := fmt.Sprintf("%.2f", n.Best.Mean)
		if mark := results.BestOf(n.Marks); mark != "" {
			best += fmt.Sprintf(" (%s)", mark)
		}
		fmt.Fprintf(&text, "%s **%.2f** / %s / %.2f (%s", n.method, n.Last.Mean, best, n.published, plural.Of(n.Last.N, "replicate"))
		if n.Adjusted.N > 0 && n.method == "CE" {
			fmt.Fprintf(&text, "; **%.2f** with the log class shares subtracted from its logits, without further training", n.Adjusted.Mean)
		}
		text.WriteString(")")
	}
	if text.Len() > 0 {
		text.WriteString(".")
	}
	return text.String()
}

// gainOfUnlabeled returns as text what D_U gained on the paper's data, which the
// first primary claim is about; "" if that was not measured. It adds the printed
// effect on the same cells.
func gainOfUnlabeled(primary []Row) string {
	var parts []string
	for _, r := range primary {
		first := paper.Estimands()[0]
		if r.ID != first.Claim || r.Against != first.Against || r.Replicates == 0 || r.Grade != results.GradePaper && r.Grade != results.GradeSimilar {
			continue
		}
		grade := string(r.Grade)
		switch {
		case r.Variant != "":
			grade += ", " + r.Variant
		case r.Grade == results.GradeSimilar:
			grade += ", with another pool, size, network or schedule"
		}
		parts = append(parts, fmt.Sprintf("**%s** at %s (n = %d, %d of %d cells%s); there %s are published for the same cells, presumably of the best epoch; here, %s",
			r.Measured, grade, r.Replicates, r.Outcome.Run, r.Outcome.Cells, r.PartialNote(), r.Printed, r.Beside))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Unlabeled data (D_U@5x) changed the accuracy by " + strings.Join(parts, "; and ") + "."
}

// oneHour returns what an hour on this machine brings to each primary claim by
// itself: a verdict, a first number or narrower interval, or too little.
func oneHour(primary []Row) []string {
	rows := slices.Clone(primary)
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Seconds, b.Seconds) })
	named := map[string]int{}
	for _, r := range rows {
		named[r.name()]++
	}
	var settled, standIn, begun, beyond []string
	for _, r := range rows {
		if r.elsewhere && slices.ContainsFunc(rows, func(o Row) bool { return !o.elsewhere && o.name() == r.name() && o.Command == r.Command }) {
			continue // a row on the paper's data has the same runs
		}
		text := r.name()
		switch {
		case r.elsewhere:
			text += " on the paper's data"
		case named[text] > 1:
			text += " at " + string(r.Grade)
			if r.Variant != "" {
				text += ", " + r.Variant
			}
		}
		text += fmt.Sprintf(" (%s)", duration(r.Seconds))
		switch {
		case r.Seconds <= 0:
		case r.Seconds > 3600:
			beyond = append(beyond, text)
		case r.Settles && r.Grade == results.GradeStandIn:
			standIn = append(standIn, text)
		case r.Settles:
			settled = append(settled, text)
		default:
			begun = append(begun, text)
		}
	}
	if len(settled)+len(standIn)+len(begun)+len(beyond) == 0 {
		return nil
	}
	lines := []string{"It is not expected to settle a primary claim."}
	if len(settled) > 0 {
		lines[0] = fmt.Sprintf("It is enough for one of these claims, if effect and spread stay as they are: %s.", strings.Join(settled, ", "))
	}
	if len(standIn) > 0 {
		lines = append(lines, fmt.Sprintf("It is enough for a verdict on the stand-in only, which says nothing about the paper, on one of: %s.", strings.Join(standIn, ", ")))
	}
	if len(begun) > 0 {
		lines = append(lines, fmt.Sprintf("It gives a first number or a narrower interval, which rarely settles anything, for each of: %s.", strings.Join(begun, ", ")))
	}
	if len(beyond) > 0 {
		lines = append(lines, fmt.Sprintf("Longer than an hour: %s.", strings.Join(beyond, ", ")))
	}
	return lines
}
