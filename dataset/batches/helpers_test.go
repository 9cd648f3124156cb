package batches

import (
	"testing"

	"longtail/dataset"
)

func open(t testing.TB, id string) *dataset.Set {
	t.Helper()
	s, err := dataset.Files{}.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// upTo returns 0, …, n−1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func sum(list []int) int {
	total := 0
	for _, n := range list {
		total += n
	}
	return total
}

func second[T any](_ T, err error) error { return err }
