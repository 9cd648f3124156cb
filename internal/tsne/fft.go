package tsne

import "math"

// lanes holds the same element of four transforms that are computed together. That
// is a cache line, and one twiddle factor serves four products.
type lanes [4]complex128

// fft is a complex discrete Fourier transform of length m = 2^a·3^b·5^c by
// Stockham's algorithm (self-sorting, decimation in frequency), four signals at a
// time. gonum's dsp/fourier is FFTPACK, one signal at a time. This is several times
// as fast in the padded convolution, where transforms are nearly all the work.
type fft struct {
	m      int
	passes []pass
}

// pass splits length n into n/radix, for stride interleaved groups. w holds
// exp(−2πi·p·r/n) for p < n/radix, r = 1 … radix−1.
type pass struct {
	radix, n, stride int
	w                []complex128
}

// smooth returns the smallest 2^a·3^b·5^c that is at least n.
func smooth(n int) int {
	for ; ; n++ {
		m := n
		for _, r := range []int{2, 3, 5} {
			for m%r == 0 {
				m /= r
			}
		}
		if m == 1 {
			return n
		}
	}
}

// newFFT prepares transforms of length m, which must be smooth.
func newFFT(m int) *fft {
	f := &fft{m: m}
	for n, stride := m, 1; n > 1; {
		var radix int
		for _, r := range []int{5, 3, 4, 2} {
			if n%r == 0 {
				radix = r
				break
			}
		}
		p := pass{radix: radix, n: n, stride: stride}
		for k := range n / radix {
			for r := 1; r < radix; r++ {
				p.w = append(p.w, root(k*r, n))
			}
		}
		f.passes = append(f.passes, p)
		n /= radix
		stride *= radix
	}
	return f
}

// root returns exp(−2πi·k/n).
func root(k, n int) complex128 {
	s, c := math.Sincos(-2 * math.Pi * float64(k%n) / float64(n))
	return complex(c, s)
}

// run transforms x (length m) with y as scratch and returns the one that holds the
// result.
func (f *fft) run(x, y []lanes) []lanes {
	for i := range f.passes {
		p := &f.passes[i]
		switch p.radix {
		case 2:
			p.by2(x, y)
		case 3:
			p.by3(x, y)
		case 4:
			p.by4(x, y)
		case 5:
			p.by5(x, y)
		}
		x, y = y, x
	}
	return x
}

func (p *pass) by2(x, y []lanes) {
	s, part := p.stride, p.n/2
	for k := range part {
		w := p.w[k]
		for q := range s {
			a, b := &x[q+s*k], &x[q+s*(k+part)]
			u, v := &y[q+s*2*k], &y[q+s*(2*k+1)]
			for i := range a {
				u[i], v[i] = a[i]+b[i], w*(a[i]-b[i])
			}
		}
	}
}

func (p *pass) by3(x, y []lanes) {
	const sin = 0.86602540378443864676 // sin 60°
	s, part := p.stride, p.n/3
	for k := range part {
		w1, w2 := p.w[2*k], p.w[2*k+1]
		for q := range s {
			a, b, c := &x[q+s*k], &x[q+s*(k+part)], &x[q+s*(k+2*part)]
			u, v, w := &y[q+s*3*k], &y[q+s*(3*k+1)], &y[q+s*(3*k+2)]
			for i := range a {
				sum, d := b[i]+c[i], b[i]-c[i]
				u[i] = a[i] + sum
				m := complex(real(a[i])-0.5*real(sum), imag(a[i])-0.5*imag(sum))
				t := complex(sin*imag(d), -sin*real(d))
				v[i], w[i] = w1*(m+t), w2*(m-t)
			}
		}
	}
}

func (p *pass) by4(x, y []lanes) {
	s, part := p.stride, p.n/4
	for k := range part {
		w1, w2, w3 := p.w[3*k], p.w[3*k+1], p.w[3*k+2]
		x0, x1, x2, x3 := x[s*k:][:s], x[s*(k+part):][:s], x[s*(k+2*part):][:s], x[s*(k+3*part):][:s]
		y0, y1, y2, y3 := y[s*4*k:][:s], y[s*(4*k+1):][:s], y[s*(4*k+2):][:s], y[s*(4*k+3):][:s]
		for q := range x0 {
			a, b, c, d := &x0[q], &x1[q], &x2[q], &x3[q]
			e, f, g, h := &y0[q], &y1[q], &y2[q], &y3[q]
			for i := range a {
				ac, bd := a[i]+c[i], b[i]+d[i]
				m, t := a[i]-c[i], b[i]-d[i]
				t = complex(imag(t), -real(t))
				e[i], f[i], g[i], h[i] = ac+bd, w1*(m+t), w2*(ac-bd), w3*(m-t)
			}
		}
	}
}

func (p *pass) by5(x, y []lanes) {
	const ( // cos and sin of 72° and 144°
		c1, s1 = 0.30901699437494742410, 0.95105651629515357212
		c2, s2 = -0.80901699437494742410, 0.58778525229247312917
	)
	s, part := p.stride, p.n/5
	for k := range part {
		w := p.w[4*k : 4*k+4]
		for q := range s {
			a, b, c, d, e := &x[q+s*k], &x[q+s*(k+part)], &x[q+s*(k+2*part)], &x[q+s*(k+3*part)], &x[q+s*(k+4*part)]
			o := y[s*5*k+q:]
			for i := range a {
				be, cd := b[i]+e[i], c[i]+d[i]
				m, t := b[i]-e[i], c[i]-d[i]
				o[0][i] = a[i] + be + cd
				p1 := complex(real(a[i])+c1*real(be)+c2*real(cd), imag(a[i])+c1*imag(be)+c2*imag(cd))
				p2 := complex(real(a[i])+c2*real(be)+c1*real(cd), imag(a[i])+c2*imag(be)+c1*imag(cd))
				q1 := complex(s1*imag(m)+s2*imag(t), -s1*real(m)-s2*real(t))
				q2 := complex(s2*imag(m)-s1*imag(t), -s2*real(m)+s1*real(t))
				o[s][i], o[4*s][i] = w[0]*(p1+q1), w[3]*(p1-q1)
				o[2*s][i], o[3*s][i] = w[1]*(p2+q2), w[2]*(p2-q2)
			}
		}
	}
}
