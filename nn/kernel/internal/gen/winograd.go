package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// side is the length of a tile in the transformed domain of F(4×4,3×3), step the
// length of its output.
const (
	side = 6
	step = 4
)

// winograd writes the calls of Winograd convolutions for one instruction set.
func winograd(t target) {
	winogradFilters(t)
	if t.registers < 32 {
		winogradInput(t)
	} else {
		winogradInputWide(t)
	}
	for tiles := 1; tiles <= t.tiles; tiles++ {
		winogradProduct(t, tiles)
	}
	winogradOutput(t)
}

// constant broadcasts v to all lanes.
func (t target) constant(v float32) reg.VecVirtual {
	r, x, c := GP32(), XMM(), t.vector()
	MOVL(U32(math.Float32bits(v)), r)
	VMOVD(r, x)
	VBROADCASTSS(x, c)
	return c
}

// filter applies G to three values:
//
//	 1/4     0     0
//	−1/6  −1/6  −1/6
//	−1/6   1/6  −1/6
//	1/24  1/12   1/6
//	1/24 −1/12   1/6
//	   0     0     1
//
// factors hold 1/4, −1/6, 1/24, 1/12 and 1/6.
func (t target) filter(g [3]reg.VecVirtual, factors [5]reg.VecVirtual) [side]reg.VecVirtual {
	quarter, sixth, far, mid, near := factors[0], factors[1], factors[2], factors[3], factors[4]
	first, outer, inner, ends, middle := t.vector(), t.vector(), t.vector(), t.vector(), t.vector()
	VMULPS(quarter, g[0], first)
	VADDPS(g[2], g[0], outer)
	VADDPS(g[1], outer, inner)
	VSUBPS(g[1], outer, outer)
	VMULPS(sixth, inner, inner)
	VMULPS(sixth, outer, outer)
	VMULPS(far, g[0], ends)
	VFMADD231PS(near, g[2], ends)
	VMULPS(mid, g[1], middle)
	VADDPS(middle, ends, g[0])
	VSUBPS(middle, ends, ends)
	return [side]reg.VecVirtual{first, inner, outer, g[0], ends, g[2]}
}

// winogradFilters writes the transform G·g·Gᵀ of filters of 16 output channels:
// down, into temp, then along.
func winogradFilters(t target) {
	name := t.name + "WinogradFilters"
	TEXT(name, NOSPLIT, "func(taps, u *float32, point uintptr, temp *float32)")
	Pragma("noescape")
	Doc(name + " transforms a 3×3 filter of 16 output channels. Its points are point bytes apart in u. temp has room for 18 vectors.")
	var factors [5]reg.VecVirtual
	for i, v := range []float64{1.0 / 4, -1.0 / 6, 1.0 / 24, 1.0 / 12, 1.0 / 6} {
		factors[i] = t.constant(float32(v))
	}
	taps, u, point, temp := load("taps"), load("u"), load("point"), load("temp")
	for h := range t.vectors() {
		for j := range 3 {
			var v [3]reg.VecVirtual
			for i := range v {
				v[i] = t.vector()
				VMOVUPS(at(taps, pixel*(3*i+j)+t.bytes*h), v[i])
			}
			for i, r := range t.filter(v, factors) {
				VMOVUPS(r, at(temp, pixel*(3*i+j)+t.bytes*h))
			}
		}
	}
	three := GP64()
	LEAQ(Mem{Base: point, Index: point, Scale: 2}, three)
	for i := range side {
		lower := GP64()
		LEAQ(Mem{Base: u, Index: three, Scale: 1}, lower)
		for h := range t.vectors() { // both halves of a cache line, one after the other
			var v [3]reg.VecVirtual
			for j := range v {
				v[j] = t.vector()
				VMOVUPS(at(temp, pixel*(3*i+j)+t.bytes*h), v[j])
			}
			for j, r := range t.filter(v, factors) {
				VMOVUPS(r, ofSix(j, u, lower, point, t.bytes*h))
			}
		}
		LEAQ(Mem{Base: lower, Index: three, Scale: 1}, u)
	}
	VZEROUPPER()
	RET()
}

