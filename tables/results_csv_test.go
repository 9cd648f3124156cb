package tables

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"longtail/paper"
	"longtail/results"
)

// A row tells what was run: the network trained, by which profile, how it differs from
// the paper and from which seeds. Of what was measured elsewhere these are not known.
func TestResultsCSVIdentifiesItsRows(t *testing.T) {
	f := newFixture()
	f.run(ssp("CE", 100), gradeT, 1, 28, 27).Settings.Seed = 7
	f.cell(ssp("CE", 100), gradeS, 0)
	r := f.run(ssp("Focal", 100), results.GradeReported, 1, 28, 27)
	r.Reported, r.Settings = "mine.csv", results.Settings{DataSeed: 1, Replicate: 1}
	var got []string
	for _, r := range records(t, ResultsCSV(f.plan, f.res)) {
		got = append(got, strings.Join([]string{r["arch"], r["profile"], r["marks"], r["seed"], r["data_seed"]}, "|"))
	}
	if want := []string{"resnet8|p|ResNet-8 in place of ResNet-32|7|1", "|p|n_max 700||", "|p|||"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

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
