//go:build !noasm

package kernel

// The calls of batch normalisation go plane by plane: 16 channels of one image.

func avx2BNStats(n, channels, hw int, z, mean, m2 []float32) {
	z, mean, m2 = z[:n*channels*hw], mean[:n*channels], m2[:n*channels]
	for ch := 0; ch < n*channels; ch += Block {
		avx2NormStats(&z[ch*hw], hw, &mean[ch], &m2[ch])
	}
}

func avx2BNApply(n, channels, hw int, z, scale, shift, residual, y []float32, relu bool) {
	z, y = z[:n*channels*hw], y[:n*channels*hw]
	scale, shift = scale[:channels], shift[:channels]
	if residual != nil {
		residual = residual[:n*channels*hw]
	}
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		switch {
		case residual == nil && !relu:
			avx2NormApply(hw, &z[i], &scale[ch], &shift[ch], &y[i])
		case residual == nil:
			avx2NormApplyReLU(hw, &z[i], &scale[ch], &shift[ch], &y[i])
		case !relu:
			avx2NormApplyAdd(hw, &z[i], &scale[ch], &shift[ch], &residual[i], &y[i])
		default:
			avx2NormApplyAddReLU(hw, &z[i], &scale[ch], &shift[ch], &residual[i], &y[i])
		}
	}
}

func avx2BNBackwardSums(n, channels, hw int, dy, y, z, mean, sum, dot []float32) {
	dy, z = dy[:n*channels*hw], z[:n*channels*hw]
	mean, sum, dot = mean[:channels], sum[:n*channels], dot[:n*channels]
	if y != nil {
		y = y[:n*channels*hw]
	}
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		if y == nil {
			avx2NormBackwardSums(hw, &dy[i], &z[i], &mean[ch], &sum[p], &dot[p])
		} else {
			avx2NormBackwardSumsReLU(hw, &dy[i], &y[i], &z[i], &mean[ch], &sum[p], &dot[p])
		}
	}
}

func avx2BNBackwardApply(n, channels, hw int, dy, z, a, b, c, dz []float32) {
	dy, z, dz = dy[:n*channels*hw], z[:n*channels*hw], dz[:n*channels*hw]
	a, b, c = a[:channels], b[:channels], c[:channels]
	for p := 0; p < n*channels; p += Block {
		ch, i := p%channels, p*hw
		avx2NormBackwardApply(hw, &dy[i], &z[i], &a[ch], &b[ch], &c[ch], &dz[i])
	}
}
