package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradInputWide writes the transform of winogradInput for 32 registers, where
// nothing has to be stored between the two passes. The last two columns of each
// tile, transformed down, stay for the next tile. It passes along a strip twice:
// for the four rows of the transform that need the same four rows of pixels, and
// for the other two. The arithmetic is that of winogradInput.
func winogradInputWide(t target) {
	name := t.name + "WinogradInput"
	TEXT(name, NOSPLIT, "func(rows *[6]*float32, v *float32, tiles, last int, point uintptr)")
	Pragma("noescape")
	Doc(name+" transforms one strip of input tiles of 16 channels. rows are its six rows, whose pixels before the",
		"first count as zero, as do those of the last tile from the last-th on, counted from its third (0 to 3).",
		"Point p of tile i is written point·p + 64·i bytes after v.")
	four, two := t.constant(4), t.constant(2)
	table := load("rows")
	var row [side]reg.GPVirtual
	for i := range row {
		row[i] = GP64()
		MOVQ(at(table, 8*i), row[i])
	}
	point := load("point")
	three := GP64() // points
	LEAQ(Mem{Base: point, Index: point, Scale: 2}, three)
	for _, pass := range []struct {
		label string
		rows  []int // of the transform
		step  int   // rows of points from each to the next
	}{{"inner", []int{1, 2, 3, 4}, 1}, {"outer", []int{0, 5}, 5}} {
		strip{t, pass.label, pass.rows, pass.step, row, four, two, point, three}.write()
	}
	VZEROUPPER()
	RET()
}

// strip is one pass of winogradInputWide.
type strip struct {
	target
	label        string
	rows         []int
	step         int
	row          [side]reg.GPVirtual
	four, two    reg.VecVirtual
	point, three reg.Register
}

func (s strip) write() {
	label := func(name string) string { return s.label + "_" + name }
	off, dst, tiles := GP64(), load("v"), load("tiles")
	six := GP64() // a row of points
	LEAQ(Mem{Base: s.three, Index: s.three, Scale: 1}, six)
	if s.rows[0] == 1 {
		ADDQ(six, dst)
	}
	XORQ(off, off)
	column := make([][side]reg.VecVirtual, len(s.rows)) // transformed down, for each row
	for r := range column {
		for c := range column[r] {
			column[r][c] = s.vector()
		}
		forget(column[r][0])
	}
	s.down(column, 1, off, 0)
	DECQ(tiles)
	JZ(LabelRef(label("last")))
	Label(label("tile"))
	for c := range step {
		s.down(column, 2+c, off, c+1)
	}
	s.along(column, dst, six)
	ADDQ(U32(step*pixel), off)
	ADDQ(Imm(pixel), dst)
	DECQ(tiles)
	JNZ(LabelRef(label("tile")))

	Label(label("last"))
	for r := range column {
		for c := range step {
			forget(column[r][2+c])
		}
	}
	last := load("last")
	for c := range step - 1 {
		CMPQ(last, Imm(uint64(c)))
		JLE(LabelRef(label("end")))
		s.down(column, 2+c, off, c+1)
	}
	Label(label("end"))
	s.along(column, dst, six)
}

// down transforms the column of pixels at off into column c of a tile.
func (s strip) down(column [][side]reg.VecVirtual, c int, off reg.Register, x int) {
	pixels := func(i int) Mem { return Mem{Base: s.row[i], Index: off, Scale: 1, Disp: pixel * x} }
	even, odd := s.vector(), s.vector()
	if len(column) == 2 {
		first, last, d1, d2 := column[0][c], column[1][c], s.vector(), s.vector()
		VMOVUPS(pixels(1), d1)
		VMOVUPS(pixels(2), d2)
		VMOVUPS(pixels(0), first)
		VMOVUPS(pixels(3), odd)
		VMOVUPS(pixels(4), even)
		VMOVUPS(pixels(5), last)
		VSUBPS(odd, last, last)
		VSUBPS(d2, first, first)
		VSUBPS(d1, odd, odd)
		VSUBPS(d2, even, even)
		VFMADD213PS(even, s.four, first) // 4·(d0 − d2) + d4 − d2
		VFNMADD231PS(odd, s.four, last)  // d5 − d3 − 4·(d3 − d1)
		return
	}
	d1, d2, d3, d4 := column[0][c], column[1][c], column[2][c], column[3][c]
	VMOVUPS(pixels(1), d1)
	VMOVUPS(pixels(2), d2)
	VMOVUPS(pixels(3), d3)
	VMOVUPS(pixels(4), d4)
	VSUBPS(d1, d3, odd)
	VSUBPS(d2, d4, even)
	VFNMADD231PS(d1, s.four, d3) // d3 − 4·d1
	VFNMADD231PS(d2, s.four, d4) // d4 − 4·d2
	VADDPS(d3, d4, d1)
	VSUBPS(d3, d4, d2)
	VMOVAPS(even, d3)
	VFMADD231PS(odd, s.two, d3)
	VFNMADD231PS(odd, s.two, even)
	VMOVAPS(even, d4)
}

// along transforms the rows of one tile and stores them, with six points from one
// row of points to the next. It keeps the last two columns as the first ones of the
// next tile.
func (s strip) along(column [][side]reg.VecVirtual, dst, six reg.Register) {
	to := GP64()
	MOVQ(dst, to)
	for r, d := range column {
		first, second := s.vector(), s.vector()
		VMOVAPS(d[4], first)
		VMOVAPS(d[5], second)
		s.transform(d, s.four)
		upper := GP64()
		LEAQ(Mem{Base: to, Index: s.three, Scale: 1}, upper)
		for i, v := range d {
			VMOVUPS(v, ofSix(i, to, upper, s.point, 0))
		}
		VMOVAPS(first, d[0])
		VMOVAPS(second, d[1])
		if r < len(column)-1 {
			for range s.step {
				ADDQ(six, to)
			}
		}
	}
}

// forget clears a register whose value is no longer needed. VXORPS at this width
// needs more than AVX512F, and the generator does not know that VPXORD reads
// nothing.
func forget(v reg.VecVirtual) { VPSUBD(v, v, v) }
