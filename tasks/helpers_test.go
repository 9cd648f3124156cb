package tasks

func sum(x []int) int {
	total := 0
	for _, n := range x {
		total += n
	}
	return total
}
