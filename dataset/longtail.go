package dataset

import (
	"fmt"
	"math"
	"sort"
)

// Shapes of class imbalance.
const (
	Exponential = "exp"
	Step        = "step"
)

// LongTail describes a labeled subset with class imbalance.
type LongTail struct {
	Rho       float64 // largest class over smallest, ≥ 1
	Imbalance string  // Exponential (also "") or Step
	NMax      int     // images of the largest class; 0: the set's NMax, or else all images of the first rank
	DataSeed  int     // seed of the selection, 0..2³²−1

	// Amount, in (0, 1], shrinks the labeled set (the paper's E.4); 0 means 1. The
	// tail keeps its shape with NMax·Amount images, rounded down, in the largest class.
	// HeldOut and the D_U of Draw stay those of the full set, image for image.
	Amount float64
}

// Counts returns the images of each rank, head first. With f = 1/rho, an exponential
// tail keeps trunc(nMax·f^(c/(classes−1))) images of rank c. A step keeps nMax in the
// first half of the ranks and trunc(nMax·f) in the last (Cao et al. 2019). A step
// over an odd number of classes is an error: the released program loses one.
func Counts(classes, nMax int, rho float64, imbalance string) ([]int, error) {
	switch {
	case classes < 2:
		return nil, fmt.Errorf("a long tail needs at least 2 classes, got %d", classes)
	case nMax < 1:
		return nil, fmt.Errorf("n_max = %d: the largest class needs at least one image", nMax)
	case !(rho >= 1) || math.IsInf(rho, 0):
		return nil, fmt.Errorf("rho = %v: the imbalance ratio is largest over smallest class, at least 1", rho)
	}
	f := 1 / rho
	out := make([]int, classes)
	switch imbalance {
	case "", Exponential:
		for c := range out {
			out[c] = int(float64(nMax) * math.Pow(f, float64(c)/float64(classes-1)))
		}
	case Step:
		if classes%2 != 0 {
			return nil, fmt.Errorf("step imbalance needs an even number of classes, got %d: use %q", classes, Exponential)
		}
		for c := range out {
			out[c] = nMax
			if c >= classes/2 {
				out[c] = int(float64(nMax) * f)
			}
		}
	default:
		return nil, fmt.Errorf("imbalance %q is unknown: use %q or %q", imbalance, Exponential, Step)
	}
	if out[classes-1] == 0 {
		least := math.Ceil(rho)
		if int(least*f) == 0 { // 49·(1/49) is below 1
			least++
		}
		return nil, fmt.Errorf("n_max = %d at rho = %v leaves the smallest class empty: raise n_max to at least %.0f", nMax, rho, least)
	}
	return out, nil
}

// Subset is a labeled long-tailed selection from a Set's Train.
type Subset struct {
	Set       *Set
	LongTail  LongTail
	Counts    []int // by class id
	Positions []int // into Set.Train; class after class in rank order, each in the order of its draws
	Full      int   // labeled images at Amount 1

	// HeldOut holds the ascending positions of Set.Train after the first NMax of each
	// class's shuffle. They are the same for every ρ and in no labeled subset of this
	// data seed. Set.Train.At(HeldOut) can serve as a pool.
	HeldOut []int

	after mt19937 // the generator's state after the labeled draws
}

