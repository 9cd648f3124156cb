package kernel

// The calls below process one block of sixteen channels of one image at a time: hw
// pixels of sixteen values.

func bnStats[T Float](n, channels, hw int, z, mean, m2 []T) {
	for k := range n * channels / Block {
		zb := z[k*hw*Block : (k+1)*hw*Block]
		m, s := (*[Block]T)(mean[k*Block:]), (*[Block]T)(m2[k*Block:])
		var sum [Block]T
		for p := 0; p < len(zb); p += Block {
			v := (*[Block]T)(zb[p:])
			for c := range sum {
				sum[c] += v[c]
			}
		}
		for c := range m {
			m[c] = sum[c] / T(hw)
		}
		clear(sum[:])
		for p := 0; p < len(zb); p += Block {
			v := (*[Block]T)(zb[p:])
			for c := range sum {
				d := v[c] - m[c]
				sum[c] += d * d
			}
		}
		*s = sum
	}
}

func bnApply[T Float](n, channels, hw int, z, scale, shift, residual, y []T) {
	for k := range n * channels / Block {
		ch := k % (channels / Block) * Block
		a, b := (*[Block]T)(scale[ch:]), (*[Block]T)(shift[ch:])
		for p := k * hw * Block; p < (k+1)*hw*Block; p += Block {
			zp, yp := (*[Block]T)(z[p:]), (*[Block]T)(y[p:])
			var v [Block]T
			for c := range v {
				v[c] = zp[c]*a[c] + b[c]
			}
			if residual != nil {
				r := (*[Block]T)(residual[p:])
				for c := range v {
					v[c] += r[c]
				}
			}
			for c := range v {
				yp[c] = max(v[c], 0)
			}
		}
	}
}

func bnBackwardSums[T Float](n, channels, hw int, dy, y, z, mean, sum, dot []T) {
	for k := range n * channels / Block {
		m := (*[Block]T)(mean[k%(channels/Block)*Block:])
		var s, t [Block]T
		var choice [2]T // the gradient or 0: a branch would be mispredicted half the time
		for p := k * hw * Block; p < (k+1)*hw*Block; p += Block {
			d, zp := (*[Block]T)(dy[p:]), (*[Block]T)(z[p:])
			for c, v := range (*[Block]T)(y[p:]) {
				clamped := 0
				if v <= 0 {
					clamped = 1
				}
				choice[0] = d[c]
				d[c] = choice[clamped]
			}
			for c := range s {
				s[c] += d[c]
				t[c] += d[c] * (zp[c] - m[c])
			}
		}
		copy(sum[k*Block:], s[:])
		copy(dot[k*Block:], t[:])
	}
}

func bnBackwardApply[T Float](n, channels, hw int, dy, z, a, b, c, dz []T) {
	for k := range n * channels / Block {
		ch := k % (channels / Block) * Block
		ap, bp, cp := (*[Block]T)(a[ch:]), (*[Block]T)(b[ch:]), (*[Block]T)(c[ch:])
		for p := k * hw * Block; p < (k+1)*hw*Block; p += Block {
			d, zp, r := (*[Block]T)(dy[p:]), (*[Block]T)(z[p:]), (*[Block]T)(dz[p:])
			for j := range r {
				r[j] = ap[j]*d[j] + bp[j]*zp[j] + cp[j]
			}
		}
	}
}

func add[T Float](x, sum []T) {
	for i, v := range x {
		sum[i] = sum[i] + 0 + v // + 0 as in assembly, where −0 plus −0 is 0
	}
}
