package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"longtail/internal/plural"
	"longtail/results"
)

// factTerms are the terms of page.Facts, in their order.
var factTerms = []string{
	"Data", "Unlabeled pool", differs(results.GradePaper), differs(results.GradeSimilar), differs(results.GradeStandIn),
	"Results", "Measured elsewhere", "Time they took", "Seeds", "Data digests", "Computed on", "Kernels, Go", "Computed by revision",
	"This page", "This machine", "This run", "All cells on the official files",
}

func differs(g results.Grade) string { return fmt.Sprintf("Differs from the paper, grade %s", g) }

// facts fills p.Facts: data, program and machine behind the numbers, and the time
// they took.
func (p *page) facts(in Input, o outlook) {
	said := factTexts{}
	said.ofCells(in)
	said.ofResults(in.Results)
	said.add("This page", strings.Trim("profile "+in.Plan.Profile+"; built from revision "+cmp.Or(shortRevision(in.Revision), "not known"), " ;"))
	said.add("This machine", in.Machine)
	if in.Elapsed > 0 {
		said.add("This run", duration(in.Elapsed.Seconds()))
	}
	for _, profile := range []string{"desktop", "paper"} {
		if plan := o.plans[profile]; plan != nil && plan.seeds > 0 && profile != in.Plan.Profile {
			cells := plan.first(1)
			s := plan.selection
			s.Seeds = 1
			s = withoutShipped(s, cells, in.Results)
			said.add("All cells on the official files", fmt.Sprintf("`%s` (%s)", inFull(s.Command(), o.training(cells)), cmp.Or(o.cost(cells), "all there")))
		}
	}
	for _, term := range factTerms {
		if texts := said[term]; len(texts) > 0 {
			slices.Sort(texts)
			p.Facts = append(p.Facts, fact{term, strings.Join(slices.Compact(texts), "; ")})
		}
	}
}

// factTexts holds the texts of each term, unordered.
type factTexts map[string][]string

func (s factTexts) add(term, text string) {
	if text != "" {
		s[term] = append(s[term], text)
	}
}

// ofCells adds the data behind the plan's numbers, and how they differ from the
// paper.
func (s factTexts) ofCells(in Input) {
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; c.Task != "" && r != nil && c.Data != "" && r.Reported == "" {
			text := c.Data
			if c.Dataset != "" && !strings.HasPrefix(c.Data, c.Dataset) {
				text += " in place of " + c.Dataset
			}
			s.add("Data", text)
			if g := c.GradeOf(r); g == results.GradeStandIn {
				s.add(differs(g), "stand-in data or short runs: see the marks below the tables")
			} else {
				for _, mark := range c.Marks {
					s.add(differs(g), mark)
				}
			}
		}
	}
}

// ofResults adds where the results come from, and what they cost.
func (s factTexts) ofResults(all map[string]*results.Result) {
	revisions := map[string]int{} // number of results
	var seconds float64
	var images int64
	mine, shipped := 0, 0
	for _, r := range all {
		if r == nil {
			continue
		}
		switch {
		case r.Reported != "":
			file, _, _ := strings.Cut(r.Reported, ", line ")
			s.add("Measured elsewhere", file)
			continue
		case r.Shipped:
			shipped++
		default:
			mine++
		}
		of := r.Settings
		if of.Kind != results.KindTheory {
			s.add("Seeds", fmt.Sprintf("replicate %d: seed %d, data seed %d", of.Replicate, of.Seed, of.DataSeed))
		}
		for _, f := range []struct{ term, text, more string }{
			{"Unlabeled pool", cmp.Or(r.PoolName, of.PoolName()), ""}, {"Data digests", of.Data, digest(r.DataDigest)}, {"Data digests", r.PoolName, digest(r.PoolDigest)}, {"Data digests", irrelevantOf(r), ""},
			{"Computed on", r.Cost.CPU, ""}, {"Kernels, Go", r.Cost.KernelSet, ""}, {"Kernels, Go", r.Cost.Go, ""},
		} {
			if f.text != "" {
				s.add(f.term, strings.TrimSpace(f.text+" "+f.more))
			}
		}
		revisions[cmp.Or(shortRevision(r.Cost.Revision), "not recorded")]++
		seconds += r.Cost.TrainSeconds + r.Cost.EvalSeconds
		images += r.Cost.Images
	}
	if shipped+mine > 0 {
		s.add("Results", fmt.Sprintf("%d from this store, %d came with the program (results/committed)", mine, shipped))
	} else {
		s.add("Results", "none")
	}
	if seconds > 0 {
		s.add("Time they took", fmt.Sprintf("%s for %s training images", duration(seconds), thousands(images)))
	}
	for revision, n := range revisions {
		s.add("Computed by revision", fmt.Sprintf("%s (%s)", revision, plural.Of(n, "result")))
	}
}
