package tsne

import "math"

// block is the number of points per task. It divides the work and orders the
// partial sums, whatever the number of workers.
const block = 256

func blocks(n int) int { return (n + block - 1) / block }

// repulsion is the repulsion between all points in the plane. forces fills f (n×2)
// with Σ_j (y_i − y_j)/(1+‖y_i − y_j‖²)² and returns Z = Σ_{i≠j} 1/(1+‖y_i −
// y_j‖²), the normalizer of equation 4 of van der Maaten and Hinton (2008).
// Meanwhile it runs other tasks, which must not depend on that.
type repulsion interface {
	forces(y, f []float64, others int, other func(task, worker int)) (z float64)
}

// dense sums over all pairs.
type dense struct {
	crew crew
	z    []float64 // a block's part of Z
}

func newDense(c crew, n int) *dense { return &dense{c, make([]float64, blocks(n))} }

func (d *dense) forces(y, f []float64, others int, other func(task, worker int)) float64 {
	n := len(y) / 2
	d.crew.run(others, other)
	d.crew.run(blocks(n), func(b, _ int) {
		z := 0.0
		for i := b * block; i < min(n, (b+1)*block); i++ {
			var fx, fy float64
			for j := range n {
				dx, dy := y[2*i]-y[2*j], y[2*i+1]-y[2*j+1]
				q := 1 / (1 + dx*dx + dy*dy)
				z += q
				fx += q * q * dx
				fy += q * q * dy
			}
			f[2*i], f[2*i+1] = fx, fy
		}
		d.z[b] = z
	})
	z := -float64(n) // minus the points on themselves
	for _, part := range d.z {
		z += part
	}
	return z
}

// mesh computes the same sums from one potential φ(y) = Σ_j 1/(1+‖y−y_j‖²). Quintic
// splines spread the points' masses to a grid, and the grid is convolved with the
// kernel. The same splines interpolate φ and its gradient, −2 × the force (smooth
// particle mesh, Essmann et al. 1995). Interpolation and Fourier transforms for
// t-SNE are due to Linderman et al. (2019, FIt-SNE), who interpolate by parabolas
// from cells of a third and convolve four charges.
type mesh struct {
	crew    crew
	conv    *convolver
	grid    []float64
	scratch []scratch // per worker
	line    [][]lanes // per worker
	z       []float64 // a block's part of Z
	x0, y0  float64   // of the grid's first cell
}

const (
	// The kernel's width is 1. With cells of a half, the forces of a finished map are
	// off by about 2 % (root mean square), like Barnes–Hut's at θ = ½. Z is off by 1
	// in 5,000, Barnes–Hut's by 1 in 100.
	cell = 0.5
	// A small map is divided into at least minCells, because its forces are small
	// differences. Beyond maxCells the cells grow; that is a map of diameter 1250, and
	// 10,000 points give one of about 170.
	minCells, maxCells = 40, 2500
	// Splines reach three cells beyond a point. The influence function inverts them,
	// and its ringing where the kernel's periodic images meet decays by 0.43 per cell.
	margin = 8
)

func newMesh(c crew, n int) *mesh {
	return &mesh{crew: c, z: make([]float64, blocks(n)), scratch: make([]scratch, c), line: make([][]lanes, c)}
}

func (s *mesh) forces(y, f []float64, others int, other func(task, worker int)) float64 {
	s.fit(y)
	s.crew.run(1+others, func(task, worker int) {
		if task > 0 {
			other(task-1, worker)
			return
		}
		s.scatter(y)
	})
	s.crew.run(s.conv.rows(), func(i, w int) { s.conv.rowsIn(s.grid, i, s.scratch[w], s.line[w]) })
	s.crew.run(s.conv.columns(), func(i, w int) { s.conv.column(i, s.scratch[w]) })
	s.crew.run(s.conv.rows(), func(i, w int) { s.conv.rowsOut(s.grid, i, s.scratch[w], s.line[w]) })
	s.crew.run(len(s.z), func(b, _ int) { s.gather(y, f, b) })
	z := -float64(len(y) / 2) // minus the points on themselves
	for _, part := range s.z {
		z += part
	}
	return z
}