// transform applies Bᵀ to six values:
//
//	4  0 −5  0  1  0
//	0 −4 −4  1  1  0
//	0  4 −4 −1  1  0
//	0 −2 −1  2  1  0
//	0  2 −1 −2  1  0
//	0  4  0 −5  0  1
//
// It overwrites d. four holds 4.
func (t target) transform(d [side]reg.VecVirtual, four reg.VecVirtual) {
	even, odd := t.vector(), t.vector()
	VSUBPS(d[2], d[4], even)       // d4 − d2
	VSUBPS(d[1], d[3], odd)        // d3 − d1
	VFNMADD231PS(d[2], four, d[4]) // d4 − 4·d2
	VSUBPS(d[2], d[0], d[0])
	VFMADD213PS(even, four, d[0]) // 4·(d0 − d2) + d4 − d2
	VSUBPS(d[3], d[5], d[5])
	VFNMADD231PS(d[1], four, d[3]) // d3 − 4·d1
	VFNMADD231PS(odd, four, d[5])  // d5 − d3 − 4·(d3 − d1)
	VADDPS(odd, odd, odd)
	VADDPS(d[3], d[4], d[1])
	VSUBPS(d[3], d[4], d[2])
	VADDPS(odd, even, d[3])
	VSUBPS(odd, even, d[4])
}

