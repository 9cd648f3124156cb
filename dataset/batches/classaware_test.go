package batches

import (
	"slices"
	"testing"

	"longtail/dataset"
)

func classAware(t *testing.T, counts []int, batch int) (*ClassAware, *dataset.List) {
	t.Helper()
	l := numberedList(t, counts)
	c, err := NewClassAware(l, Options{Batch: batch, Keys: []any{"test", 1}})
	if err != nil {
		t.Fatal(err)
	}
	return c, l
}

func TestClassAwareByItsRules(t *testing.T) {
	counts := []int{37, 2, 0, 11, 4}
	c, l := classAware(t, counts, 8)
	byClass, err := dataset.ByClass(l.Labels(), len(counts))
	if err != nil {
		t.Fatal(err)
	}
	present := 4
	var stream []int
	steps := c.Steps(0)
	if steps != 54/8 {
		t.Fatalf("%d steps an epoch of 54 images", steps)
	}
	for epoch := range 40 {
		stream = append(stream, c.draw(epoch)[:steps*8]...)
	}
	perRound := inARow * present
	var rounds [][]int
	for at := 0; at+perRound <= len(stream); at += perRound {
		var classes []int
		for g := 0; g < perRound; g += inARow {
			y := l.Labels()[stream[at+g]]
			for k := range inARow {
				if l.Labels()[stream[at+g+k]] != y {
					t.Fatalf("draw %d: four in a row must share a class", at+g+k)
				}
			}
			classes = append(classes, int(y))
		}
		rounds = append(rounds, slices.Clone(classes))
		if slices.Sort(classes); !slices.Equal(classes, []int{0, 1, 3, 4}) {
			t.Fatalf("round of classes %v", classes)
		}
	}
	if slices.Equal(rounds[0], rounds[1]) && slices.Equal(rounds[1], rounds[2]) && slices.Equal(rounds[2], rounds[3]) {
		t.Error("the classes' order is never drawn anew")
	}
	// Every class goes through its own images, each once a cycle.
	drawn := map[int32][]int{}
	for _, p := range stream {
		drawn[l.Labels()[p]] = append(drawn[l.Labels()[p]], p)
	}
	for y, all := range byClass {
		n := len(all)
		if n == 0 {
			continue
		}
		list := drawn[int32(y)]
		var first []int
		same := true
		for at := 0; at+n <= len(list); at += n {
			cycle := slices.Clone(list[at : at+n])
			if first == nil {
				first = slices.Clone(cycle)
			}
			same = same && slices.Equal(first, cycle)
			if slices.Sort(cycle); !slices.Equal(cycle, all) {
				t.Fatalf("class %d: cycle %v, want each of %v once", y, cycle, all)
			}
		}
		if same && n > 2 {
			t.Errorf("class %d: the order is never drawn anew", y)
		}
	}
}
