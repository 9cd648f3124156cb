//go:build !noasm

package kernel

// descendFast does Descend for the first values and returns their number.
func descendFast(value, grad, velocity []float32, rate, momentum, decay float32) int {
	n := len(value) / Block * Block
	if n == 0 || !haveAVX2() {
		return 0
	}
	avx2Descend(&value[0], &grad[0], &velocity[0], n, rate, momentum, decay)
	return n
}
