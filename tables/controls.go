package tables

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longtail/paper"
	"longtail/results"
	"longtail/stats"
)

// Controls returns our controls together with the methods whose gains they explain,
// in one block per data set and ρ. Its rows are each base, the planned methods that
// build on it, and their controls. Rows without results are in a second, folded
// block. Gains are over the base, or over the run that otherBase returns.
func Controls(plan results.Plan, res map[string]*results.Result) Table {
	p := newPage(plan, res)
	var places []place
	bases := map[place][]string{}
	for _, c := range plan.Cells {
		if c.Source != paper.SourceControl {
			continue
		}
		at := place{c.Dataset, c.Rho}
		if bases[at] == nil {
			places = append(places, at)
		}
		bases[at] = appendNew(bases[at], paper.ParseMethod(c.Method).Base())
	}
	order := Order(plan)
	slices.SortStableFunc(places, func(a, b place) int {
		return order(paper.Key{Dataset: a.dataset, Rho: a.rho}, paper.Key{Dataset: b.dataset, Rho: b.rho})
	})
	var blocks []Block
	for _, at := range places {
		slices.SortStableFunc(bases[at], func(a, b string) int { return order(paper.Key{Method: a}, paper.Key{Method: b}) })
		for _, b := range p.controlsAt(at, bases[at], order) {
			if len(b.Rows) > 0 {
				blocks = append(blocks, b)
			}
		}
	}
	if len(blocks) == 0 {
		blocks = []Block{{Columns: []string{"method"}, Rows: [][]string{{"no control is planned"}}}}
	}
	return p.finish("controls", "Controls. What the gains come from", blocks, append(trainedOutNotes(p),
		"The gain is over the first row of a group; of a run at twice the epochs, over the same run at once the epochs; of SSP on a step-imbalanced set, over the same rule without it there.",
		"Equal steps: the labeled set alone for as many steps as with D_U and with its recipe. Warm start: pre-training on the labels of the same images in place of rotation, everything else the same. cRT: then a new head on the frozen trunk, trained on classes in turn.")...)
}

// place is a data set and ρ for which controls are planned.
type place struct {
	dataset string
	rho     float64
}

// controlsAt returns two blocks for a place: the rows with results and those without.
// Each base is followed by the methods that build on it, then by the controls.
func (p *page) controlsAt(at place, bases []string, order func(a, b paper.Key) int) [2]Block {
	b := Block{
		Title:   at.dataset + ", ρ = " + short(at.rho),
		Columns: []string{"method", "from", "published", "last epoch", "best on test", "logit-adjusted", "gain over base"},
	}
	rest := Block{Title: b.Title + ", not run", Fold: true, Columns: b.Columns[:4]}
	add := func(e Entry, gain func(Entry) string) {
		name := e.Key.Method
		if e.Key.RhoU != 0 {
			name += ", ρ_U = " + short(e.Key.RhoU)
		}
		row := func(e Entry) []string {
			return []string{name, e.Key.Source, printedCell(e), p.lastCell(e), e.each(func(g Group) string { return g.Best.text() }),
				e.each(func(g Group) string { return g.Adjusted.text() }), gain(e)}
		}
		if len(e.Groups) == 0 {
			rest.add(row(e)[:4], []paper.Key{3: e.Key})
			return
		}
		before := len(b.Print)
		b.add(row(e), []paper.Key{3: e.Key, 4: e.Key, 5: e.Key, 6: e.Key})
		b.Print = b.Print[:before]
		for i, g := range e.Groups {
			if i > 0 && g.Grade == results.GradeStandIn && e.Groups[0].Grade != g.Grade {
				continue
			}
			one := e
			one.Groups = []Group{g}
			line := row(one)
			if i > 0 {
				clear(line[:3])
			}
			b.Print = append(b.Print, line)
		}
	}
	for _, name := range bases {
		base, rows := p.onBase(at, name, order)
		if base.Key != (paper.Key{}) {
			add(*base, func(Entry) string { return dash })
		}
		for _, e := range rows {
			if other, is := otherBase(p.plan, e.Key); is {
				e.pair(*p.entry(other))
			} else {
				e.pair(*base)
			}
			add(*e, p.gainCell)
		}
	}
	return [2]Block{b, rest}
}

// onBase returns a base and what builds on it at a place, methods before controls. If
// the base is not planned, it is an empty Entry.
func (p *page) onBase(at place, name string, order func(a, b paper.Key) int) (base *Entry, rows []*Entry) {
	type variant struct {
		method string
		rhoU   float64
	}
	seen := map[variant]bool{} // CE is in two tables
	base = &Entry{}
	var controls []*Entry
	for _, c := range p.plan.Cells {
		k := c.Key
		v := variant{k.Method, k.RhoU}
		if c.Task == "" || k.Dataset != at.dataset || k.Rho != at.rho || seen[v] || isEmbedding(k) || paper.ParseMethod(k.Method).Base() != name {
			continue
		}
		seen[v] = true
		e := p.entry(k)
		switch {
		case k.Method == name:
			base = e
		case k.Source == paper.SourceControl:
			controls = append(controls, e)
		default:
			rows = append(rows, e)
		}
	}
	for _, list := range [][]*Entry{rows, controls} {
		slices.SortStableFunc(list, func(a, b *Entry) int { return order(a.Key, b.Key) })
	}
	return base, append(rows, controls...)
}

// A recipe counts as trained out if twice the epochs gain fewer points than this, by
// the one-sided 95 % upper limit.
const trainedOutPoints = 1.5

// otherBase returns the run that a control's gain is over if that is not its base:
// for twice the epochs the same run at once the epochs, for SSP on a step-imbalanced
// set the same rule without SSP there. It returns false for other controls, and if
// that run is not planned.
func otherBase(plan results.Plan, k paper.Key) (paper.Key, bool) {
	method, is := strings.CutSuffix(k.Method, paper.TwiceTheEpochs)
	if base, ssp := strings.CutSuffix(k.Method, paper.WithSSP+paper.OnStep); ssp {
		method, is = base+paper.OnStep, true
	}
	if !is {
		return k, false
	}
	i := slices.IndexFunc(plan.Cells, func(c results.Cell) bool {
		return c.Method == method && c.Dataset == k.Dataset && c.Rho == k.Rho && c.RhoU == k.RhoU
	})
	if i < 0 {
		return k, false
	}
	return plan.Cells[i].Key, true
}

// trainedOutNotes returns a note on every group at twice the epochs whose gain has an
// upper limit: whether the recipe is trained out.
func trainedOutNotes(p *page) []string {
	var notes []string
	for _, e := range p.entries {
		method, is := strings.CutSuffix(e.Key.Method, paper.TwiceTheEpochs)
		if !is {
			continue
		}
		for _, g := range e.Groups {
			most := stats.MeanEffect(g.gains, 0.1).High
			if math.IsNaN(most) {
				continue
			}
			word, side := "yes", "below"
			if most >= trainedOutPoints {
				word, side = "not shown", "not below"
			}
			variant := ""
			if set := g.Runs[0].Result.Settings.Variant; set != "" {
				variant = ", variant " + set
			}
			notes = append(notes, fmt.Sprintf("Trained out? %s, %s, ρ = %s%s, grade %s: %s. Twice the epochs gain %s points (mean of %d replicates); the one-sided 95 %% upper limit, %s, is %s the %s points that we allow.",
				method, e.Key.Dataset, short(e.Key.Rho), variant, g.Grade, word, stats.Signed(g.Gain.Mean), g.Gain.N, stats.Signed(most), side, short(trainedOutPoints)))
		}
	}
	return notes
}
