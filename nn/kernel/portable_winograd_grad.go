package kernel

func winogradGradient[T Float](dy []T, h, w, r int, edge, m []T, point int) {
	cols := newTiling(h, w).cols
	fillEdge(dy, h, w, r, edge)
	var down [tileSide][tileStep]channels[T]
	var e [tileStep]*channels[T]
	var to [tileSide]*channels[T]
	for c := range cols {
		for j := range tileStep {
			for i := range e {
				e[i] = (*channels[T])(edge[((i*cols+c)*tileStep+j)*Block:])
			}
			for i := range to {
				to[i] = &down[i][j]
			}
			gradientPoints(&e, &to)
		}
		for i := range tileSide {
			for j := range e {
				e[j] = &down[i][j]
			}
			for j := range to {
				to[j] = (*channels[T])(m[(i*tileSide+j)*point+c*Block:])
			}
			gradientPoints(&e, &to)
		}
	}
}

// gradientPoints computes A·e:
//
//	1  0  0  0
//	1  1  1  1
//	1 −1  1 −1
//	1  2  4  8
//	1 −2  4 −8
//	0  0  0  1
func gradientPoints[T Float](e *[tileStep]*channels[T], to *[tileSide]*channels[T]) {
	e0, e1, e2, e3 := e[0], e[1], e[2], e[3]
	o1, o2, o3, o4 := to[1], to[2], to[3], to[4]
	*to[0], *to[5] = *e0, *e3
	for c := range e0 {
		a, b := e0[c]+e2[c], e1[c]+e3[c]
		o1[c], o2[c] = a+b, a-b
		a, b = e0[c]+4*e2[c], 2*(e1[c]+4*e3[c])
		o3[c], o4[c] = a+b, a-b
	}
}

func winogradOuter[T Float](acc, v, m []T, tiles, block, blocks int) {
	run := pixels{rows: 1, cols: tiles, xstep: Block}
	for b := range blocks {
		for l := range Block {
			a := acc[(b*Block+l)*Block:]
			outer(run, v[b*block+l:], m, a)
			outer(run, v[b*block+l:], m[8:], a[8:])
		}
	}
}

func winogradTaps[T Float](sums []T, point, lines int, acc []T) {
	var down [3][tileSide]T
	for k := range lines {
		for o := range Block {
			u := sums[k*Block+o:]
			for c := range tileSide {
				at := func(r int) T { return u[(tileSide*r+c)*point] }
				down[0][c], down[1][c], down[2][c] = tapPoints(at(0), at(1), at(2), at(3), at(4), at(5))
			}
			to := acc[k*9*Block+o:]
			for r, d := range down {
				x, y, z := tapPoints(d[0], d[1], d[2], d[3], d[4], d[5])
				to[3*r*Block] += x
				to[(3*r+1)*Block] += y
				to[(3*r+2)*Block] += z
			}
		}
	}
}

// tapPoints computes Gᵀ·u; filterPoints has G.
func tapPoints[T Float](u0, u1, u2, u3, u4, u5 T) (a, b, c T) {
	near, far := u1+u2, u3+u4
	a = u0*0.25 + (far*0.25-near)*(1.0/6)
	b = (u2 - u1 + (u3-u4)*0.5) * (1.0 / 6)
	c = (far-near)*(1.0/6) + u5
	return a, b, c
}

func scatterLines[T Float](rows, lines []T, n, row int) {
	for o := range Block {
		to := rows[o*row:][:n]
		for k := range to {
			to[k] = lines[k*Block+o]
		}
	}
}
