package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The weight gradient by Winograd's F(4×4,3×3) is Gᵀ [Σ (Bᵀ d B) ⊙ (A e Aᵀ)] G, the
// sum over tiles of 4×4 output gradients e and the 6×6 inputs d that they read. It
// takes the transform of d, which the forward product has too, and the transform of
// e. Then come an outer product of channels at each of the 36 points and the
// transform of the sums back to the nine taps.

// winogradGradient writes the three kernels for one target.
func winogradGradient(t target) {
	gradTiles(t)
	gradProducts(t)
	gradFilter(t)
}

// gradTiles writes the transform A e Aᵀ of tiles, where
//
//	A = 1  0  0  0
//	    1  1  1  1
//	    1 -1  1 -1
//	    1  2  4  8
//	    1 -2  4 -8
//	    0  0  0  1
//
// A tile's 16 values and 24 half transformed ones do not fit in 16 registers. So
// the upper and the lower three rows, which share no sums, are computed one after
// the other.
func gradTiles(t target) {
	name := t.name + "WinogradGradTiles"
	TEXT(name, NOSPLIT, "func(m, dy *float32, tiles int, row, point uintptr)")
	Pragma("noescape")
	Doc(name + " transforms adjacent tiles of 4×4 pixels in dy, whose rows are row bytes apart; the points of m are point bytes apart.")
	m, dy, left := load("m"), load("dy"), load("tiles")
	row, point := load("row"), load("point")
	three, triple := GP64(), GP64() // rows, points
	LEAQ(Mem{Base: row, Index: row, Scale: 2}, three)
	LEAQ(Mem{Base: point, Index: point, Scale: 2}, triple)
	two, four := t.constant(2), t.constant(4)

	Label("tile")
	for off := 0; off < pixel; off += t.bytes {
		to, half := GP64(), GP64() // a row of points and its second half
		MOVQ(m, to)
		emit := func(i int, v reg.VecVirtual) {
			VMOVUPS(v, ofSix(i, to, half, point, off))
		}
		// along transforms a row of four values, in the order that uses the fewest
		// registers.
		along := func(y [4]reg.VecVirtual) {
			LEAQ(Mem{Base: to, Index: triple, Scale: 1}, half)
			emit(0, y[0])
			emit(5, y[3])
			even, odd, sum := t.vector(), t.vector(), t.vector()
			VADDPS(y[2], y[0], even)
			VADDPS(y[3], y[1], odd)
			VFMADD213PS(y[0], four, y[2]) // y0 + 4·y2
			VFMADD213PS(y[1], four, y[3]) // y1 + 4·y3
			VADDPS(odd, even, sum)
			VSUBPS(odd, even, even)
			emit(1, sum)
			emit(2, even)
			VMOVAPS(y[3], sum)
			VFMADD213PS(y[2], two, sum)
			VFNMADD213PS(y[2], two, y[3])
			emit(3, sum)
			emit(4, y[3])
			LEAQ(Mem{Base: half, Index: triple, Scale: 1}, to)
		}
		var upper, lower [3][4]reg.VecVirtual
		for c := range 4 {
			e, f, sum, diff := t.vector(), t.vector(), t.vector(), t.vector()
			y := t.vector()
			VMOVUPS(distant(Mem{Base: dy, Disp: pixel*c + off}, 0, row, three), y)
			VADDPS(distant(Mem{Base: dy, Disp: pixel*c + off}, 2, row, three), y, e)
			VMOVUPS(distant(Mem{Base: dy, Disp: pixel*c + off}, 1, row, three), f)
			VADDPS(distant(Mem{Base: dy, Disp: pixel*c + off}, 3, row, three), f, f)
			VADDPS(f, e, sum)
			VSUBPS(f, e, diff)
			upper[0][c], upper[1][c], upper[2][c] = y, sum, diff
		}
		for _, y := range upper {
			along(y)
		}
		for c := range 4 {
			g, h, sum, y := t.vector(), t.vector(), t.vector(), t.vector()
			VMOVUPS(distant(Mem{Base: dy, Disp: pixel*c + off}, 2, row, three), g)
			VFMADD213PS(distant(Mem{Base: dy, Disp: pixel*c + off}, 0, row, three), four, g)
			VMOVUPS(distant(Mem{Base: dy, Disp: pixel*c + off}, 3, row, three), y)
			VMOVAPS(y, h)
			VFMADD213PS(distant(Mem{Base: dy, Disp: pixel*c + off}, 1, row, three), four, h)
			VMOVAPS(h, sum)
			VFMADD213PS(g, two, sum)
			VFNMADD213PS(g, two, h)
			lower[0][c], lower[1][c], lower[2][c] = sum, h, y
		}
		for _, y := range lower {
			along(y)
		}
	}
	ADDQ(U32(step*pixel), dy)
	ADDQ(Imm(pixel), m)
	DECQ(left)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// gradProducts writes the outer products at one point: 16 channels of the
// output with blocks of 16 channels of the input, summed over tiles.
func gradProducts(t target) {
	name := t.name + "WinogradGradProducts"
	TEXT(name, NOSPLIT, "func(acc, v, m *float32, tiles, blocks int, vBlock uintptr)")
	Pragma("noescape")
	Doc(name + " adds to acc[blocks][16][16] the products, summed over tiles, of 16 values of v in each of its blocks, vBlock bytes apart, with 16 of m.")
	acc, v, m, blocks := load("acc"), load("v"), load("m"), load("blocks")
	n := load("tiles")
	SHLQ(Imm(6), n) // bytes
	ADDQ(n, v)
	ADDQ(n, m)
	NEGQ(n)
	vBlock := load("vBlock")
	vectors := t.vectors()

	Label("block")
	i := GP64()
	first := 0
	for group, rows := range gradRows[t.registers] {
		sums := make([]reg.VecVirtual, rows*vectors)
		for i := range sums {
			sums[i] = t.vector()
			VMOVUPS(at(acc, pixel*first+t.bytes*i), sums[i])
		}
		label := fmt.Sprintf("tile%d", group)
		MOVQ(n, i)
		tile := func(off int) {
			right := make([]reg.VecVirtual, vectors)
			for k := range right {
				right[k] = t.vector()
				VMOVUPS(Mem{Base: m, Index: i, Scale: 1, Disp: off + t.bytes*k}, right[k])
			}
			for r := range rows {
				left := t.vector()
				t.accumulate(Mem{Base: v, Index: i, Scale: 1, Disp: off + 4*(first+r)}, left, right, sums[r*vectors:])
			}
		}
		if t.registers < 32 { // twelve multiply-adds are too few for one iteration
			const tiles = 4
			ADDQ(Imm(pixel*(tiles-1)), i)
			JGE(LabelRef(label + "_rest"))
			Label(label + "_four")
			for k := range tiles {
				tile(pixel * (k - tiles + 1))
			}
			ADDQ(U32(pixel*tiles), i)
			JL(LabelRef(label + "_four"))
			Label(label + "_rest")
			SUBQ(Imm(pixel*(tiles-1)), i)
			JGE(LabelRef(label + "_end"))
		}
		Label(label)
		tile(0)
		ADDQ(Imm(pixel), i)
		JNZ(LabelRef(label))
		if t.registers < 32 {
			Label(label + "_end")
		}
		for i, s := range sums {
			VMOVUPS(s, at(acc, pixel*first+t.bytes*i))
		}
		first += rows
	}
	ADDQ(U32(pixel*first), acc)
	ADDQ(vBlock, v)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// gradFilter writes the transform Gᵀ u G of sums, where
//
//	6 G = 3/2    0   0
//	       -1   -1  -1
//	       -1    1  -1
//	      1/4  1/2   1
//	      1/4 -1/2   1
//	        0    0   6
func gradFilter(t target) {
	name := t.name + "WinogradGradFilter"
	TEXT(name, 0, "func(acc, sums *float32, lines int, point uintptr)")
	Pragma("noescape")
	Doc(name + " transforms lines of 16 sums at 36 points, point bytes apart, and adds the results to acc[lines][9][16].")
	acc, sums, lines, point := load("acc"), load("sums"), load("lines"), load("point")
	quarter, sixth, half := t.constant(1./4), t.constant(1./6), t.constant(1./2)
	row := GP64() // of points
	LEAQ(Mem{Base: point, Index: point, Scale: 2}, row)
	ADDQ(row, row)
	three := GP64()
	LEAQ(Mem{Base: row, Index: row, Scale: 2}, three)

	// taps transforms the six values that get returns one by one to three.
	taps := func(get func(i int, v reg.VecVirtual)) [3]reg.VecVirtual {
		one, two := t.vector(), t.vector()
		get(1, one)
		get(2, two)
		s, d := t.vector(), t.vector()
		VADDPS(two, one, s)
		VSUBPS(one, two, d)
		three, four := t.vector(), t.vector()
		get(3, three)
		get(4, four)
		p, q := t.vector(), t.vector()
		VADDPS(four, three, p)
		VSUBPS(four, three, q)
		w := [3]reg.VecVirtual{t.vector(), t.vector(), t.vector()}
		// (p/4 − s)/6 + u0/4, (q/2 + d)/6, (p − s)/6 + u5
		VSUBPS(s, p, w[2])
		VFMSUB132PS(quarter, s, p)
		get(0, w[0])
		VMULPS(quarter, w[0], w[0])
		VFMADD231PS(sixth, p, w[0])
		VFMADD132PS(half, d, q)
		VMULPS(sixth, q, w[1])
		five := t.vector()
		get(5, five)
		VFMADD132PS(sixth, five, w[2])
		return w
	}
	space := AllocLocal(3 * side * t.bytes)
	Label("line")
	for off := 0; off < pixel; off += t.bytes {
		// Columns first. The three rows that they leave do not fit in 16 registers and go
		// through the stack.
		column := GP64()
		MOVQ(sums, column)
		for c := range side {
			lower := GP64()
			LEAQ(Mem{Base: column, Index: three, Scale: 1}, lower)
			w := taps(func(i int, v reg.VecVirtual) {
				VMOVUPS(ofSix(i, column, lower, row, off), v)
			})
			for r, v := range w {
				VMOVUPS(v, space.Offset((side*r+c)*t.bytes))
			}
			ADDQ(point, column)
		}
		for r := range 3 {
			w := taps(func(i int, v reg.VecVirtual) { VMOVUPS(space.Offset((side*r+i)*t.bytes), v) })
			for c, v := range w {
				VADDPS(at(acc, pixel*(3*r+c)+off), v, v)
				VMOVUPS(v, at(acc, pixel*(3*r+c)+off))
			}
		}
	}
	ADDQ(Imm(pixel), sums)
	ADDQ(U32(9*pixel), acc)
	DECQ(lines)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
}

// gradRows lists how many input channels gradProducts processes at a time, by the
// number of registers.
var gradRows = map[int][]int{16: {6, 5, 5}, 32: {16}}
