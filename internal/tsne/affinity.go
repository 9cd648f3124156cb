package tsne

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// affinity is the symmetric matrix P of equation 1 of van der Maaten and Hinton
// (2008), p_ij = (p_j|i + p_i|j)/2n. It covers the pairs of which one is among the
// k nearest neighbors of the other. Its entries sum to 1.
type affinity struct {
	start []int // row i is start[i]:start[i+1] of col and p
	col   []int32
	p     []float32
}

// neighbor is a point and the squared distance to it.
type neighbor struct {
	d2 float64
	j  int32
}

// nearest returns each point's k nearest others (n×k), nearest first, ties by
// number. x (n×d) must be finite and centered.
//
// The result is exact. Products in single precision only choose candidates, with a
// bound on their rounding; distances in double precision decide. A vantage-point
// tree (gonum's spatial/vptree) gives the same, but in 64 dimensions it visits most
// points and is slower (BenchmarkNearest).
func nearest(ctx context.Context, c crew, x []float32, n, d, k int) ([]neighbor, error) {
	const rows, cols = 64, 192 // of a product: the most that gonum computes without its own goroutines
	norm := make([]float32, n) // ‖x‖²
	for i := range norm {
		s := 0.0
		for _, v := range x[i*d:][:d] {
			s += float64(v) * float64(v)
		}
		norm[i] = float32(s)
	}
	largest := slices.Max(norm)
	out := make([]neighbor, n*k)
	type memory struct {
		d2, product, heap []float32
		found             []neighbor
	}
	mem := make([]memory, c)
	for w := range mem {
		mem[w] = memory{d2: make([]float32, n), product: make([]float32, rows*n), heap: make([]float32, 0, k)}
	}
	c.run((n+rows-1)/rows, func(task, worker int) {
		if ctx.Err() != nil {
			return
		}
		m, first := &mem[worker], task*rows
		count := min(rows, n-first)
		for j := 0; j < n; j += cols {
			gonum.Implementation{}.Sgemm(blas.NoTrans, blas.Trans, count, min(cols, n-j), d,
				1, x[first*d:], d, x[j*d:], d, 0, m.product[j:], n)
		}
		for r := range count {
			i := first + r
			product := m.product[r*n:][:n]
			heap := m.heap[:0]
			for j, v := range product {
				e := norm[i] + norm[j] - 2*v
				m.d2[j] = e
				if j == i {
					continue
				}
				if len(heap) < k {
					heap = append(heap, e)
					if len(heap) == k {
						for at := k/2 - 1; at >= 0; at-- {
							sink(heap, at)
						}
					}
				} else if e < heap[0] {
					heap[0] = e
					sink(heap, 0)
				}
			}
			// A product of d terms in single precision is off by at most d·2⁻²⁴·‖a‖‖b‖, and
			// norms and sum by a few units more. This holds for this point's distance and
			// the k-th's.
			slack := 4 * float32(d+4) * (1.0 / (1 << 24)) * (norm[i] + largest)
			found := m.found[:0]
			for j, e := range m.d2 {
				if e <= heap[0]+slack && j != i {
					found = append(found, neighbor{distance2(x[i*d:][:d], x[j*d:][:d]), int32(j)})
				}
			}
			slices.SortFunc(found, func(a, b neighbor) int {
				return cmp.Or(cmp.Compare(a.d2, b.d2), cmp.Compare(a.j, b.j))
			})
			copy(out[i*k:][:k], found)
			m.found = found
		}
	})
	return out, ctx.Err()
}

// sink restores the heap (largest first) below at.
func sink(heap []float32, at int) {
	v := heap[at]
	for {
		child := 2*at + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] > heap[child] {
			child++
		}
		if heap[child] <= v {
			break
		}
		heap[at] = heap[child]
		at = child
	}
	heap[at] = v
}

func distance2(a, b []float32) float64 {
	s := 0.0
	for i, v := range a {
		e := float64(v) - float64(b[i])
		s += e * e
	}
	return s
}

// conditional fills p with p_j|i of the sorted neighbors: exp(−β·d²), normalized,
// with β such that the entropy is log perplexity. If more than perplexity neighbors
// have the same least distance, as duplicates do, that is impossible and they get
// equal shares.
func conditional(near []neighbor, perplexity float64, p []float64) {
	target := math.Log(perplexity)
	least := near[0].d2
	beta, lo, hi := 1.0, 0.0, math.Inf(1)
	if spread := near[len(near)-1].d2 - least; spread > 0 {
		beta = 1 / spread
	}
	for range 200 {
		sum, weighted := 0.0, 0.0
		for j, o := range near {
			e := o.d2 - least
			p[j] = math.Exp(-beta * e)
			sum += p[j]
			weighted += p[j] * e
		}
		for j := range p {
			p[j] /= sum
		}
		off := math.Log(sum) + beta*weighted/sum - target
		if math.Abs(off) < 1e-10 {
			return
		}
		if off > 0 {
			lo = beta
		} else {
			hi = beta
		}
		switch last := beta; {
		case math.IsInf(hi, 1):
			beta *= 2
		default:
			beta = (lo + hi) / 2
			if beta == last {
				return
			}
		}
		if math.IsInf(beta, 1) {
			return
		}
	}
}

// affinities returns P over k neighbors per point.
func affinities(ctx context.Context, c crew, x []float32, n, d, k int, perplexity float64) (*affinity, error) {
	near, err := nearest(ctx, c, x, n, d, k)
	if err != nil {
		return nil, err
	}
	given := make([]float64, n*k) // p_j|i
	c.run(blocks(n), func(b, _ int) {
		for i := b * block; i < min(n, (b+1)*block); i++ {
			conditional(near[i*k:][:k], perplexity, given[i*k:][:k])
		}
	})
	// The transpose by counting: its row j lists, in order, the i that have j as a
	// neighbor.
	start := make([]int, n+1)
	for _, o := range near {
		start[o.j+1]++
	}
	for i := range n {
		start[i+1] += start[i]
	}
	type entry struct {
		col int32
		p   float64
	}
	transposed, at := make([]entry, n*k), slices.Clone(start)
	for i := range n {
		for e := i * k; e < (i+1)*k; e++ {
			j := near[e].j
			transposed[at[j]] = entry{int32(i), given[e]}
			at[j]++
		}
	}
	a := &affinity{start: make([]int, 1, n+1), col: make([]int32, 0, 2*n*k), p: make([]float32, 0, 2*n*k)}
	row, scale := make([]entry, 0, k), 1/(2*float64(n))
	put := func(j int32, p float64) {
		a.col, a.p = append(a.col, j), append(a.p, float32(p*scale))
	}
	for i := range n {
		row = row[:0]
		for e := i * k; e < (i+1)*k; e++ {
			row = append(row, entry{near[e].j, given[e]})
		}
		slices.SortFunc(row, func(a, b entry) int { return cmp.Compare(a.col, b.col) })
		in := transposed[start[i]:start[i+1]]
		for len(row) > 0 || len(in) > 0 {
			switch {
			case len(in) == 0 || len(row) > 0 && row[0].col < in[0].col:
				put(row[0].col, row[0].p)
				row = row[1:]
			case len(row) == 0 || in[0].col < row[0].col:
				put(in[0].col, in[0].p)
				in = in[1:]
			default:
				put(in[0].col, row[0].p+in[0].p)
				row, in = row[1:], in[1:]
			}
		}
		a.start = append(a.start, len(a.col))
	}
	return a, ctx.Err()
}
