package results

import (
	"cmp"
	"slices"
)

// BySize lists classes from most labeled images to fewest, equal ones in their
// order.
func BySize(counts []int) []int {
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	return order
}

// Ends is how many of n classes are head, and how many tail: the first and the last
// 30 % of ranks, one at least, as the claims fix them.
func Ends(n int) int { return max(n*3/10, 1) }
