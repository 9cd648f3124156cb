package kernel

// portableWinograd returns the Winograd calls in plain Go.
func portableWinograd[T Float]() *Set[T] {
	k := &winogradCalls[T]{
		width:   portableWidth,
		input:   winogradInput[T],
		product: winogradProduct[T],
		output:  winogradOutput[T],
		filters: winogradFilters[T],

		gradient: winogradGradient[T],
		outer:    winogradOuter[T],
		taps:     winogradTaps[T],
		scatter:  scatterLines[T],
	}
	return k.set()
}

// portableWidth is the number of output channels with adjacent weights.
const portableWidth = 8

// channels holds the values of one pixel of one block.
type channels[T Float] = [Block]T

func winogradInput[T Float](x []T, h, w, r int, strip, v []T, point int) {
	t := newTiling(h, w)
	line := t.stripLine()
	var zero, t0, t1 channels[T]
	var d [tileSide]*channels[T]
	for c := range w {
		for i := range d {
			d[i] = &zero
			if y := tileStep*r - 1 + i; y >= 0 && y < h {
				d[i] = (*channels[T])(x[(y*w+c)*Block:])
			}
		}
		inputPoints(&d, strip[(c+1)*Block:], line, &t0, &t1)
	}
	for i := range tileSide {
		for c := range t.cols {
			for j := range d {
				d[j] = (*channels[T])(strip[i*line+(tileStep*c+j)*Block:])
			}
			inputPoints(&d, v[tileSide*i*point+c*Block:], point, &t0, &t1)
		}
	}
}

// inputPoints writes Bᵀ·d, whose six rows are step apart in dst.
func inputPoints[T Float](d *[tileSide]*channels[T], dst []T, step int, even, odd *channels[T]) {
	d0, d1, d2, d3, d4, d5 := d[0], d[1], d[2], d[3], d[4], d[5]
	o0, o1, o2 := (*channels[T])(dst), (*channels[T])(dst[step:]), (*channels[T])(dst[2*step:])
	o3, o4, o5 := (*channels[T])(dst[3*step:]), (*channels[T])(dst[4*step:]), (*channels[T])(dst[5*step:])
	for c := range even {
		even[c], odd[c] = d4[c]-d2[c], d3[c]-d1[c]
		o0[c] = 4*(d0[c]-d2[c]) + even[c]
		o5[c] = d5[c] - d3[c] - 4*odd[c]
	}
	for c := range even {
		a, b := d4[c]-4*d2[c], d3[c]-4*d1[c]
		o1[c], o2[c] = a+b, a-b
		a, b = even[c], 2*odd[c]
		o3[c], o4[c] = a+b, a-b
	}
}

func winogradProduct[T Float](v []T, vPoint, block, blocks, tiles int, u, m []T, mPoint int) {
	in := blocks * Block
	var center [1]int
	for half := 0; half < Block; half += 8 {
		for p := range tilePoints {
			w := u[(half*tilePoints+p*8)*in:][:8*in]
			convolveRow(v[p*vPoint:], Block, block, blocks, center[:], w, m[p*mPoint+half:], Block, tiles)
		}
	}
}

func winogradOutput[T Float](m []T, point int, y []T, h, w, r int, _ []T) {
	t := newTiling(h, w)
	rows := min(tileStep, h-tileStep*r)
	var down [tileSide][tileStep]channels[T]
	var out [tileStep]channels[T]
	var s [tileSide]*channels[T]
	for c := range t.cols {
		for j := range tileSide {
			for i := range s {
				s[i] = (*channels[T])(m[(tileSide*i+j)*point+c*Block:])
			}
			outputPoints(&s, &down[j])
		}
		cols := min(tileStep, w-tileStep*c)
		for i := range rows {
			for j := range s {
				s[j] = &down[j][i]
			}
			outputPoints(&s, &out)
			for j, v := range out[:cols] {
				*(*channels[T])(y[((tileStep*r+i)*w+tileStep*c+j)*Block:]) = v
			}
		}
	}
}

// outputPoints computes Aᵀ·s:
//
//	1  1  1  1  1  0
//	0  1 −1  2 −2  0
//	0  1  1  4  4  0
//	0  1 −1  8 −8  1
func outputPoints[T Float](s *[tileSide]*channels[T], out *[tileStep]channels[T]) {
	s0, s1, s2, s3, s4, s5 := s[0], s[1], s[2], s[3], s[4], s[5]
	for c := range s0 {
		a, b := s1[c]+s2[c], s1[c]-s2[c]
		e, f := s3[c]+s4[c], s3[c]-s4[c]
		out[0][c], out[1][c] = s0[c]+a+e, b+2*f
		out[2][c], out[3][c] = a+4*e, b+8*f+s5[c]
	}
}

func winogradFilters[T Float](w []T, oStep, iStep, in int, turned bool, u []T) {
	for i := range in {
		for o := range portableWidth {
			g := *(*[9]T)(w[o*oStep+i*iStep:])
			if turned {
				g = [9]T{g[8], g[7], g[6], g[5], g[4], g[3], g[2], g[1], g[0]}
			}
			var down [tileSide][3]T
			for c := range 3 {
				for r, v := range filterPoints(g[c], g[3+c], g[6+c]) {
					down[r][c] = v
				}
			}
			for r, d := range down {
				for c, v := range filterPoints(d[0], d[1], d[2]) {
					u[((r*tileSide+c)*in+i)*portableWidth+o] = v
				}
			}
		}
	}
}

// filterPoints computes G·g:
//
//	 1/4     0     0
//	−1/6  −1/6  −1/6
//	−1/6   1/6  −1/6
//	1/24  1/12   1/6
//	1/24 −1/12   1/6
//	   0     0     1
func filterPoints[T Float](a, b, c T) [tileSide]T {
	outer, far := (a+c)*(-1.0/6), a*(1.0/24)+c*(1.0/6)
	near, mid := b*(1.0/6), b*(1.0/12)
	return [tileSide]T{a * 0.25, outer - near, outer + near, far + mid, far - mid, c}
}
