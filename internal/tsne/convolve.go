package tsne

import "math"

// convolver convolves m×m real grids with the Cauchy kernel 1/(1+r²) by transforms
// over a period of 2m cells, of which the grid fills a quarter. It exploits the
// structure: rows are real, and a padded column of 2m is two transforms of m, one
// for the even and one for the odd bins.
type convolver struct {
	m    int
	h    float64
	fft  *fft
	turn []complex128 // exp(−2πi·k/2m), k = 0 … m

	// kernel is the transform of the kernel divided by that of the splines: for
	// columns 4b … 4b+3, bins 0 … 2m−1, even ones first. Columns beyond m are 0.
	kernel [][4]float64
	// spectrum holds column k's m rows at k·m; there are 4·⌈(m+1)/4⌉ columns.
	spectrum []complex128
}

// scratch is one worker's memory for transforms of length m.
type scratch struct{ a, b, c, d []lanes }

func newScratch(m int) scratch {
	return scratch{make([]lanes, m), make([]lanes, m), make([]lanes, m), make([]lanes, m)}
}

// columns returns the number of batches of four columns.
func (c *convolver) columns() int { return c.m/4 + 1 }

// rows returns the number of batches of four rows. The grid has 4·rows() rows.
func (c *convolver) rows() int { return (c.m + 3) / 4 }

// newConvolver prepares m×m grids of cells of width h; m must be smooth.
//
// The influence function is Hockney and Eastwood's (Computer Simulation Using
// Particles, 1988, section 8-3-3) for spreading and gathering by quintic splines.
// Among all that act on the grid alone it has the least mean square error over the
// positions of the points in their cells.
func newConvolver(m int, h float64) *convolver {
	c := &convolver{m: m, h: h, fft: newFFT(m), turn: make([]complex128, m+1)}
	for k := range c.turn {
		c.turn[k] = root(k, 2*m)
	}
	c.spectrum = make([]complex128, 4*c.columns()*m)
	c.kernel = make([][4]float64, 2*m*c.columns())

	// The kernel is even in both directions, so the transform of a row is that of its
	// even extension and real. The same holds for columns.
	s := newScratch(m)
	half := m + 1
	along := make([]float64, half*half) // transformed along x: [bin][row]
	even := make([]float64, 4*2*m)
	out := make([]lanes, half)
	lines := func(first int, at func(line, i int) float64, put func(line, bin int, v float64)) {
		for l := range 4 {
			for i := range 2 * m {
				if first+l < half {
					even[l*2*m+i] = at(first+l, min(i, 2*m-i))
				}
			}
		}
		c.forwardRows(even, 2*m, s, out)
		for l := range 4 {
			for k := range half {
				if first+l < half {
					put(first+l, k, real(out[k][l]))
				}
			}
		}
	}
	for r := 0; r < half; r += 4 {
		lines(r, func(row, i int) float64 {
			return 1 / (1 + h*h*float64(row*row+i*i))
		}, func(row, bin int, v float64) { along[bin*half+row] = v })
	}
	filter := splineFilter(m)
	scale := 1 / float64(4*m*m) // of the inverse transforms
	for k := 0; k < half; k += 4 {
		lines(k, func(col, i int) float64 {
			return along[col*half+i]
		}, func(col, bin int, v float64) {
			v *= filter[col] * filter[bin] * scale
			for _, b := range [2]int{bin, (2*m - bin) % (2 * m)} {
				c.kernel[col/4*2*m+b/2+b%2*m][col%4] = v
			}
		})
	}
	return c
}

// splineFilter returns the factor of one direction in the influence function, at
// bins 0 … m of 2m: B²/(ΣB²)². B = (sin(θ/2)/(θ/2))⁶ is the transform of the
// quintic spline, and the sum is over its aliases.
func splineFilter(m int) []float64 {
	f := make([]float64, m+1)
	for k := range f {
		b2 := func(alias int) float64 {
			half := math.Pi * (float64(k)/float64(2*m) + float64(alias))
			if half == 0 {
				return 1
			}
			return math.Pow(math.Sin(half)/half, 12)
		}
		sum := 0.0
		for alias := -8; alias <= 8; alias++ {
			sum += b2(alias)
		}
		f[k] = b2(0) / (sum * sum)
	}
	return f
}

