package simulate

import (
	"math/rand/v2"

	"longtail/internal/stream"
)

func must[T any](r T, err error) T {
	if err != nil {
		panic(err)
	}
	return r
}

func source(seed int) *rand.PCG { return stream.Source("test", seed) }
