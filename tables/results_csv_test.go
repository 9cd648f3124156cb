package tables

import (
	"maps"
	"slices"
	"testing"

	"longtail/paper"
)

// A look at features has no error, and a 0 in its row would be read as one.
func TestResultsCSVHasErrorsOnly(t *testing.T) {
	f := stored()
	rows := func() []map[string]string {
		return records(t, ResultsCSV(f.plan, f.res))
	}
	before := rows()
	for _, method := range []string{"CE, embedding", "CE + D_U@5x, embedding"} {
		f.cell(paper.ResNet32("Figure 1", paper.CIFAR10, 100, 0, method), gradeT, 0)
	}
	if after := rows(); !slices.EqualFunc(before, after, maps.Equal) {
		t.Errorf("%d rows without embeddings, %d with them", len(before), len(after))
	}
}
