package simulate

import "strconv"

// code returns the verdict on the law as a number for a grid: 1 agrees, 0
// undecided, −1 disagrees.
func (l Law) code() float64 {
	switch l {
	case Agrees:
		return 1
	case Disagrees:
		return -1
	}
	return 0
}

// verdictCode returns the verdict on the statement as a number for a grid: 1 holds,
// 0 undecided, 2 vacuous, 3 not claimed, −1 violated.
func (r Result) verdictCode() float64 {
	switch {
	case r.NotClaimed:
		return notClaimed
	case r.Verdict == Holds:
		return 1
	case r.Verdict == Vacuous:
		return 2
	case r.Verdict == Violated:
		return -1
	}
	return 0
}

const notClaimed = 3

// twoDigits returns x rounded to two significant digits.
func twoDigits(x float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
	return v
}
