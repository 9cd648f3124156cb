// Package neighbors measures by nearest labeled images how far the classes of a
// feature space are apart: the numbers behind what the paper reads off its t-SNE
// pictures (Figures 1 and 4). They are computed in the feature space, never in the
// plane, and were fixed before any picture was seen.
package neighbors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Points are labeled features: X is N×D row by row, Y holds N labels.
type Points struct {
	X []float32
	Y []int32
	D int
}

// Options are the options of Separate.
type Options struct {
	K          int   // labeled training images whose mean distance is the distance to a class; 0 means 5
	Classes    int   // labels are 0 … Classes−1
	Head, Tail []int // class numbers; disjoint, neither empty
	Workers    int   // goroutines; 0 means GOMAXPROCS. Same bits for any number
}

// Separation describes test points among labeled training points. The distance from
// a point to a class is the mean Euclidean distance to the class's K nearest
// training images, or to all if it has fewer. The nearest class is the one at the
// least distance, the lower number in a tie. Rates are percent of test points.
type Separation struct {
	K              int `json:"k"`
	TestPoints     int `json:"test_points"`
	TailTestPoints int `json:"tail_test_points"` // test points of tail classes

	NearestClassErrorPct     float64 `json:"nearest_class_error_pct"`      // nearest class is not the point's own
	TailNearestClassErrorPct float64 `json:"tail_nearest_class_error_pct"` // the same for tail test points; all classes compete
	TailMixingPct            float64 `json:"tail_mixing_pct"`              // of tail test points: nearest class is another tail class
	LeakagePct               float64 `json:"leakage_pct"`                  // of tail test points: nearest class is a head class
	AdjacentLeakagePct       float64 `json:"adjacent_leakage_pct"`         // … is the head class adjacent to their own
	OneNNErrorPct            float64 `json:"one_nn_error_pct"`             // the single nearest training image has another label
	TailOneNNErrorPct        float64 `json:"tail_one_nn_error_pct"`        // the same for tail test points

	// Silhouette is the mean of Rousseeuw's (1987), −1 to 1, over all test points by
	// their labels; TailSilhouette over tail test points. A point that is alone in its
	// class has 0.
	Silhouette     float64 `json:"silhouette"`
	TailSilhouette float64 `json:"tail_silhouette"`

	// Adjacent is, for each entry of Tail, the head class whose mean of
	// training features is nearest to the tail class's.
	Adjacent []int   `json:"adjacent"`
	PerClass []Class `json:"per_class"`
}

// Class is one class's share of a Separation. Rates are percent of its test points,
// 0 if it has none.
type Class struct {
	Train                int     `json:"train"` // points
	Test                 int     `json:"test"`
	NearestClassErrorPct float64 `json:"nearest_class_error_pct"`
	LeakagePct           float64 `json:"leakage_pct"` // nearest class is a head class other than their own
}

