package simulate

import "strconv"

// code is the word as a number for a grid: 1 agrees, 0 undecided, −1 disagrees.
func (l Law) code() float64 {
	switch l {
	case Agrees:
		return 1
	case Disagrees:
		return -1
	}
	return 0
}

// code is the word as a number for a grid: 1 holds, 0 undecided, 2 vacuous, 3
// not claimed, −1 violated.
func (v Verdict) code() float64 {
	switch v {
	case Holds:
		return 1
	case Vacuous:
		return 2
	case NotClaimed:
		return 3
	case Violated:
		return -1
	}
	return 0
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// twoDigits rounds x to two significant digits.
func twoDigits(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
	if err != nil {
		return x
	}
	return v
}
