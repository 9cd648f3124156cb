package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// direct512 writes the direct convolutions and batch normalization for AVX-512,
// where a register holds the 16 channels of a block and a multiply-add reads its
// second factor from memory, broadcast.
func direct512() {
	for _, pixels := range []int{16, 14} {
		convolveRows512("Left", pixels, 1, true, false)
		convolveRows512("Right", pixels, 1, false, true)
	}
	for _, pixels := range []int{16, 14, 8, 7} {
		convolveRows512("", pixels, 1, true, true)
		convolveRows512("Stride2", pixels, 2, true, false) // rows of even length end inside
	}
	convolve512("Convolve", 16, 4, pixel)
	convolve512("ConvolveStride", 16, 4, 2*pixel)
	convolve512("ConvolveAny", 16, 1, 0)
	convolve512("ConvolveStem", 3, 4, 4)
	convolve512("ConvolveStemAny", 3, 1, 0)
	weightGradient(avx512, 8)
	weightGradientStem512()
	norm(avx512)
	peak(avx512)
}

// convolveRows512 writes a convolution kernel that reads the image itself. The
// width of its tiles of adjacent pixels is fixed. It leaves out the tap outside the
// image at the left end of a row, the right one, or both.
//
// The source pointer is in the middle of a tile and moves from tap to tap, so that
// at stride 1 the distance of every pixel fits one byte of an instruction.
func convolveRows512(suffix string, pixels, stride int, left, right bool) {
	name := fmt.Sprintf("%sRows%d%s", avx512.name, pixels, suffix)
	TEXT(name, NOSPLIT, "func(dst, src, weights *float32, rows, lines, blocks int, dstLine, srcLine, nextBlock, nextWeights uintptr)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes rows tiles of %d pixels, one below the other, and 16 output channels. src is the middle tap", name, pixels),
		"of the first pixel in the first of the given filter lines. nextBlock and nextWeights are the bytes from",
		"after the last line to the next block of source channels.")
	dst, src, n := load("dst"), load("src"), load("rows")
	middle := pixels / 2 * stride
	ADDQ(U32(uint32(pixel*(middle-1))), src)
	srcLine, nextBlock, nextWeights := load("srcLine"), load("nextBlock"), load("nextWeights")

	Label("tile")
	s, w, blocks := GP64(), load("weights"), load("blocks")
	MOVQ(src, s)
	acc := avx512.zeros(pixels)
	filter := ZMM()
	Label("block")
	lines := load("lines")
	Label("line")
	for tap := range 3 {
		for k := range 16 {
			VMOVUPS(at(w, pixel*(16*tap+k)), filter)
			for j, a := range acc {
				if left && tap == 0 && j == 0 || right && tap == 2 && j == pixels-1 {
					continue
				}
				VFMADD231PS_BCST(at(s, pixel*(stride*j-middle)+4*k), filter, a)
			}
		}
		if tap < 2 {
			ADDQ(Imm(pixel), s)
		}
	}
	LEAQ(Mem{Base: s, Index: srcLine, Scale: 1, Disp: -2 * pixel}, s)
	ADDQ(U32(3*16*pixel), w)
	DECQ(lines)
	JNZ(LabelRef("line"))
	ADDQ(nextBlock, s)
	ADDQ(nextWeights, w)
	DECQ(blocks)
	JNZ(LabelRef("block"))

	for j, a := range acc {
		VMOVUPS(a, at(dst, pixel*j))
	}
	dstLine := load("dstLine")
	ADDQ(dstLine, dst)
	for range stride {
		ADDQ(srcLine, src)
	}
	DECQ(n)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// convolve512 writes a convolution kernel: tiles of four groups of run adjacent
// pixels, step bytes apart in the source, with 16 output channels. The sums run
// over blocks of source channels, over taps, and inside a tap over depth adjacent
// values. The source pointer moves from tap to tap, so that one register addresses
// all pixels of a group.
func convolve512(suffix string, depth, run, step int) {
	const groups = 4
	name := avx512.name + suffix
	TEXT(name, NOSPLIT, "func(dst, src, weights *float32, taps *int32, ntaps, blocks int, skip uintptr, tiles *int32, ntiles int, dstStep uintptr)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes ntiles tiles of %d × %d pixels and 16 output channels.", name, groups, run),
		"tiles holds the first pixel of every group as a pair of byte offsets in src and dst. taps holds the bytes from",
		"tap to tap, the last entry those to the first tap of the next block of source channels, whose weights begin",
		"skip bytes after the last tap's.")
	tiles, left := load("tiles"), load("ntiles")
	p := make([]reg.GPVirtual, groups)

	Label("tile")
	base := load("src")
	for g := range p {
		p[g] = GP64()
		MOVLQSX(at(tiles, 8*g), p[g])
		ADDQ(base, p[g])
	}
	w, blocks := load("weights"), load("blocks")
	acc := avx512.zeros(groups * run)
	filter := ZMM()
	Label("block")
	tap, n := load("taps"), load("ntaps")
	Label("tap")
	for k := range depth {
		VMOVUPS(at(w, pixel*k), filter)
		for g := range p {
			for j := range run {
				VFMADD231PS_BCST(at(p[g], step*j+4*k), filter, acc[g*run+j])
			}
		}
	}
	delta := GP64()
	MOVLQSX(at(tap, 0), delta)
	for g := range p {
		ADDQ(delta, p[g])
	}
	ADDQ(Imm(4), tap)
	ADDQ(U32(pixel*depth), w)
	DECQ(n)
	JNZ(LabelRef("tap"))
	skip := load("skip")
	ADDQ(skip, w)
	DECQ(blocks)
	JNZ(LabelRef("block"))

	base, dstStep := load("dst"), load("dstStep")
	for g := range p {
		q := GP64()
		MOVLQSX(at(tiles, 8*g+4), q)
		ADDQ(base, q)
		for j := range run {
			VMOVUPS(acc[g*run+j], at(q, 0))
			if j < run-1 {
				ADDQ(dstStep, q)
			}
		}
	}
	ADDQ(Imm(uint64(8*groups)), tiles)
	DECQ(left)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}
