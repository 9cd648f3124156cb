package tables

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// LaTeX returns the blocks of the page as floats to \input into a paper, with captions,
// labels (tab:table1, tab:table1-2, …) and the notes below. It needs the packages
// booktabs, longtable and, for blocks wider than a column, pdflscape, but no Unicode
// support. It leaves out Open, and stand-in numbers of methods that have others.
func (t Table) LaTeX() string {
	out, packages := &strings.Builder{}, "booktabs,longtable"
	for i, b := range t.Blocks {
		label := "tab:" + t.Name
		if i > 0 {
			label += fmt.Sprintf("-%d", i+1)
		}
		caption := t.Title
		if strings.HasPrefix(caption, "Table ") { // LaTeX numbers its tables itself
			caption = "The paper's " + caption
		}
		if b.latex(out, caption, label) {
			packages = "booktabs,longtable,pdflscape"
		}
	}
	notes := slices.Clone(t.Notes)
	if i := slices.Index(notes, standInNote); i >= 0 {
		notes[i] += " They are left out here where a method has others."
	}
	if t.Key != "" {
		notes = slices.Insert(notes, 0, t.Key)
	}
	if len(notes) > 0 {
		fmt.Fprintln(out, "\n{\\footnotesize\\noindent")
		for _, n := range notes {
			fmt.Fprintf(out, "%s\\par\n", latexText(oneLine(n)))
		}
		fmt.Fprintln(out, "}")
	}
	return fmt.Sprintf("%% %s\n%% Written by longtail. Needs \\usepackage{%s}.\n%s", latexText(oneLine(t.Title)), packages, out)
}

// latex writes the block and reports whether it is turned, being wider than a column.
func (b Block) latex(out *strings.Builder, caption, label string) (turned bool) {
	for _, more := range []string{b.Title, b.Note} {
		if more = oneLine(more); more != "" {
			caption = strings.TrimSuffix(oneLine(caption), ".") + ". " + more
		}
	}
	set := b.checked()
	if b.Print != nil {
		set = b.Print
	}
	var rows strings.Builder
	for i, r := range set {
		// Only a method's first line names it: a name below an empty one begins a method.
		if i > 0 && r[0] != "" && set[i-1][0] == "" {
			rows.WriteString("\\addlinespace\n")
		}
		rows.WriteString(latexRow(r))
	}
	columns, heading := strings.Repeat("l", len(b.Columns)), latexRow(b.Columns)
	caption = fmt.Sprintf("\\caption{%s}\\label{%s}", latexText(caption), label)
	all := append([][]string{b.Columns}, set...)
	size, fits := latexSize(all, latexColumn)
	if !fits {
		if size, fits = latexSize(all, latexPage); !fits {
			fmt.Fprintf(out, "\n%% %s is wider than a page: leave out columns\n", label)
		}
		fmt.Fprint(out, "\n\\begin{landscape}")
		defer fmt.Fprint(out, "\\end{landscape}\n")
		turned = true
	}
	most := 40 // rows of a page
	if turned {
		most = 25
	}
	if b.Fold || len(set) > most {
		fmt.Fprintf(out, "\n{%s\n\\begin{longtable}{%s}\n%s\\\\\n\\toprule\n%s\\midrule\n\\endfirsthead\n\\toprule\n%s\\midrule\n\\endhead\n%s\\bottomrule\n\\end{longtable}\n}\n",
			size, columns, caption, heading, heading, rows.String())
		return turned
	}
	fmt.Fprintf(out, "\n\\begin{table}\n%s\n\\centering%s\n\\begin{tabular}{%s}\n\\toprule\n%s\\midrule\n%s\\bottomrule\n\\end{tabular}\n\\end{table}\n",
		caption, size, columns, heading, rows.String())
	return turned
}

// Widths in points: of a column of 5.5 inches, and of a page turned on its side, 8.8.
const (
	latexColumn = 397
	latexPage   = 634
)

// latexSize returns the largest size at which the rows fit a width, by the mean widths of
// letters (measured: within 3 % for the tables of a report), or the smallest and that none
// does. Only what is turned may be tiny.
func latexSize(rows [][]string, width float64) (size string, fits bool) {
	letters := 0
	for i := range rows[0] {
		widest := 0
		for _, r := range rows {
			widest = max(widest, utf8.RuneCountInString(r[i]))
		}
		letters += widest
	}
	n, columns := float64(letters), float64(len(rows[0]))
	const close = "\\setlength{\\tabcolsep}{3pt}"
	switch {
	case 4.6*n+12*columns <= width:
		return "\\small", true
	case 4.1*n+6*columns <= width:
		return "\\footnotesize" + close, true
	case 3.8*n+6*columns <= width:
		return "\\scriptsize" + close, true
	}
	return "\\tiny" + close, 3*n+6*columns <= width && width == latexPage
}

func latexRow(cells []string) string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = latexText(oneLine(c))
	}
	if strings.HasPrefix(out[0], "[") || strings.HasPrefix(out[0], "*") {
		out[0] = "{}" + out[0] // otherwise it is an argument of the previous line break
	}
	return strings.Join(out, " & ") + " \\\\\n"
}

// latexText replaces the letters and signs that tables use by plain LaTeX commands. It
// keeps unknown ones, for LaTeX to set or report.
func latexText(s string) string { return latexSigns.Replace(s) }

// latexSigns lists the longer of two patterns that begin alike first, because the first
// match counts.
var latexSigns = strings.NewReplacer(
	"θ̂", `$\hat\theta$`, "10⁻⁶", "$10^{-6}$",
	"ρ_U", `$\rho_U$`, "π_U", `$\pi_U$`, "D_U", "$D_U$", "D_L", "$D_L$", "n_max", `$n_{\max}$`, "n_c", "$n_c$",
	"α", `$\alpha$`, "β", `$\beta$`, "γ", `$\gamma$`, "δ", `$\delta$`, "ε", `$\varepsilon$`, "θ", `$\theta$`, "μ", `$\mu$`, "π", `$\pi$`,
	"ρ", `$\rho$`, "σ", `$\sigma$`, "τ", `$\tau$`, "ω", `$\omega$`, "Δ", `$\Delta$`, "Φ", `$\Phi$`,
	"₊", "$_+$", "₋", "$_-$", "₁", "$_1$", "₂", "$_2$", "²", "$^2$",
	"−", "$-$", "±", `$\pm$`, "×", `$\times$`, "÷", `$\div$`, "≤", `$\le$`, "≥", `$\ge$`, "∞", `$\infty$`, "√", `$\surd$`, "→", `$\to$`, "‖", `$\|$`,
	"–", "--", "…", `\dots{}`, "“", "``", "”", "''", "’", "'",
	`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "%", `\%`, "&", `\&`, "#", `\#`, "_", `\_`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`,
	"<", "$<$", ">", "$>$", "|", "$|$",
)
