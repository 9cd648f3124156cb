package dataset

import (
	"fmt"
	"math"
)

// Unlabeled describes a set D_U to be drawn from a pool.
type Unlabeled struct {
	Multiple float64 // size over the labeled set: 5 for D_U@5x
	RhoU     float64 // imbalance ratio of the relevant part, ≥ 1; always exponential
	Mix      *Mix    // nil: every image is relevant
	Pool     string  // the pool's name, for errors; "": it has none
}

// Mix replaces a part of D_U by irrelevant images (Figures 2 and 3). The total stays:
// round(Relevance·total) images are relevant and follow RhoU, the others are drawn
// uniformly. The paper's construction could not be read; this one is ours.
type Mix struct {
	Relevance float64 // share of relevant images, 0..1
	From      Samples // images of no class of the set
}

// UnlabeledCounts returns the images of each rank in an unlabeled set of total
// images. With a_c = trunc(⌊total/classes⌋·ρ_U^(−c/(classes−1))) and g = total/Σa,
// rank c has trunc(a_c·g), so the sum can be slightly below total.
func UnlabeledCounts(classes int, total, rhoU float64) ([]int, error) {
	switch {
	case classes < 2:
		return nil, fmt.Errorf("a long tail needs at least 2 classes, got %d", classes)
	case !(total >= 0) || total > math.MaxInt32:
		return nil, fmt.Errorf("an unlabeled set of %v images cannot be built", total)
	case !(rhoU >= 1) || math.IsInf(rhoU, 0):
		return nil, fmt.Errorf("rho_u = %v: the imbalance ratio is largest over smallest class, at least 1", rhoU)
	}
	out := make([]int, classes)
	if total == 0 {
		return out, nil
	}
	f := 1 / rhoU
	m := math.Floor(total / float64(classes))
	sum := 0
	for c := range out {
		out[c] = int(m * math.Pow(f, float64(c)/float64(classes-1)))
		sum += out[c]
	}
	if sum == 0 {
		return nil, fmt.Errorf("an unlabeled set of %v images is smaller than the %d classes", total, classes)
	}
	g := total / float64(sum)
	for c := range out {
		out[c] = int(float64(out[c]) * g)
	}
	return out, nil
}

// Drawn is a selection of unlabeled images.
type Drawn struct {
	Counts     []int // by class id of the pool's labels
	Positions  []int // into the pool; class after class in rank order
	Irrelevant []int // positions in Mix.From
}

// Wanted returns the images that D_U needs for a labeled set of full images: those of
// each class in rank order, and the irrelevant ones. A subset with a smaller Amount
// (the paper's E.4) gets the D_U of the full one, image for image: the generator
// makes the same draws.
func (u Unlabeled) Wanted(classes, full int) (byRank []int, irrelevant int, err error) {
	if !(u.Multiple > 0) || math.IsInf(u.Multiple, 0) {
		return nil, 0, fmt.Errorf("multiple = %v: the size of D_U over the labeled set must be above 0", u.Multiple)
	}
	total := u.Multiple * float64(full)
	if u.Mix != nil {
		r := u.Mix.Relevance
		if !(r >= 0 && r <= 1) {
			return nil, 0, fmt.Errorf("relevance = %v is outside 0..1", r)
		}
		relevant := math.Round(r * total)
		irrelevant, total = int(total-relevant), relevant
	}
	byRank, err = UnlabeledCounts(classes, total, u.RhoU)
	return byRank, irrelevant, err
}

// Draw selects D_U from the pool. The generator continues after the labeled draws.
// For each class in rank order it shuffles the ascending positions of that label in
// the pool and keeps the first ones; irrelevant images come last. Too few images of a
// class (of which the released program silently takes what there is), or TooFewIrrelevant
// ones, are a *ShortError. Draw changes nothing, so any number of D_U can be drawn from
// one subset.
func (sub *Subset) Draw(u Unlabeled, pool Samples) (*Drawn, error) {
	s := sub.Set
	counts, irrelevant, err := u.Wanted(len(s.Classes), sub.Full)
	if err != nil {
		return nil, err
	}
	if pool.Len() > 0 && pool.Set != s.ID {
		return nil, fmt.Errorf("the pool's labels are classes of %s, not of %s", pool.Set, s.ID)
	}
	d := &Drawn{Counts: make([]int, len(s.Classes))}
	byClass, err := ByClass(pool.Labels, len(s.Classes))
	if err != nil {
		return nil, err
	}
	short := &ShortError{Set: s.ID, What: "pool images", Remedy: "lower the multiple or n_max, or use a larger pool"}
	if u.Pool != "" {
		short.What += " (" + u.Pool + ")"
	}
	rng := sub.after
	for rank, class := range s.Ranks() {
		p := byClass[class]
		short.check(s.Classes[class], counts[rank], len(p))
		rng.Shuffle(p)
		n := min(counts[rank], len(p))
		d.Counts[class] = n
		d.Positions = append(d.Positions, p[:n]...)
	}
	if err := short.orNil(); err != nil {
		return nil, err
	}
	if irrelevant == 0 {
		return d, nil
	}
	from := u.Mix.From
	if TooFewIrrelevant(from.Len(), irrelevant) {
		short = &ShortError{Set: from.Set, What: "irrelevant images", Remedy: "lower the multiple or n_max, or raise the relevance; data describe: another --irrelevant"}
		short.check("", irrelevant, from.Len())
		return nil, short
	}
	p := from.Positions()
	rng.Shuffle(p)
	d.Irrelevant = p[:min(irrelevant, len(p))]
	return d, nil
}
