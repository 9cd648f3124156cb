package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"longtail/results"
)

// facts says on what, with what and for how long.
func (p *page) facts(in Input) {
	add := func(term string, texts ...string) {
		slices.Sort(texts)
		if texts = slices.Compact(texts); len(texts) > 0 && texts[0] != "" {
			p.Facts = append(p.Facts, fact{term, strings.Join(texts, "; ")})
		}
	}
	var data, pools, digests, seeds, kernels, cpus, gos, reported []string
	revisions := map[string]int{} // results
	marks := map[results.Grade][]string{}
	var seconds float64
	var images int64
	mine, shipped := 0, 0
	for _, c := range in.Plan.Cells {
		if r := in.Results[c.Task]; c.Task != "" && r != nil && c.Data != "" && r.Reported == "" {
			text := c.Data
			if c.Dataset != "" && !strings.HasPrefix(c.Data, c.Dataset) {
				text += " in place of " + c.Dataset
			}
			data = append(data, text)
			g := c.GradeOf(r)
			marks[g] = append(marks[g], c.Marks...)
		}
	}
	for _, r := range in.Results {
		if r == nil {
			continue
		}
		switch {
		case r.Reported != "":
			file, _, _ := strings.Cut(r.Reported, ", line ")
			reported = append(reported, file)
			continue
		case r.Shipped:
			shipped++
		default:
			mine++
		}
		s := r.Settings
		if s.Kind != results.KindTheory {
			seeds = append(seeds, fmt.Sprintf("replicate %d: seed %d, data seed %d", s.Replicate, s.Seed, s.DataSeed))
		}
		for _, f := range []struct {
			to         *[]string
			text, more string
		}{
			{&pools, s.PoolName(), ""}, {&digests, s.Data, digest(r.DataDigest)}, {&digests, r.PoolName, digest(r.PoolDigest)},
			{&kernels, r.Cost.KernelSet, ""}, {&cpus, r.Cost.CPU, ""}, {&gos, r.Cost.Go, ""},
		} {
			if f.text != "" {
				*f.to = append(*f.to, strings.TrimSpace(f.text+" "+f.more))
			}
		}
		revisions[cmp.Or(shortRevision(r.Cost.Revision), "not recorded")]++
		seconds += r.Cost.TrainSeconds + r.Cost.EvalSeconds
		images += r.Cost.Images
	}
	add("Data", data...)
	add("Unlabeled pool", pools...)
	for _, g := range []results.Grade{results.GradePaper, results.GradeSimilar, results.GradeStandIn} {
		add(fmt.Sprintf("Differs from the paper, grade %s", g), marks[g]...)
	}
	if shipped+mine > 0 {
		add("Results", fmt.Sprintf("%d from this store, %d came with the program (results/committed)", mine, shipped))
	} else {
		add("Results", "none")
	}
	add("Measured elsewhere", reported...)
	if seconds > 0 {
		add("Time they took", fmt.Sprintf("%s for %s training images", duration(seconds), thousands(images)))
	}
	add("Seeds", seeds...)
	add("Data digests", digests...)
	add("Computed on", cpus...)
	add("Kernels, Go", slices.Concat(kernels, gos)...)
	var computedBy []string
	for revision, n := range revisions {
		computedBy = append(computedBy, fmt.Sprintf("%s (%s)", revision, count(n, "result")))
	}
	add("Computed by revision", computedBy...)
	add("This page", strings.Trim("profile "+in.Plan.Profile+"; built from revision "+cmp.Or(shortRevision(in.Revision), "not known"), " ;"))
	add("This machine", in.Machine)
	if in.Elapsed > 0 {
		add("This run", duration(in.Elapsed.Seconds()))
	}
}