// Select selects the first images of each class's seeded shuffle, class after class
// in rank order. For a data seed they are the released program's images in its order,
// and nested in ρ. Too few images are a *ShortError.
func (l LongTail) Select(s *Set) (*Subset, error) {
	byClass, err := ByClass(s.Train.Labels, len(s.Classes))
	if err != nil {
		return nil, err
	}
	if l.NMax == 0 {
		if l.NMax = s.NMax; l.NMax == 0 {
			l.NMax = len(byClass[s.Ranks()[0]])
		}
	}
	if l.Amount == 0 {
		l.Amount = 1
	}
	if !(l.Amount > 0 && l.Amount <= 1) {
		return nil, fmt.Errorf("amount = %v: the labeled share is above 0 and at most 1", l.Amount)
	}
	full, err := Counts(len(s.Classes), l.NMax, l.Rho, l.Imbalance)
	if err != nil && float64(l.NMax) < l.Rho {
		return nil, fmt.Errorf("%w%s", err, outOfOrder(s, byClass))
	}
	if err != nil {
		return nil, err
	}
	counts, err := Counts(len(s.Classes), int(float64(l.NMax)*l.Amount), l.Rho, l.Imbalance)
	if err != nil {
		return nil, err
	}
	after, err := seeded(l.DataSeed)
	if err != nil {
		return nil, err
	}
	sub := &Subset{Set: s, LongTail: l, Counts: make([]int, len(counts)), after: after}
	short := &ShortError{Set: s.ID, What: "training images", Remedy: l.lower(s, byClass) + outOfOrder(s, byClass)}
	held := make([]bool, s.Train.Len())
	for rank, class := range s.Ranks() {
		p := byClass[class]
		short.check(s.Classes[class], full[rank], len(p))
		sub.Full += full[rank]
		sub.after.Shuffle(p)
		n := min(counts[rank], len(p))
		sub.Counts[class] = n
		sub.Positions = append(sub.Positions, p[:n]...)
		for _, i := range p[min(l.NMax, len(p)):] {
			held[i] = true
		}
	}
	if err := short.orNil(); err != nil {
		return nil, err
	}
	for i, h := range held {
		if h {
			sub.HeldOut = append(sub.HeldOut, i)
		}
	}
	return sub, nil
}

// lower returns the remedy for a set with too few images: the largest n_max that
// fits.
func (l LongTail) lower(s *Set, byClass [][]int) string {
	ranks := s.Ranks()
	most := sort.Search(l.NMax, func(n int) bool { // reports whether n+1 is too large
		counts, _ := Counts(len(ranks), n+1, l.Rho, l.Imbalance) // nil: the smallest class would be empty
		for rank, n := range counts {
			if n > len(byClass[ranks[rank]]) {
				return true
			}
		}
		return false
	})
	if _, err := Counts(len(ranks), most, l.Rho, l.Imbalance); err != nil {
		return fmt.Sprintf("lower n_max and rho: at rho = %v no n_max fits", l.Rho)
	}
	return fmt.Sprintf("lower n_max to %d, the most that fits at rho = %v", most, l.Rho)
}

// outOfOrder returns the end of an error for a tail that does not fit. It names the
// cause if the order of classes is not that of their sizes, or a class is empty; ""
// otherwise.
func outOfOrder(s *Set, byClass [][]int) (text string) {
	head, largest := s.Ranks()[0], s.Ranks()[0]
	for _, class := range s.Ranks() {
		if len(byClass[class]) > len(byClass[largest]) {
			largest = class
		}
	}
	if largest != head {
		text = fmt.Sprintf("; the tail is cut in the order of the classes (of your own images, that of their names), in which %q, with %d, is the head, and not %q, with %d", s.Classes[head], len(byClass[head]), s.Classes[largest], len(byClass[largest]))
	}
	for class, p := range byClass {
		if len(p) == 0 {
			return text + fmt.Sprintf("; %q has no training image: take it away", s.Classes[class])
		}
	}
	return text
}

// Whole returns the subset of all training images in their order, for a set with a
// natural tail. dataSeed is for later draws from a pool.
func Whole(s *Set, dataSeed int) (*Subset, error) {
	after, err := seeded(dataSeed)
	if err != nil {
		return nil, err
	}
	byClass, err := ByClass(s.Train.Labels, len(s.Classes))
	if err != nil {
		return nil, err
	}
	sub := &Subset{Set: s, Counts: make([]int, len(s.Classes)), Positions: s.Train.Positions(), Full: s.Train.Len(), after: after}
	sub.LongTail.DataSeed = dataSeed
	for c, p := range byClass {
		sub.Counts[c] = len(p)
	}
	return sub, nil
}

// seeded returns the generator of a data seed.
func seeded(dataSeed int) (mt19937, error) {
	if dataSeed < 0 || uint64(dataSeed) > math.MaxUint32 {
		return mt19937{}, fmt.Errorf("data seed %d is outside 0..%d", dataSeed, uint32(math.MaxUint32))
	}
	return newMT19937(uint32(dataSeed)), nil
}
