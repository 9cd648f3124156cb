package figures

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"longtail/results"
	"longtail/stats"
)

// Own is a method on the user's images, compared with a baseline.
type Own struct {
	Name string
	Run  *results.Result // one of its runs: Curve, last and best error, Settings.Schedule; nil: none
	Seed int             // of Run

	// Gain over the baseline, in points of error. N is 0 for the baseline itself, and if
	// no runs can be paired.
	Gain  stats.Effect
	Pairs []ClassErrors // with the baseline
}

// Owns returns the figures of methods on the user's images; the first is the baseline.
// They are gains in points of the named quantity, errors of classes against their sizes,
// and one run's learning curve per method. Gains and classes need two methods.
func Owns(methods []Own, quantity string) []*Figure {
	var all []*Figure
	var classes []drawing
	var curves []curve
	for _, m := range methods {
		if m.Run != nil && len(m.Run.Curve) > 0 {
			curves = append(curves, curve{nil, fmt.Sprintf("%s, seed %d", m.Name, m.Seed), m.Run})
		}
		if p, words := classPanel(m.Name, methods[0].Name, m.Pairs); p != nil {
			classes = append(classes, drawing{panels: []*plot.Plot{p}, alt: words})
		}
	}
	if len(methods) > 1 {
		all = append(all, ownGains(methods, quantity))
	}
	all = append(all, classPages(results.Plan{}, classes)...)
	for _, f := range learningPages(results.Plan{}, curves) {
		f.Title = "Learning curves of the first run of each method"
		all = append(all, f)
	}
	return all
}

// ownGains returns a forest plot of every method's gain over the first.
func ownGains(methods []Own, of string) *Figure {
	base, rest := methods[0].Name, methods[1:]
	f := &Figure{
		Name: "gains", Section: "claims", Title: "Gains over " + base,
		Caption: fmt.Sprintf("Points of %s by which a method is better than %s, last epoch: mean over n runs of equal seed with a 95 %% interval where n is at least 2, an arrow where it leaves the panel.", of, base),
		Height:  vg.Length(len(rest))*12 + 34, marginRight: gainsMargin,
	}
	p := newGains(fmt.Sprintf("gain over %s, points of %s (right: better)", base, of), len(rest))
	var alt []string
	for _, m := range rest {
		p.row(m.Name)
		p.note(fmt.Sprintf("n = %d", m.Gain.N))
		if m.Gain.N == 0 {
			alt = append(alt, m.Name+": no pair of runs")
			continue
		}
		p.effect(m.Gain, results.GradePaper)
		text := fmt.Sprintf("%s: %+.2f", m.Name, m.Gain.Mean)
		if m.Gain.HasInterval() {
			text += fmt.Sprintf(" [%+.2f, %+.2f]", m.Gain.Low, m.Gain.High)
		}
		alt = append(alt, text)
	}
	f.Panels = [][]*plot.Plot{{p.finish()}}
	f.Alt = fmt.Sprintf("Gains over %s in points of %s. %s.", base, of, strings.Join(alt, "; "))
	return f
}