// forwardRows transforms four real rows of 2m cells. The first width cells are
// stored, row after row; the others are zero. out[k] holds bins 0 … m.
func (c *convolver) forwardRows(rows []float64, width int, s scratch, out []lanes) {
	m := c.m
	x := s.a
	clear(x)
	for l := range 4 {
		row := rows[l*width:][:width]
		for j := range width / 2 {
			x[j][l] = complex(row[2*j], row[2*j+1])
		}
		if width%2 == 1 {
			x[width/2][l] = complex(row[width-1], 0)
		}
	}
	z := c.fft.run(x, s.b)
	for k := range m + 1 {
		p, q := &z[k%m], &z[(m-k)%m]
		w, o := c.turn[k], &out[k]
		for l := range o {
			a, b := p[l], q[l]
			sum := complex(real(a)+real(b), imag(a)-imag(b))
			d := complex(imag(a)+imag(b), real(b)-real(a)) // −i(a − b̄)
			t := w * d
			o[l] = complex(0.5*(real(sum)+real(t)), 0.5*(imag(sum)+imag(t)))
		}
	}
}

// backwardRows is the inverse of forwardRows without its factor 1/2m. It keeps the
// first m cells of each row and may overwrite in.
func (c *convolver) backwardRows(in []lanes, s scratch, rows []float64) {
	m := c.m
	x := s.a
	for k := range x {
		p, q, w := &in[k], &in[m-k], c.turn[k]
		o := &x[k]
		for l := range o {
			a, b := p[l], q[l]
			sum := complex(real(a)+real(b), imag(a)-imag(b))
			d := complex(real(a)-real(b), imag(a)+imag(b)) // a − b̄
			t := complex(real(w), -imag(w)) * d
			// sum + i·t with real and imaginary part exchanged, as the
			// forward transform of that is the exchanged inverse.
			o[l] = complex(imag(sum)+real(t), real(sum)-imag(t))
		}
	}
	z := c.fft.run(x, s.b)
	for l := range 4 {
		row := rows[l*m:][:m]
		for j := range m / 2 {
			row[2*j], row[2*j+1] = imag(z[j][l]), real(z[j][l])
		}
		if m%2 == 1 {
			row[m-1] = imag(z[m/2][l])
		}
	}
}

// rowsIn transforms rows 4i … 4i+3 of the grid (m wide) into the spectrum.
func (c *convolver) rowsIn(grid []float64, i int, s scratch, out []lanes) {
	c.forwardRows(grid[4*i*c.m:], c.m, s, out)
	n := min(4, c.m-4*i)
	for k := range out {
		copy(c.spectrum[k*c.m+4*i:][:n], out[k][:])
	}
}

// rowsOut transforms rows 4i … 4i+3 back into the grid.
func (c *convolver) rowsOut(grid []float64, i int, s scratch, in []lanes) {
	n := min(4, c.m-4*i)
	for k := range in {
		copy(in[k][:n], c.spectrum[k*c.m+4*i:])
	}
	c.backwardRows(in, s, grid[4*i*c.m:])
}

// column convolves columns 4i … 4i+3 of the spectrum along y, in place.
func (c *convolver) column(i int, s scratch) {
	m := c.m
	cols := c.spectrum[4*i*m:]
	c0, c1, c2, c3 := cols[:m], cols[m:][:m], cols[2*m:][:m], cols[3*m:][:m]
	kernel := c.kernel[i*2*m:][:2*m]
	for j := range m {
		v := lanes{c0[j], c1[j], c2[j], c3[j]}
		s.a[j] = v
		w := c.turn[j]
		for l := range v {
			v[l] *= w
		}
		s.c[j] = v
	}
	even := c.through(s.a, s.b, kernel[:m])
	odd := c.through(s.c, s.d, kernel[m:])
	for j := range m {
		w, e, o := c.turn[j], &even[j], &odd[j]
		var v lanes
		for l := range v { // e + w̄·o, with e and o exchanged
			a, b := e[l], o[l]
			v[l] = complex(imag(a)+real(w)*imag(b)+imag(w)*real(b), real(a)+real(w)*real(b)-imag(w)*imag(b))
		}
		c0[j], c1[j], c2[j], c3[j] = v[0], v[1], v[2], v[3]
	}
}

// through transforms x, multiplies by the kernel and transforms back. The result
// has real and imaginary part exchanged.
func (c *convolver) through(x, y []lanes, kernel [][4]float64) []lanes {
	z := c.fft.run(x, y)
	for k := range z {
		v, g := &z[k], &kernel[k]
		for l := range v {
			v[l] = complex(g[l]*imag(v[l]), g[l]*real(v[l]))
		}
	}
	if &z[0] == &x[0] {
		return c.fft.run(x, y)
	}
	return c.fft.run(y, x)
}
