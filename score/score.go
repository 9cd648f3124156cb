// Package score computes measures of predictions: the confusion matrix, errors over
// images, classes and groups of classes, label bias, and the quality of pseudo-labels.
// It also orders classes by size.
package score

import "math"

// Confusion returns the classes×classes counts of predictions: rows are true classes,
// columns predicted ones. Labels and predictions must be below classes.
func Confusion(labels, predicted []int32, classes int) [][]int {
	m := make([][]int, classes)
	for c := range m {
		m[c] = make([]int, classes)
	}
	for i, y := range labels {
		m[y][predicted[i]]++
	}
	return m
}

// TestCounts returns the number of images of each true class.
func TestCounts(confusion [][]int) []int {
	counts := make([]int, len(confusion))
	for c, row := range confusion {
		counts[c] = Sum(row)
	}
	return counts
}

// Scores returns ErrorPct, PerClassErrorPct and TestCounts of predictions. It makes no
// confusion matrix, which is large for thousands of classes.
func Scores(labels, predicted []int32, classes int) (errorPct float64, perClass []*float64, counts []int) {
	right, wrong := make([]int, classes), 0
	counts = make([]int, classes)
	for i, y := range labels {
		if counts[y]++; predicted[i] == y {
			right[y]++
		} else {
			wrong++
		}
	}
	return 100 * float64(wrong) / float64(len(labels)), perClassPct(right, counts), counts
}

