package score

import (
	"cmp"
	"slices"
)

// BySize returns the classes from most labeled images to fewest, ties in class order.
func BySize(counts []int) []int {
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	return order
}

// Ends returns how many of n classes are head, and how many are tail. Both are 30 %
// of the ranks, at least one, as the claims define them.
func Ends(n int) int { return max(n*3/10, 1) }
