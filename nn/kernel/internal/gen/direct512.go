package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// run is how many pixels of a group lie side by side.
const run = 4

// direct512 writes the convolutions by the definition and batch normalisation
// for AVX-512, where a register holds the 16 channels of a block and a
// multiply-add takes its second factor from memory, broadcast.
func direct512() {
	convolve512("Convolve16", 16, run, 4, 1, pixel)
	convolve512("Convolve32", 16, run, 2, 2, pixel)
	convolve512("ConvolveStride16", 16, run, 4, 1, 2*pixel)
	convolve512("ConvolveStride32", 16, run, 2, 2, 2*pixel)
	convolve512("ConvolveAny", 16, 1, 4, 1, 0)
	convolve512("ConvolveStem", 3, run, 4, 1, 4)
	convolve512("ConvolveStemAny", 3, 1, 4, 1, 0)
	weightGradient(avx512, 8)
	weightGradientStem512()
	norm(avx512)
	peak(avx512)
}

// convolve512 writes a convolution kernel: tiles of groups groups of run
// pixels, step bytes apart in the source, with 16·outBlocks output channels.
// The sums run over blocks of source channels, over taps, and inside a tap over
// depth values that lie side by side. The source pointer walks from tap to tap,
// so that one register addresses all pixels of a group.
//
// With one block of output channels 16 accumulators meet 16 broadcasts from
// memory and one load of weights; with two the 16 accumulators need only eight
// broadcasts and two loads, where loads are the narrower path.
func convolve512(suffix string, depth, run, groups, outBlocks, step int) {
	name := avx512.name + suffix
	weights := "16 output channels."
	signature := "func(dst, src, weights *float32, taps *int32, ntaps, blocks int, skip uintptr, tiles *int32, ntiles int, dstStep uintptr)"
	if outBlocks == 2 {
		weights = "two blocks of 16 output channels, whose weights lie weightBlock and whose pixels dstBlock bytes apart."
		signature = "func(dst, src, weights *float32, taps *int32, ntaps, blocks int, skip uintptr, tiles *int32, ntiles int, dstStep, weightBlock, dstBlock uintptr)"
	}
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes ntiles tiles of %d × %d pixels and %s", name, groups, run, weights),
		"tiles holds the first pixel of every group as a pair of byte offsets in src and dst. taps holds the bytes from",
		"tap to tap, the last entry those to the first tap of the next block of source channels, whose weights begin",
		"skip bytes behind the last tap's.")
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
	acc := avx512.zeros(groups * run * outBlocks)
	of := func(g, j, o int) reg.VecVirtual { return acc[(g*run+j)*outBlocks+o] }
	var second reg.Register
	filter := []reg.VecVirtual{ZMM()}
	x := ZMM()
	if outBlocks == 2 {
		second = load("weightBlock")
		filter = append(filter, ZMM())
	}
	Label("block")
	tap, n := load("taps"), load("ntaps")
	Label("tap")
	for k := range depth {
		for o, f := range filter {
			m := at(w, pixel*k)
			if o == 1 {
				m.Index, m.Scale = second, 1
			}
			VMOVUPS(m, f)
		}
		for g := range p {
			for j := range run {
				m := at(p[g], step*j+4*k)
				if outBlocks == 1 {
					VFMADD231PS_BCST(m, filter[0], of(g, j, 0))
					continue
				}
				VBROADCASTSS(m, x)
				for o, f := range filter {
					VFMADD231PS(x, f, of(g, j, o))
				}
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
	if outBlocks == 2 {
		second = load("dstBlock")
	}
	for g := range p {
		q := GP64()
		MOVLQSX(at(tiles, 8*g+4), q)
		ADDQ(base, q)
		for j := range run {
			VMOVUPS(of(g, j, 0), at(q, 0))
			if outBlocks == 2 {
				VMOVUPS(of(g, j, 1), Mem{Base: q, Index: second, Scale: 1})
			}
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