// winogradInput writes the transform Bᵀ·d·B of one strip of tiles of one block
// of channels: rows down, into strip, then along.
func winogradInput(t target) {
	name := t.name + "WinogradInput"
	TEXT(name, NOSPLIT, "func(rows *[6]*float32, cols int, strip, v *float32, tiles int, line, point uintptr)")
	Pragma("noescape")
	Doc(name+" transforms one strip of input tiles of 16 channels. rows are its six rows of cols pixels.",
		"strip is six rows, line bytes apart, of 4·tiles + 2 pixels, whose first pixel and whose pixels after",
		"the first cols + 1 are zero; the others are overwritten. Point p of tile i is written point·p + 64·i bytes after v.")
	four := t.constant(4)
	table := load("rows")
	var row [side]reg.GPVirtual
	for i := range row {
		row[i] = GP64()
		MOVQ(at(table, 8*i), row[i])
	}
	strip, cols, line := load("strip"), load("cols"), load("line")
	off := GP64()
	XORQ(off, off)
	ADDQ(Imm(pixel), strip)
	SHLQ(Imm(6), cols)
	Label("down")
	for h := range t.vectors() {
		var d [side]reg.VecVirtual
		for i := range d {
			d[i] = t.vector()
			VMOVUPS(Mem{Base: row[i], Index: off, Scale: 1, Disp: t.bytes * h}, d[i])
		}
		t.transform(d, four)
		p := GP64()
		MOVQ(strip, p)
		for i := range d {
			VMOVUPS(d[i], Mem{Base: p, Index: off, Scale: 1, Disp: t.bytes * h})
			if i < side-1 {
				ADDQ(line, p)
			}
		}
	}
	ADDQ(Imm(pixel), off)
	CMPQ(off, cols)
	JLT(LabelRef("down"))

	from := load("strip")
	v, point := load("v"), load("point")
	left := GP64()
	MOVQ(U32(side), left)
	three := GP64()
	LEAQ(Mem{Base: point, Index: point, Scale: 2}, three)
	Label("row")
	src, dst, tiles := GP64(), GP64(), load("tiles")
	MOVQ(from, src)
	MOVQ(v, dst)
	Label("along")
	upper := GP64()
	LEAQ(Mem{Base: dst, Index: three, Scale: 1}, upper)
	for h := range t.vectors() {
		var d [side]reg.VecVirtual
		for i := range d {
			d[i] = t.vector()
			VMOVUPS(at(src, pixel*i+t.bytes*h), d[i])
		}
		t.transform(d, four)
		for i, r := range d {
			VMOVUPS(r, ofSix(i, dst, upper, point, t.bytes*h))
		}
	}
	ADDQ(U32(step*pixel), src)
	ADDQ(Imm(pixel), dst)
	DECQ(tiles)
	JNZ(LabelRef("along"))
	ADDQ(line, from)
	LEAQ(Mem{Base: v, Index: three, Scale: 2}, v)
	DECQ(left)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// winogradProduct writes the 36 products of transformed tiles by filters of 16
// output channels, summed in registers for so many tiles at a time, and then for
// one tile fewer, so that any number of tiles divides into nearly equal parts.
func winogradProduct(t target, tiles int) {
	name := fmt.Sprintf("%sWinogradProduct%d", t.name, tiles)
	TEXT(name, NOSPLIT, "func(v, u, m *float32, many, few, blocks int, block, vPoint, mPoint uintptr)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies, at each of 36 points, %d·many + %d·few tiles of v by u, a matrix of 16·blocks rows", name, tiles, tiles-1),
		"of 16 output channels, into m. many and few are not both zero. Blocks of v are block bytes apart, points of v and m vPoint and mPoint.")
	v, u, m, block := load("v"), load("u"), load("m"), load("block")
	points, w := GP64(), GP64()
	MOVQ(U32(side*side), points)
	Label("point")
	from, to := GP64(), GP64()
	MOVQ(v, from)
	MOVQ(m, to)
	for _, part := range []struct {
		count string
		tiles int
	}{{"many", tiles}, {"few", tiles - 1}} {
		if part.tiles == 0 {
			continue
		}
		left := load(part.count)
		TESTQ(left, left)
		JZ(LabelRef(part.count + "_end"))
		Label(part.count)
		sums := make([][]reg.VecVirtual, part.tiles)
		for i := range sums {
			sums[i] = t.zeros(t.vectors())
		}
		x, blocks := GP64(), load("blocks")
		MOVQ(from, x)
		MOVQ(u, w)
		Label(part.count + "_block")
		filter, value := make([]reg.VecVirtual, t.vectors()), t.vector()
		for h := range filter {
			filter[h] = t.vector()
		}
		for c := range pixel / 4 {
			for h, f := range filter {
				VMOVUPS(at(w, pixel*c+t.bytes*h), f)
			}
			for i := range sums {
				t.accumulate(at(x, pixel*i+4*c), value, filter, sums[i])
			}
		}
		ADDQ(block, x)
		ADDQ(U32(pixel*pixel/4), w)
		DECQ(blocks)
		JNZ(LabelRef(part.count + "_block"))
		for i := range sums {
			for h, s := range sums[i] {
				VMOVUPS(s, at(to, pixel*i+t.bytes*h))
			}
		}
		ADDQ(U32(uint64(pixel*part.tiles)), from)
		ADDQ(U32(uint64(pixel*part.tiles)), to)
		DECQ(left)
		JNZ(LabelRef(part.count))
		Label(part.count + "_end")
	}
	MOVQ(w, u)
	vPoint, mPoint := load("vPoint"), load("mPoint")
	ADDQ(vPoint, v)
	ADDQ(mPoint, m)
	DECQ(points)
	JNZ(LabelRef("point"))
	VZEROUPPER()
	RET()
}

// inverse applies Aᵀ to six values and leaves the four results in s[0] to s[3]:
//
//	1  1  1  1  1  0
//	0  1 −1  2 −2  0
//	0  1  1  4  4  0
//	0  1 −1  8 −8  1
func (t target) inverse(s [side]reg.VecVirtual, two, four, eight reg.VecVirtual) [step]reg.VecVirtual {
	sum, difference := t.vector(), t.vector()
	VADDPS(s[2], s[1], sum)
	VSUBPS(s[2], s[1], s[1])
	VSUBPS(s[4], s[3], difference)
	VADDPS(s[4], s[3], s[3])
	VADDPS(s[5], s[1], s[5])
	VADDPS(sum, s[0], s[0])
	VFMADD231PS(difference, two, s[1])
	VFMADD231PS(difference, eight, s[5])
	VFMADD231PS(s[3], four, sum)
	VADDPS(s[3], s[0], s[0])
	return [step]reg.VecVirtual{s[0], s[1], sum, s[5]}
}

