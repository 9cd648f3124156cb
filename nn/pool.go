package nn

import "longtail/nn/kernel"

// averagePool writes the mean of every channel over its map, n×channels, from n
// blocked images.
func averagePool[T kernel.Float](n, channels, hw int, y, dst []T) {
	for k := range n * channels / kernel.Block {
		var sum [kernel.Block]T
		for p := range hw {
			for c, v := range (*[kernel.Block]T)(y[(k*hw+p)*kernel.Block:]) {
				sum[c] += v
			}
		}
		for c, v := range sum {
			dst[k*kernel.Block+c] = v / T(hw)
		}
	}
}

// averagePoolBackward spreads n×channels gradients over the maps.
func averagePoolBackward[T kernel.Float](n, channels, hw int, grad, dy []T) {
	for k := range n * channels / kernel.Block {
		var v [kernel.Block]T
		for c := range v {
			v[c] = grad[k*kernel.Block+c] / T(hw)
		}
		for p := range hw {
			*(*[kernel.Block]T)(dy[(k*hw+p)*kernel.Block:]) = v
		}
	}
}
