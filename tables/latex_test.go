package tables

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"longtail/paper"
)

func TestLaTeX(t *testing.T) {
	table := Table{
		Name: "t", Title: "Table 9. Unlabeled data (D_U@5x), top-1 error",
		Blocks: []Block{
			{Title: "ρ = 100", Columns: []string{"method", "", "ρ_U = 1"}, Rows: [][]string{
				{"CE & co_1", "printed", "17.48"}, {"", "last epoch", "18.00 ± 0.50 (3) Pa"},
				{"[x] {y}", "gain", "−0.52 %"}, {"", "", dash},
			}},
			{Fold: true, Columns: []string{"n₋", "10⁻⁶"}, Rows: [][]string{{"1", `a\b~c^d$e#f<g>h|i`}}},
		},
		Notes: []string{"Pa: the paper's data; n_max 700; θ̂ → ∞; é."},
	}
	const want = `% Table 9. Unlabeled data ($D_U$@5x), top-1 error
% Written by longtail. Needs \usepackage{booktabs,longtable}.

\begin{table}
\caption{The paper's Table 9. Unlabeled data ($D_U$@5x), top-1 error. $\rho$ = 100}\label{tab:t}
\centering\small
\begin{tabular}{lll}
\toprule
method &  & $\rho_U$ = 1 \\
\midrule
CE \& co\_1 & printed & 17.48 \\
 & last epoch & 18.00 $\pm$ 0.50 (3) Pa \\
\addlinespace
{}[x] \{y\} & gain & $-$0.52 \% \\
 &  & -- \\
\bottomrule
\end{tabular}
\end{table}

{\small
\begin{longtable}{ll}
\caption{The paper's Table 9. Unlabeled data ($D_U$@5x), top-1 error}\label{tab:t-2}\\
\toprule
n$_-$ & $10^{-6}$ \\
\midrule
\endfirsthead
\toprule
n$_-$ & $10^{-6}$ \\
\midrule
\endhead
1 & a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\$e\#f$<$g$>$h$|$i \\
\bottomrule
\end{longtable}
}

{\footnotesize\noindent
Pa: the paper's data; $n_{\max}$ 700; $\hat\theta$ $\to$ $\infty$; é.\par
}
`
	if got := table.LaTeX(); got != want {
		t.Errorf("got\n%s", got)
	}

	table.Blocks[0].Rows[1] = []string{"too few"}
	if got := fmt.Sprint(panics(func() { table.LaTeX() })); !strings.Contains(got, "under 3 columns") {
		t.Errorf("a short row: %s", got)
	}
}

// A method that was run on the paper's data has its lines of these alone, each group its
// own; what is longer than a page breaks, and what is wide is small.
func TestLaTeXFitsAPage(t *testing.T) {
	f := newFixture()
	f.run(ssp("CE", 100), gradeT, 0, 28.25, 27)
	f.run(ssp("CE", 100), gradeS, 0, 41.5, 40)
	f.run(ssp("CE", 100), gradeP, 0, 30.75, 30)
	f.run(ssp("Focal", 100), gradeT, 0, 27.5, 27)
	f.run(control("CE, equal steps", 100), gradeT, 0, 26.25, 26)
	for _, table := range []Table{Table2(f.plan, f.res), Controls(f.plan, f.res)} {
		tex, page := table.LaTeX(), table.Markdown()
		for text, want := range map[string]bool{"30.75 (1) Pa": true, "41.50 (1) S": true, "28.25 (1) T": false, "They are left out here": true} {
			if strings.Contains(tex, text) != want {
				t.Errorf("%s: %q is there: %t\n%s", table.Name, text, !want, tex)
			}
		}
		if only := map[string]string{"table2": "27.50 (1) T", "controls": "26.25 (1) T"}[table.Name]; !strings.Contains(tex, only) || !strings.Contains(page, "28.25 (1) T") {
			t.Errorf("%s: a number is lost\n%s", table.Name, tex)
		}
	}
	f.res[f.cell(ssp("CE-DRW", 100), gradeP, 0).Task] = nil // failed
	f.run(ssp("CE-DRW", 100), gradeT, 0, 25.125, 25)
	if tex := Table2(f.plan, f.res).LaTeX(); !strings.Contains(tex, "25.12 (1) T") {
		t.Errorf("where all of grade P failed, the stand-in's number is lost:\n%s", tex)
	}
	if tex := Controls(f.plan, f.res).LaTeX(); !strings.Contains(tex, "\n &  &  & 41.50 (1) S") {
		t.Errorf("two groups in one line:\n%s", tex)
	}
	// What is longer than a page breaks; a page on its side holds fewer rows.
	for _, c := range []struct {
		letters, rows int
		want          string
	}{
		{90, 40, "\\centering\\footnotesize\\setlength"},
		{90, 41, "{\\footnotesize\\setlength{\\tabcolsep}{3pt}\n\\begin{longtable}"},
		{120, 25, "\\begin{landscape}\n\\begin{table}"},
		{120, 26, "\\begin{landscape}\n{\\small\n\\begin{longtable}"},
	} {
		rows := slices.Repeat([][]string{{strings.Repeat("x", c.letters)}}, c.rows)
		if tex := (Table{Blocks: []Block{{Columns: []string{"a"}, Rows: rows}}}).LaTeX(); !strings.Contains(tex, c.want) {
			t.Errorf("%d rows of %d letters:\n%s", c.rows, c.letters, tex)
		}
	}
	for letters, want := range map[int]string{80: "{table}\n\\caption{}\\label{tab:}\n\\centering\\small", 90: "\\footnotesize", 100: "\\scriptsize", 120: "\\begin{landscape}\n\\begin{table}\n\\caption{}\\label{tab:}\n\\centering\\small", 140: "\\end{table}\n\\end{landscape}\n", 170: "\\centering\\tiny", 220: "% tab: is wider than a page"} {
		tex := (Table{Blocks: []Block{{Columns: []string{"a"}, Rows: [][]string{{strings.Repeat("ρ", letters)}}}}}).LaTeX()
		if turned := letters > 100; !strings.Contains(tex, want) || strings.Contains(tex, "{landscape}") != turned || strings.Contains(tex, ",pdflscape}") != turned {
			t.Errorf("%d letters:\n%s", letters, tex)
		}
	}
}

// Every letter of the paper's tables is known.
func TestLaTeXKnowsTheTablesLetters(t *testing.T) {
	for _, n := range paper.Numbers() {
		for _, s := range []string{n.Key.String(), n.Printed} {
			if got := latexText(s); strings.ContainsFunc(got, func(r rune) bool { return r > '~' }) {
				t.Errorf("%q becomes %q", s, got)
			}
		}
	}
}
