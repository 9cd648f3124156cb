package simulate

import (
	"math/rand/v2"

	"longtail/internal/stream"
)

func source(seed int) *rand.PCG { return stream.Source("test", seed) }
