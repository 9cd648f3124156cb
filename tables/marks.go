package tables

import (
	"cmp"
	"strings"

	"longtail/results"
)

// legend gives every distinct (grade, data, marks) a mark such as "Ta", in order of
// first use. lines explain the marks under the table.
type legend struct {
	letters map[string]string
	lines   []string
}

func (l *legend) mark(g Group) string {
	if l.letters == nil {
		l.letters = map[string]string{}
	}
	line := gradeWords(g.Grade)
	if g.Data != "" {
		line += "; data " + g.Data
	}
	if len(g.Marks) > 0 {
		line += "; " + strings.Join(g.Marks, "; ")
	}
	grade := cmp.Or(string(g.Grade), "?")
	m, ok := l.letters[grade+line]
	if !ok {
		m = grade + letters(len(l.letters))
		l.letters[grade+line] = m
		l.lines = append(l.lines, m+": "+line+".")
	}
	return m
}

// letters returns the letters of index i: a … z, aa, ab, …
func letters(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('a'+(i-1)%26)) + s
	}
	return s
}

func gradeWords(g results.Grade) string {
	switch g {
	case results.GradePaper:
		return "the paper's data and schedule"
	case results.GradeSimilar:
		return "the paper's data; pool, size, network or schedule changed"
	case results.GradeReported:
		return "measured elsewhere and brought with --reported, not run here"
	case results.GradeStandIn:
		return "STAND-IN data or short runs, no difference to the paper is taken"
	case results.GradeExact:
		return "theory, exact law"
	}
	return "no grade recorded, no difference to the paper is taken"
}
