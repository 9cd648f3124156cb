package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposes writes the two calls that convert between PyTorch's layout of weights,
// where a filter's taps are adjacent, and the kernels', where 16 channels are. They
// compute nothing, and every set uses these.
func transposes() {
	TEXT("avx2Gather", NOSPLIT, "func(lines, rows *float32, n int, row uintptr, line int)")
	Pragma("noescape")
	Doc("avx2Gather writes n ≥ 8 columns of 16 rows, row bytes apart, as n lines of 16 values, line bytes apart.")
	first, n, row, line := load("rows"), load("n"), load("row"), load("line")
	to := load("lines")
	three := GP64()
	LEAQ(Mem{Base: row, Index: row, Scale: 2}, three)
	eachEight(n, func(back reg.Register) { // the columns of the last eight that are not written yet
		SHLQ(Imm(2), back)
		SUBQ(back, first)
		SHRQ(Imm(2), back)
		IMULQ(line, back)
		SUBQ(back, to)
	}, func() {
		q, out := GP64(), GP64()
		MOVQ(first, q)
		for h := range 2 {
			lower := GP64()
			LEAQ(Mem{Base: q, Index: row, Scale: 4}, lower)
			MOVQ(to, out)
			for c := 0; c < 8; c += 4 {
				for _, v := range transposed(func(i int) Mem {
					m := Mem{Base: q, Disp: 4 * c}
					if i >= 4 {
						m.Base = lower
					}
					return distant(m, i%4, row, three)
				}) {
					VMOVUPS(v, at(out, half*h))
					ADDQ(line, out)
				}
			}
			if h == 0 {
				LEAQ(Mem{Base: q, Index: row, Scale: 8}, q)
			}
		}
		ADDQ(Imm(32), first)
		MOVQ(out, to)
	})
	VZEROUPPER()
	RET()

	TEXT("avx2Scatter", NOSPLIT, "func(rows, lines *float32, n int, row uintptr)")
	Pragma("noescape")
	Doc("avx2Scatter writes n ≥ 8 lines of 16 adjacent values as n columns of 16 rows, row bytes apart.")
	first, n, row = load("rows"), load("n"), load("row")
	from := load("lines")
	eachEight(n, func(back reg.Register) {
		SHLQ(Imm(2), back)
		SUBQ(back, first)
		SHLQ(Imm(4), back)
		SUBQ(back, from)
	}, func() {
		out := GP64()
		MOVQ(first, out)
		for c := 0; c < pixel; c += 16 {
			for _, v := range transposed(func(i int) Mem { return at(from, pixel*i+c) }) {
				VMOVUPS(v, at(out, 0))
				ADDQ(row, out)
			}
		}
		ADDQ(Imm(32), first)
		ADDQ(U32(8*pixel), from)
	})
	VZEROUPPER()
	RET()
}

// eachEight repeats body for n ≥ 8 columns, eight at a time. If n is not a multiple
// of eight, the last eight overlap those before: stepBack moves the pointers back
// by the given number of columns.
func eachEight(n reg.Register, stepBack func(back reg.Register), body func()) {
	SUBQ(Imm(8), n)
	Label("eight")
	body()
	SUBQ(Imm(8), n)
	JGE(LabelRef("eight"))
	CMPQ(n, I32(-8))
	JE(LabelRef("end"))
	back := GP64()
	MOVQ(n, back)
	NEGQ(back)
	stepBack(back)
	XORQ(n, n)
	JMP(LabelRef("eight"))
	Label("end")
}

// distant returns m moved by i times row; three holds 3·row.
func distant(m Mem, i int, row, three reg.Register) Mem {
	switch i {
	case 1, 2:
		m.Index, m.Scale = row, uint8(i)
	case 3:
		m.Index, m.Scale = three, 1
	}
	return m
}

// ofSix returns the i-th of six positions that are step apart, plus off bytes. The
// first is at upper, the fourth at lower.
func ofSix(i int, upper, lower, step reg.Register, off int) Mem {
	m := Mem{Base: upper, Disp: off}
	if i >= 3 {
		m.Base = lower
	}
	if i%3 > 0 {
		m.Index, m.Scale = step, uint8(i%3)
	}
	return m
}

// transposed loads four values of each of eight rows and returns them as four
// columns.
func transposed(of func(row int) Mem) [4]reg.VecVirtual {
	var r [4]reg.VecVirtual // a row in the lower half, the fourth below it in the upper
	for i := range r {
		x := XMM()
		VMOVUPS(of(i), x)
		r[i] = YMM()
		VINSERTF128(Imm(1), of(i+4), x.AsY(), r[i])
	}
	var pair [4]reg.VecVirtual
	for i := range pair {
		pair[i] = YMM()
	}
	VUNPCKLPS(r[1], r[0], pair[0])
	VUNPCKHPS(r[1], r[0], pair[1])
	VUNPCKLPS(r[3], r[2], pair[2])
	VUNPCKHPS(r[3], r[2], pair[3])
	var columns [4]reg.VecVirtual
	for i := range columns {
		columns[i] = YMM()
		VSHUFPS(Imm([]uint64{0x44, 0xee}[i%2]), pair[2+i/2], pair[i/2], columns[i])
	}
	return columns
}