// winogradOutput writes the transform Aᵀ·m·A of one strip of tiles of one block
// of channels: down into temp, then along.
//
// With 32 registers the values between the two passes stay in registers.
func winogradOutput(t target) {
	name := t.name + "WinogradOutput"
	TEXT(name, NOSPLIT, "func(m *float32, point uintptr, y *float32, line uintptr, rows, tiles, cols int, temp *float32)")
	Pragma("noescape")
	Doc(name+" transforms one strip of products of 16 channels into rows (1 to 4) rows of pixels, line bytes apart:",
		"tiles of four columns and then, unless cols is 0, one of cols columns. temp has room for 24 vectors.")
	two, four, eight := t.constant(2), t.constant(4), t.constant(8)
	m, point, y, line, rows, tiles, temp := load("m"), load("point"), load("y"), load("line"), load("rows"), load("tiles"), load("temp")
	column := GP64() // from row to row of the points
	LEAQ(Mem{Base: point, Index: point, Scale: 2}, column)
	ADDQ(column, column)

	tile := func(label string, partial bool) {
		for h := range t.vectors() {
			upper, lower := GP64(), GP64()
			LEAQ(Mem{Base: m, Disp: t.bytes * h}, upper)
			LEAQ(Mem{Base: column, Index: column, Scale: 2}, lower)
			ADDQ(upper, lower)
			var between [step][side]reg.VecVirtual
			for j := range side {
				var s [side]reg.VecVirtual
				for i := range s {
					s[i] = t.vector()
					VMOVUPS(ofSix(i, upper, lower, column, 0), s[i])
				}
				for i, r := range t.inverse(s, two, four, eight) {
					between[i][j] = r
					if t.registers < 32 {
						VMOVUPS(r, at(temp, t.bytes*(side*i+j)))
					}
				}
				if j < side-1 {
					ADDQ(point, upper)
					ADDQ(point, lower)
				}
			}
			to := GP64()
			MOVQ(y, to)
			end := fmt.Sprintf("%s_end%d", label, h)
			for i := range step {
				if i > 0 {
					CMPQ(rows, Imm(uint64(i)))
					JLE(LabelRef(end))
					ADDQ(line, to)
				}
				s := between[i]
				if t.registers < 32 {
					for j := range s {
						s[j] = t.vector()
						VMOVUPS(at(temp, t.bytes*(side*i+j)), s[j])
					}
				}
				next := fmt.Sprintf("%s_row%d_%d", label, h, i+1)
				for j, r := range t.inverse(s, two, four, eight) {
					if partial && j > 0 {
						cols := load("cols")
						CMPQ(cols, Imm(uint64(j)))
						JLE(LabelRef(next))
					}
					VMOVUPS(r, at(to, pixel*j+t.bytes*h))
					if h == 0 && !partial { // the same row of the next strip, during the products
						PREFETCHT0(Mem{Base: to, Index: line, Scale: step, Disp: pixel * j})
					}
				}
				if partial {
					Label(next)
				}
			}
			Label(end)
		}
	}

	TESTQ(tiles, tiles)
	JZ(LabelRef("last"))
	Label("tile")
	tile("tile", false)
	ADDQ(Imm(pixel), m)
	ADDQ(U32(step*pixel), y)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	Label("last")
	cols := load("cols")
	TESTQ(cols, cols)
	JZ(LabelRef("end"))
	tile("part", true)
	Label("end")
	VZEROUPPER()
	RET()
}