// Separate computes a Separation. It is an error if the points disagree in their
// dimension or contain a NaN, an infinity or a label out of range. It is also an
// error if head and tail overlap or either is empty, or if a class has no training
// point. The test points must include a tail class and more than one class.
func Separate(ctx context.Context, train, test Points, o Options) (Separation, error) {
	if o.K == 0 {
		o.K = 5
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	role, err := roles(o)
	if err != nil {
		return Separation{}, err
	}
	from, err := group(train, "training", o.Classes)
	if err != nil {
		return Separation{}, err
	}
	to, err := group(test, "test", o.Classes)
	if err != nil {
		return Separation{}, err
	}
	if train.D != test.D {
		return Separation{}, fmt.Errorf("separation: training points have %d features, test points %d", train.D, test.D)
	}
	s := Separation{K: o.K, TestPoints: len(test.Y), PerClass: make([]Class, o.Classes)}
	present := 0
	for c := range s.PerClass {
		s.PerClass[c].Train, s.PerClass[c].Test = from.count(c), to.count(c)
		if from.count(c) == 0 {
			return Separation{}, fmt.Errorf("separation: class %d has no training point, so nothing has a distance to it", c)
		}
		if to.count(c) > 0 {
			present++
		}
		if role[c] == tail {
			s.TailTestPoints += to.count(c)
		}
	}
	if s.TailTestPoints == 0 {
		return Separation{}, fmt.Errorf("separation: no test point is of a tail class %v", o.Tail)
	}
	if present < 2 {
		return Separation{}, errors.New("separation: all test points are of one class, so there is no silhouette")
	}
	adjacent := from.adjacent(o.Head)
	for _, c := range o.Tail {
		s.Adjacent = append(s.Adjacent, adjacent[c])
	}

	points, err := judge(ctx, from, to, o)
	if err != nil {
		return Separation{}, err
	}
	var wrong, tailWrong, mixed, leaked, leakedNext, wrong1, tailWrong1 int
	var width, tailWidth float64
	perClass := make([]struct{ wrong, leaked int }, o.Classes)
	for i, p := range points {
		own := int(to.y[i])
		missed, missed1 := is(p.nearest != own), is(p.nearest1 != own)
		wrong += missed
		wrong1 += missed1
		width += p.silhouette
		perClass[own].wrong += missed
		perClass[own].leaked += is(p.nearest != own && role[p.nearest] == head)
		if role[own] == tail {
			tailWrong += missed
			tailWrong1 += missed1
			tailWidth += p.silhouette
			mixed += is(p.nearest != own && role[p.nearest] == tail)
			leaked += is(role[p.nearest] == head)
			leakedNext += is(p.nearest == adjacent[own])
		}
	}
	all, ofTail := s.TestPoints, s.TailTestPoints
	s.NearestClassErrorPct, s.TailNearestClassErrorPct = percent(wrong, all), percent(tailWrong, ofTail)
	s.TailMixingPct, s.LeakagePct, s.AdjacentLeakagePct = percent(mixed, ofTail), percent(leaked, ofTail), percent(leakedNext, ofTail)
	s.OneNNErrorPct, s.TailOneNNErrorPct = percent(wrong1, all), percent(tailWrong1, ofTail)
	s.Silhouette, s.TailSilhouette = width/float64(all), tailWidth/float64(ofTail)
	for c := range s.PerClass {
		s.PerClass[c].NearestClassErrorPct = percent(perClass[c].wrong, s.PerClass[c].Test)
		s.PerClass[c].LeakagePct = percent(perClass[c].leaked, s.PerClass[c].Test)
	}
	return s, nil
}

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

const (
	head = 1 + iota
	tail
)

// roles returns for each class whether it is head, tail or neither (0).
func roles(o Options) ([]int, error) {
	switch {
	case o.K < 0 || o.Workers < 0:
		return nil, fmt.Errorf("separation: %d neighbors, %d workers: neither may be negative", o.K, o.Workers)
	case o.Classes < 2:
		return nil, fmt.Errorf("separation: %d classes; there must be at least 2", o.Classes)
	case len(o.Head) == 0 || len(o.Tail) == 0:
		return nil, errors.New("separation: head and tail must each name a class")
	}
	role := make([]int, o.Classes)
	for i, c := range slices.Concat(o.Head, o.Tail) {
		if c < 0 || c >= o.Classes {
			return nil, fmt.Errorf("separation: class %d of head or tail is not among 0 to %d", c, o.Classes-1)
		}
		if role[c] != 0 {
			return nil, fmt.Errorf("separation: class %d stands twice in head and tail", c)
		}
		role[c] = head + is(i >= len(o.Head))
	}
	return role, nil
}

// grouped holds points in double precision, ordered by class.
type grouped struct {
	x     []float64
	y     []int32
	d     int
	start []int // class c is start[c]:start[c+1]
}

func (g *grouped) count(c int) int        { return g.start[c+1] - g.start[c] }
func (g *grouped) point(i int) []float64  { return g.x[i*g.d:][:g.d] }
func (g *grouped) class(c int) (a, b int) { return g.start[c], g.start[c+1] }

func group(p Points, set string, classes int) (*grouped, error) {
	if p.D < 1 || len(p.X) != p.D*len(p.Y) {
		return nil, fmt.Errorf("separation: %s set has %d labels and %d features, which are not %d a point", set, len(p.Y), len(p.X), p.D)
	}
	g := &grouped{d: p.D, start: make([]int, classes+1)}
	for i, y := range p.Y {
		if y < 0 || int(y) >= classes {
			return nil, fmt.Errorf("separation: %s point %d has label %d, which is not among 0 to %d", set, i, y, classes-1)
		}
		g.start[y+1]++
	}
	for c := range classes {
		g.start[c+1] += g.start[c]
	}
	at := slices.Clone(g.start)
	g.x, g.y = make([]float64, len(p.X)), make([]int32, len(p.Y))
	for i, y := range p.Y {
		to := at[y]
		at[y]++
		g.y[to] = y
		for j, v := range p.X[i*p.D:][:p.D] {
			if v != v || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("separation: feature %d of %s point %d is %v", j, set, i, v)
			}
			g.x[to*p.D+j] = float64(v)
		}
	}
	return g, nil
}

