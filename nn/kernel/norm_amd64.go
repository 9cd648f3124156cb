//go:build !noasm

package kernel

// normKernels are one instruction set's kernels of batch normalization. Each works
// on one plane, 16 channels of one image.
type normKernels struct {
	stats              func(z *float32, hw int, mean, m2 *float32)
	apply, relu        func(hw int, z, scale, shift, y *float32)
	add, addReLU       func(hw int, z, scale, shift, residual, y *float32)
	backwardSums       func(hw int, dy, z, mean, sum, dot *float32)
	maskedBackwardSums func(hw int, dy, y, z, mean, sum, dot *float32)
	backwardApply      func(hw int, dy, z, a, b, c, dz *float32)
}

// into sets the batch normalization calls of s.
func (k *normKernels) into(s *Set[float32]) {
	s.BNStats, s.BNApply = k.bnStats, k.bnApply
	s.BNBackwardSums, s.BNBackwardApply = k.bnBackwardSums, k.bnBackwardApply
}

func (k *normKernels) bnStats(n, channels, hw int, z, mean, m2 []float32) {
	z, mean, m2 = z[:n*channels*hw], mean[:n*channels], m2[:n*channels]
	for ch := 0; ch < n*channels; ch += Block {
		k.stats(&z[ch*hw], hw, &mean[ch], &m2[ch])
	}
}

func (k *normKernels) bnApply(n, channels, hw int, z, scale, shift, residual, y []float32, relu bool) {
	z, y = z[:n*channels*hw], y[:n*channels*hw]
	scale, shift = scale[:channels], shift[:channels]
	if residual != nil {
		residual = residual[:n*channels*hw]
	}
	alone, added := k.apply, k.add
	if relu {
		alone, added = k.relu, k.addReLU
	}
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		if residual == nil {
			alone(hw, &z[i], &scale[ch], &shift[ch], &y[i])
		} else {
			added(hw, &z[i], &scale[ch], &shift[ch], &residual[i], &y[i])
		}
	}
}

func (k *normKernels) bnBackwardSums(n, channels, hw int, dy, y, z, mean, sum, dot []float32) {
	dy, z = dy[:n*channels*hw], z[:n*channels*hw]
	mean, sum, dot = mean[:channels], sum[:n*channels], dot[:n*channels]
	if y != nil {
		y = y[:n*channels*hw]
	}
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		if y == nil {
			k.backwardSums(hw, &dy[i], &z[i], &mean[ch], &sum[p], &dot[p])
		} else {
			k.maskedBackwardSums(hw, &dy[i], &y[i], &z[i], &mean[ch], &sum[p], &dot[p])
		}
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
