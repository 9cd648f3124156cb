package figures

import (
	"cmp"
	"slices"
)

// bySize lists classes from most labelled images to fewest.
func bySize(counts []int) []int {
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	return order
}

// ends is how many of n classes are head and how many tail: the first and the
// last 30 % of ranks, one at least, as the claims fix them.
func ends(n int) int { return max(n*3/10, 1) }

// shortened is a class's name with room for no more than twelve letters.
func shortened(name string) string {
	if r := []rune(name); len(r) > 12 {
		return string(r[:11]) + "…"
	}
	return name
}