// adjacent returns, for every class, the class with the nearest mean among the others
// in among (the lower number in a tie).
func (g *grouped) adjacent(among []int) []int {
	classes := len(g.start) - 1
	mean := make([][]float64, classes)
	for c := range mean {
		mean[c] = make([]float64, g.d)
		from, to := g.class(c)
		for i := from; i < to; i++ {
			for j, v := range g.point(i) {
				mean[c][j] += v
			}
		}
		for j := range mean[c] {
			mean[c][j] /= float64(to - from)
		}
	}
	out := make([]int, classes)
	among = slices.Sorted(slices.Values(among))
	for c := range out {
		best := math.Inf(1)
		out[c] = -1
		for _, h := range among {
			if d := distance2(mean[c], mean[h]); h != c && d < best {
				best, out[c] = d, h
			}
		}
	}
	return out
}

// judged is the result for a test point.
type judged struct {
	nearest    int // class, by the mean distance to its K nearest
	nearest1   int // class of the nearest training point
	silhouette float64
}

// judge compares every test point with all training and all test points. Its tasks
// have few points, each compared with as many others at a time as the first cache
// holds.
func judge(ctx context.Context, train, test *grouped, o Options) ([]judged, error) {
	const few, many = 16, 24
	out := make([]judged, len(test.y))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() {
			least := make([]float64, few*o.K)         // per class: the smallest squared distances, ascending
			toClass := make([]float64, few*o.Classes) // distance to a class
			first := make([]float64, few*o.Classes)   // squared distance to its nearest training point
			sum := make([]float64, few*o.Classes)     // of distances to its test points
			for ctx.Err() == nil {
				a := few * (int(next.Add(1)) - 1)
				if a >= len(out) {
					return
				}
				b := min(a+few, len(out))
				for c := range o.Classes {
					from, to := train.class(c)
					k := min(o.K, to-from)
					for i := range least {
						least[i] = math.Inf(1)
					}
					for j0 := from; j0 < to; j0 += many {
						for i := a; i < b; i++ {
							mine := least[(i-a)*o.K:][:k]
							for j := j0; j < min(j0+many, to); j++ {
								insert(mine, distance2(test.point(i), train.point(j)))
							}
						}
					}
					for i := range b - a {
						mine, mean := least[i*o.K:][:k], 0.0
						for _, d2 := range mine {
							mean += math.Sqrt(d2)
						}
						toClass[i*o.Classes+c], first[i*o.Classes+c] = mean/float64(k), mine[0]
					}
				}
				clear(sum)
				for j0 := 0; j0 < len(test.y); j0 += many {
					for i := a; i < b; i++ {
						for j := j0; j < min(j0+many, len(test.y)); j++ {
							sum[(i-a)*o.Classes+int(test.y[j])] += math.Sqrt(distance2(test.point(i), test.point(j)))
						}
					}
				}
				for i := a; i < b; i++ {
					row := (i - a) * o.Classes
					out[i] = judged{
						smallest(toClass[row:][:o.Classes]),
						smallest(first[row:][:o.Classes]),
						test.silhouette(int(test.y[i]), sum[row:][:o.Classes]),
					}
				}
			}
		})
	}
	workers.Wait()
	return out, ctx.Err()
}

// silhouette returns (b−a)/max(a, b) of a point of class own, from the sums of its
// distances to the points of every class. a is the mean distance to the others of
// its own class, b the least mean distance to another class.
func (g *grouped) silhouette(own int, sum []float64) float64 {
	if g.count(own) == 1 {
		return 0
	}
	a, b := sum[own]/float64(g.count(own)-1), math.Inf(1)
	for c, s := range sum {
		if c != own && g.count(c) > 0 {
			b = min(b, s/float64(g.count(c)))
		}
	}
	if a == b { // both are 0 if all these points are the same
		return 0
	}
	return (b - a) / max(a, b)
}

// insert inserts v into the ascending least and drops the largest.
func insert(least []float64, v float64) {
	i := len(least) - 1
	if v >= least[i] {
		return
	}
	for ; i > 0 && v < least[i-1]; i-- {
		least[i] = least[i-1]
	}
	least[i] = v
}

// smallest returns the index of the least value, the first in a tie.
func smallest(v []float64) int {
	at := 0
	for i := range v {
		if v[i] < v[at] {
			at = i
		}
	}
	return at
}

func distance2(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		d0, d1, d2, d3 := a[i]-b[i], a[i+1]-b[i+1], a[i+2]-b[i+2], a[i+3]-b[i+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; i < len(a); i++ {
		s0 += (a[i] - b[i]) * (a[i] - b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