// fit chooses cell and grid for the points' bounds. The cell is ½·2^(−k/2), so that
// convolvers are rarely rebuilt as the map grows.
func (s *mesh) fit(y []float64) {
	lo, hi := [2]float64{y[0], y[1]}, [2]float64{y[0], y[1]}
	for i := 0; i < len(y); i += 2 {
		lo[0], hi[0] = min(lo[0], y[i]), max(hi[0], y[i])
		lo[1], hi[1] = min(lo[1], y[i+1]), max(hi[1], y[i+1])
	}
	size := max(hi[0]-lo[0], hi[1]-lo[1])
	h := cell
	if size < minCells*cell {
		k := math.Ceil(2 * math.Log2(minCells*cell/max(size, 1e-12)))
		h = cell * math.Exp2(-k/2)
	} else if size > maxCells*cell {
		h = cell * math.Exp2(math.Ceil(2*math.Log2(size/(maxCells*cell)))/2)
	}
	need := int(size/h) + 2*margin
	if c := s.conv; c == nil || c.h != h || c.m < need || c.m*9 > need*10+90 {
		m := smooth(need)
		s.conv = newConvolver(m, h)
		if g := 4 * s.conv.rows() * m; cap(s.grid) < g {
			s.grid = make([]float64, g)
		} else {
			s.grid = s.grid[:g]
		}
		for w := range s.scratch {
			s.scratch[w], s.line[w] = newScratch(m), make([]lanes, m+1)
		}
	}
	s.x0, s.y0 = lo[0]-margin*h, lo[1]-margin*h
}

// spline returns a point's quintic spline in one direction: the first of its six
// cells, the weights and their derivatives by the cell.
func spline(at float64) (first int, w, dw [6]float64) {
	c := int(at)
	t := at - float64(c)
	u := 1 - t
	t2, u2 := t*t, u*u
	t4, u4 := t2*t2, u2*u2
	w = [6]float64{
		u4 * u / 120,
		(26 - t*(50-t*(20+t*(20-t*(20-5*t))))) / 120,
		(66 - t2*(60-t2*(30-10*t))) / 120,
		(66 - u2*(60-u2*(30-10*u))) / 120,
		(26 - u*(50-u*(20+u*(20-u*(20-5*u))))) / 120,
		t4 * t / 120,
	}
	dw = [6]float64{
		-u4 / 24,
		-(50 - t*(40+t*(60-t*(80-25*t)))) / 120,
		-t * (120 - t2*(120-50*t)) / 120,
		u * (120 - u2*(120-50*u)) / 120,
		(50 - u*(40+u*(60-u*(80-25*u)))) / 120,
		t4 / 24,
	}
	return c - 2, w, dw
}

func (s *mesh) scatter(y []float64) {
	clear(s.grid)
	m, inv := s.conv.m, 1/s.conv.h
	for i := 0; i < len(y); i += 2 {
		cx, wx, _ := spline((y[i] - s.x0) * inv)
		cy, wy, _ := spline((y[i+1] - s.y0) * inv)
		for r, w := range wy {
			row := s.grid[(cy+r)*m+cx:][:6]
			row[0] += w * wx[0]
			row[1] += w * wx[1]
			row[2] += w * wx[2]
			row[3] += w * wx[3]
			row[4] += w * wx[4]
			row[5] += w * wx[5]
		}
	}
}

func (s *mesh) gather(y, f []float64, b int) {
	m, inv := s.conv.m, 1/s.conv.h
	z := 0.0
	for i := 2 * b * block; i < min(len(y), 2*(b+1)*block); i += 2 {
		cx, wx, dx := spline((y[i] - s.x0) * inv)
		cy, wy, dy := spline((y[i+1] - s.y0) * inv)
		var phi, gx, gy float64
		for r, w := range wy {
			row := s.grid[(cy+r)*m+cx:][:6]
			v := row[0]*wx[0] + row[1]*wx[1] + row[2]*wx[2] + row[3]*wx[3] + row[4]*wx[4] + row[5]*wx[5]
			phi += w * v
			gy += dy[r] * v
			gx += w * (row[0]*dx[0] + row[1]*dx[1] + row[2]*dx[2] + row[3]*dx[3] + row[4]*dx[4] + row[5]*dx[5])
		}
		z += phi
		f[i], f[i+1] = -0.5*inv*gx, -0.5*inv*gy
	}
	s.z[b] = z
}
