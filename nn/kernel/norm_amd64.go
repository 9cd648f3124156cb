//go:build !noasm

package kernel

// normKernels are one instruction set's kernels of batch normalization. Each works
// on one plane, 16 channels of one image.
type normKernels struct {
	stats         func(z *float32, hw int, mean, m2 *float32)
	relu          func(hw int, z, scale, shift, y *float32)
	add, addReLU  func(hw int, z, scale, shift, residual, y *float32)
	backwardSums  func(hw int, dy, y, z, mean, sum, dot *float32)
	backwardApply func(hw int, dy, z, a, b, c, dz *float32)
}

// ones and zeros are the scale and shift with which add only adds.
var ones, zeros = [Block]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, [Block]float32{}

// into sets the calls of s for batch normalization and sums.
func (k *normKernels) into(s *Set[float32]) {
	s.BNStats, s.BNApply = k.bnStats, k.bnApply
	s.BNBackwardSums, s.BNBackwardApply = k.bnBackwardSums, k.bnBackwardApply
	s.Add = func(x, sum []float32) {
		sum = sum[:len(x)]
		k.add(len(x)/Block, &sum[0], &ones[0], &zeros[0], &x[0], &sum[0])
	}
}

func (k *normKernels) bnStats(n, channels, hw int, z, mean, m2 []float32) {
	z, mean, m2 = z[:n*channels*hw], mean[:n*channels], m2[:n*channels]
	for ch := 0; ch < n*channels; ch += Block {
		k.stats(&z[ch*hw], hw, &mean[ch], &m2[ch])
	}
}

func (k *normKernels) bnApply(n, channels, hw int, z, scale, shift, residual, y []float32) {
	z, y = z[:n*channels*hw], y[:n*channels*hw]
	scale, shift = scale[:channels], shift[:channels]
	if residual != nil {
		residual = residual[:n*channels*hw]
	}
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		if residual == nil {
			k.relu(hw, &z[i], &scale[ch], &shift[ch], &y[i])
		} else {
			k.addReLU(hw, &z[i], &scale[ch], &shift[ch], &residual[i], &y[i])
		}
	}
}

func (k *normKernels) bnBackwardSums(n, channels, hw int, dy, y, z, mean, sum, dot []float32) {
	dy, y, z = dy[:n*channels*hw], y[:n*channels*hw], z[:n*channels*hw]
	mean, sum, dot = mean[:channels], sum[:n*channels], dot[:n*channels]
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		k.backwardSums(hw, &dy[i], &y[i], &z[i], &mean[ch], &sum[p], &dot[p])
	}
}

func (k *normKernels) bnBackwardApply(n, channels, hw int, dy, z, a, b, c, dz []float32) {
	dy, z, dz = dy[:n*channels*hw], z[:n*channels*hw], dz[:n*channels*hw]
	a, b, c = a[:channels], b[:channels], c[:channels]
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		k.backwardApply(hw, &dy[i], &z[i], &a[ch], &b[ch], &c[ch], &dz[i])
	}
}
