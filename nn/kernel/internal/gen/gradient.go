package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// weightGradient writes the kernel of a weight gradient at the three taps of a
// filter row. It processes as many input channels at a time as registers hold sums
// for. Taps of the first and last pixel of a row that are outside the image are
// left out, so that it needs no border.
func weightGradient(t target, channels int) {
	name := t.name + "WeightGradient"
	TEXT(name, NOSPLIT, "func(acc, x, dy *float32, nrows, middle int, last bool, xCol, xRow uintptr)")
	Pragma("noescape")
	Doc(name+" adds the products of 16 channels of x, at three taps, with 16 channels of dy to acc[16][3][16], over",
		"nrows rows: a first pixel, whose left tap is outside x, middle ones and, if last, one whose right tap",
		"is. x points to the first pixel's middle tap; pixels are xCol bytes apart, rows xRow.")
	sum, x, xCol, xRow := load("acc"), load("x"), load("xCol"), load("xRow")
	parts := GP64()
	MOVQ(U32(uint32(pixel/4/channels)), parts)

	Label("part")
	row, dy, nrows := GP64(), load("dy"), load("nrows")
	MOVQ(x, row)
	acc := t.zeros(3 * channels * t.vectors())
	d, v := t.some(t.vectors()), t.vector()
	Label("row")
	p, n := GP64(), load("middle")
	MOVQ(row, p)
	products := func(taps ...int) {
		for i, r := range d {
			VMOVUPS(t.at(dy, i), r)
		}
		for c := range channels {
			for _, tap := range taps {
				t.accumulate(at(p, pixel*(tap-1)+4*c), v, d, acc[(3*c+tap)*len(d):])
			}
		}
		ADDQ(xCol, p)
		ADDQ(Imm(pixel), dy)
	}
	products(1, 2)
	TESTQ(n, n)
	JZ(LabelRef("last"))
	Label("pixel")
	products(0, 1, 2)
	DECQ(n)
	JNZ(LabelRef("pixel"))
	Label("last")
	CMPB(inMemory("last"), Imm(0))
	JE(LabelRef("end"))
	products(0, 1)
	Label("end")
	ADDQ(xRow, row)
	DECQ(nrows)
	JNZ(LabelRef("row"))

	t.addTo(sum, acc)
	ADDQ(U32(uint32(3*pixel*channels)), sum)
	ADDQ(Imm(uint64(4*channels)), x)
	DECQ(parts)
	JNZ(LabelRef("part"))
	VZEROUPPER()
	RET()
}

// weightGradientStem writes the kernel for two lines of a planar input with a
// border, for AVX2.
func weightGradientStem() {
	const name = "avx2WeightGradientStem"
	TEXT(name, NOSPLIT, "func(acc, x, dy *float32, nrows, ncols int, xRow, xCol, second uintptr)")
	Pragma("noescape")
	Doc(name+" adds the products of two lines of x, second bytes apart, at three columns, with 16 channels of dy to",
		"acc[2][3][16], over nrows × ncols pixels, xCol bytes apart, in rows xRow bytes apart.")
	row, dy, nrows := load("x"), load("dy"), load("nrows")
	second, xCol, xRow := load("second"), load("xCol"), load("xRow")
	acc := avx2.zeros(2 * rows)
	d, v := avx2.some(2), YMM()
	Label("row")
	p, n := GP64(), load("ncols")
	MOVQ(row, p)
	Label("pixel")
	VMOVUPS(at(dy, 0), d[0])
	VMOVUPS(at(dy, half), d[1])
	for j := range rows {
		m := at(p, 4*(j%3))
		if j >= 3 {
			m.Index, m.Scale = second, 1
		}
		avx2.accumulate(m, v, d, acc[2*j:])
	}
	ADDQ(xCol, p)
	ADDQ(Imm(pixel), dy)
	DECQ(n)
	JNZ(LabelRef("pixel"))
	ADDQ(xRow, row)
	DECQ(nrows)
	JNZ(LabelRef("row"))
	avx2.addTo(load("acc"), acc)
	VZEROUPPER()
	RET()
}

// weightGradientStem512 writes the kernel for a planar input with a border, for
// AVX-512: three planes by three filter rows by three columns, 27 accumulators.
func weightGradientStem512() {
	const name = "avx512WeightGradientStem"
	TEXT(name, NOSPLIT, "func(acc, x, dy *float32, nrows, ncols int, xCol, xSkip, line, plane uintptr)")
	Pragma("noescape")
	Doc(name+" adds the products of three planes of x, plane bytes apart, at three rows, line bytes apart, and",
		"three columns with 16 channels of dy to acc[3][3][3][16], over nrows × ncols pixels, xCol bytes apart in x,",
		"with xSkip more bytes at the end of a row.")
	planes := []reg.Register{load("x"), GP64(), GP64()}
	line, plane := load("line"), load("plane")
	for i := range planes[1:] {
		MOVQ(planes[i], planes[i+1])
		ADDQ(plane, planes[i+1])
	}
	dy, nrows, xCol, xSkip := load("dy"), load("nrows"), load("xCol"), load("xSkip")
	acc := avx512.zeros(27)
	d := ZMM()
	Label("row")
	n := load("ncols")
	Label("pixel")
	VMOVUPS(at(dy, 0), d)
	for i, a := range acc {
		m := at(planes[i/9], 4*(i%3))
		if row := i / 3 % 3; row > 0 {
			m.Index, m.Scale = line, uint8(row)
		}
		VFMADD231PS_BCST(m, d, a)
	}
	for _, p := range planes {
		ADDQ(xCol, p)
	}
	ADDQ(Imm(pixel), dy)
	DECQ(n)
	JNZ(LabelRef("pixel"))
	for _, p := range planes {
		ADDQ(xSkip, p)
	}
	DECQ(nrows)
	JNZ(LabelRef("row"))
	avx512.addTo(load("acc"), acc)
	VZEROUPPER()
	RET()
}
