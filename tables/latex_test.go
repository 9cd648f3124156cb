package tables

import (
	"fmt"
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