// Sum returns the sum of counts.
func Sum(counts []int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// ErrorPct returns the top-1 error of a confusion matrix in percent, over all
// images.
func ErrorPct(confusion [][]int) float64 {
	right, total := 0, Sum(TestCounts(confusion))
	for c, row := range confusion {
		right += row[c]
	}
	return 100 * float64(total-right) / float64(total)
}

// PerClassErrorPct returns the error of each true class in percent; nil for a class
// without images.
func PerClassErrorPct(confusion [][]int) []*float64 {
	right := make([]int, len(confusion))
	for c, row := range confusion {
		right[c] = row[c]
	}
	return perClassPct(right, TestCounts(confusion))
}

func perClassPct(right, counts []int) []*float64 {
	out := make([]*float64, len(counts))
	for c, n := range counts {
		if n > 0 {
			out[c] = new(100 * float64(n-right[c]) / float64(n))
		}
	}
	return out
}

// BalancedErrorPct returns the mean error of the classes that have images, in percent;
// nil if none has any. Each class counts the same, however many images it has.
func BalancedErrorPct(perClass []*float64) *float64 { return meanOf(perClass) }

// Limits of the many-, medium- and few-shot groups by training images of a
// class: more than ManyAbove, fewer than FewBelow, medium between them
// (Liu et al. 2019).
const (
	ManyAbove = 100
	FewBelow  = 20
)

// shots returns the group of a class of n training images: 0 many-, 1 medium-, 2 few-shot.
func shots(n int) int {
	switch {
	case n > ManyAbove:
		return 0
	case n >= FewBelow:
		return 1
	}
	return 2
}

// Groups returns the numbers of many-, medium- and few-shot classes, given the
// training images of each class.
func Groups(counts []int) (many, medium, few int) {
	var in [3]int
	for _, n := range counts {
		in[shots(n)]++
	}
	return in[0], in[1], in[2]
}

// GroupErrorPct returns the mean per-class error of the many-, medium- and few-shot
// classes, in percent; nil for a group without test images. counts are training images.
func GroupErrorPct(perClass []*float64, counts []int) (many, medium, few *float64) {
	var in [3][]*float64
	for c, e := range perClass {
		g := shots(counts[c])
		in[g] = append(in[g], e)
	}
	return meanOf(in[0]), meanOf(in[1]), meanOf(in[2])
}

// LabelBias returns the total variation distance between predicted and true class
// shares, with equal weight on every true class. It is 0 for an unbiased classifier
// and 1 − 1/C for one that always predicts the same of C classes.
func LabelBias(confusion [][]int) float64 {
	present := 0
	share := make([]float64, len(confusion))
	for _, row := range confusion {
		total := Sum(row)
		if total == 0 {
			continue
		}
		present++
		for c, n := range row {
			share[c] += float64(n) / float64(total)
		}
	}
	tv := 0.0
	for c, s := range share {
		truth := 0.0
		if Sum(confusion[c]) > 0 {
			truth = 1
		}
		tv += math.Abs(s-truth) / float64(present)
	}
	return tv / 2
}

// Predict returns the arg max of each row of logits (n×classes), the smallest class on
// ties. It first subtracts offset from every row; nil: nothing.
func Predict(logits []float32, classes int, offset []float64) []int32 {
	out := make([]int32, len(logits)/classes)
	for i := range out {
		best := math.Inf(-1)
		for c, z := range logits[i*classes : (i+1)*classes] {
			v := float64(z)
			if offset != nil {
				v -= offset[c]
			}
			if v > best {
				best, out[i] = v, int32(c)
			}
		}
	}
	return out
}

// LabelQuality compares pseudo-labels with the truth, class by class.
type LabelQuality struct {
	Precision []*float64 `json:"precision"` // null: never predicted
	Recall    []*float64 `json:"recall"`
	// Delta[c] is the precision of class c minus the mean of the others. Headline is the
	// mean precision of the last 30 % of ranks minus that of the first 30 %.
	Delta    []*float64 `json:"delta"`
	Headline *float64   `json:"headline,omitempty"`
}

// Quality returns the precision and recall of pseudo-labels for every class, and
// Theorem 1's Δ, a difference of precisions between classes. ranks lists the classes
// head first.
func Quality(labels, predicted []int32, ranks []int) LabelQuality {
	classes := len(ranks)
	m := Confusion(labels, predicted, classes)
	q := LabelQuality{
		Precision: make([]*float64, classes), Recall: make([]*float64, classes), Delta: make([]*float64, classes),
	}
	ratio := func(a, b int) *float64 {
		if b == 0 {
			return nil
		}
		return new(float64(a) / float64(b))
	}
	for c := range classes {
		column := 0
		for r := range classes {
			column += m[r][c]
		}
		q.Precision[c] = ratio(m[c][c], column)
		q.Recall[c] = ratio(m[c][c], Sum(m[c]))
	}
	for c, p := range q.Precision {
		others := make([]*float64, 0, classes)
		others = append(append(others, q.Precision[:c]...), q.Precision[c+1:]...)
		if mean := meanOf(others); p != nil && mean != nil {
			q.Delta[c] = new(*p - *mean)
		}
	}
	var head, tail []*float64
	for i := range Ends(classes) {
		head = append(head, q.Precision[ranks[i]])
		tail = append(tail, q.Precision[ranks[classes-1-i]])
	}
	if h, t := meanOf(head), meanOf(tail); h != nil && t != nil {
		q.Headline = new(*t - *h)
	}
	return q
}

// MeanSD returns the mean and the sample standard deviation. Without values the mean is
// nil; with fewer than two the standard deviation is.
func MeanSD(x []float64) (mean, sd *float64) {
	if len(x) == 0 {
		return nil, nil
	}
	m := 0.0
	for _, v := range x {
		m += v
	}
	m /= float64(len(x))
	if len(x) == 1 {
		return &m, nil
	}
	s := 0.0
	for _, v := range x {
		s += float64((v - m) * (v - m)) // no fused multiplication: the same on every processor
	}
	s = math.Sqrt(s / float64(len(x)-1))
	return &m, &s
}

// meanOf returns the mean of the values that are not nil; nil if all are.
func meanOf(x []*float64) *float64 {
	var there []float64
	for _, v := range x {
		if v != nil {
			there = append(there, *v)
		}
	}
	mean, _ := MeanSD(there)
	return mean
}
