package figures

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"longtail/paper"
	"longtail/results"
)

// claimed is the shade of a range that the text makes a claim about.
var claimed = color.NRGBA{0, 114, 178, 30}

// Figure2 is the paper's sweep over the share of relevant unlabeled images.
// The points of its curve are not in print; what is, is drawn.
func Figure2(plan results.Plan) *Figure {
	f := &Figure{
		Name:  "figure2",
		Title: "Figure 2: error against the relevance of the unlabeled images",
		Caption: "CIFAR-10-LT, ρ = 50, relevant part at ρ_U = 50. In print: the error of supervised CE (Table 1), of CE + D_U@5x with relevant images only (Table 1, the same setting), " +
			"and the text's claim that at least the shaded share of relevant images is needed for a benefit. The points of the figure are not in print.",
		Width: narrow, Height: 3.5 * vg.Inch,
	}
	p := newPanel("", "relevant images among the unlabeled, %", "top-1 error, %")
	f.Panels = [][]*plot.Plot{{p}}
	if n, ok := paper.Find(paper.Key{Source: "text", Dataset: "CIFAR-10-LT", Rho: 50, RhoU: 50, Method: "relevance needed for a benefit"}); ok {
		b := band{n.Value, 100, claimed}
		p.Add(b)
		f.legend = append(f.legend, entry{fmt.Sprintf("benefit claimed, from %s %%", number(n.Value)), b})
		f.Alt = fmt.Sprintf("The text claims a benefit from %s %% relevance.", number(n.Value))
	}
	f.supervised(p)
	if n, ok := paper.Find(ce50(50, "CE + D_U@5x")); ok {
		dot := printMark
		p.Add(&plotter.Scatter{XYs: plotter.XYs{{X: 100, Y: n.Value}}, GlyphStyle: dot})
		f.legend = append(f.legend, entry{"all relevant, Table 1: " + n.Printed, sample{marker: &dot}})
	}
	p.Add(below(notRun(plan, "Figure 2")))
	frame(p, 0, 103, 14, 30)
	p.X.Tick.Marker = at(0, 20, 40, 60, 80, 100)
	f.Alt += " The sweep is not run."
	return f
}

// Figure3 is the paper's sweep over ρ_U at 60 % relevance.
func Figure3(plan results.Plan) *Figure {
	f := &Figure{
		Name:  "figure3",
		Title: "Figure 3: error against the imbalance of the relevant unlabeled images",
		Caption: "CIFAR-10-LT, ρ = 50, 60 % relevant images. In print: the error of supervised CE (Table 1) and the text's claim that unlabeled data help only in the shaded range of ρ_U. " +
			"The points of the figure are not in print.",
		Width: narrow, Height: 3.5 * vg.Inch,
	}
	p := newPanel("", "imbalance ratio ρ_U of the relevant images", "top-1 error, %")
	f.Panels = [][]*plot.Plot{{p}}
	if n, ok := paper.Find(paper.Key{Source: "text", Dataset: "CIFAR-10-LT", Rho: 50, Method: "largest rhoU still helpful"}); ok {
		b := band{1, n.Value, claimed}
		p.Add(b)
		f.legend = append(f.legend, entry{fmt.Sprintf("benefit claimed, up to ρ_U = %s", number(n.Value)), b})
		f.Alt = fmt.Sprintf("The text claims a benefit up to ρ_U = %s.", number(n.Value))
	}
	f.supervised(p)
	p.Add(below(notRun(plan, "Figure 3")))
	frame(p, 1, 100, 14, 30)
	p.X.Tick.Marker = at(1, 25, 50, 75, 100)
	f.Alt += " The sweep is not run."
	return f
}

// supervised draws the reference without unlabeled data.
func (f *Figure) supervised(p *plot.Plot) {
	n, ok := paper.Find(ce50(0, "CE"))
	if !ok {
		return
	}
	a := across{at: n.Value, style: printLine}
	p.Add(a)
	f.legend = append(f.legend, entry{"supervised CE, Table 1: " + n.Printed, a})
	f.Alt += " Supervised CE has " + n.Printed + " % error in print."
}

func ce50(rhoU float64, method string) paper.Key {
	return paper.Key{Source: "Table 1a", Dataset: "CIFAR-10-LT", Rho: 50, RhoU: rhoU, Method: method, Network: "ResNet-32"}
}

func below(n note) note { n.below = true; return n }
