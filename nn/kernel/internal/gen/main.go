// Command gen writes the AVX2+FMA and AVX-512 assembly of package kernel, one file
// per family of functions.
//
// For AVX2 a block of 16 channels is two 8-float registers. Direct kernels keep
// twelve of the sixteen registers as accumulators (six rows of 16 channels):
// enough independent sums to hide the latency of a fused multiply-add, with two
// registers left for the shared operand and one or two for broadcasts. For
// AVX-512 a block is one of 32 registers, and up to 27 are accumulators.
package main

import (
	"flag"
	"fmt"
	"log"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	rows  = 6  // rows of accumulators: pixels, or elements of a weight gradient
	pixel = 64 // bytes of a block of 16 channels
	half  = 32 // bytes of a register
)

// families are the files that the command writes, by the value of -family.
var families = map[string]func(){
	"avx2":               direct,
	"avx2winograd":       func() { winograd(avx2) },
	"avx2winogradgrad":   func() { winogradGradient(avx2) },
	"avx512":             direct512,
	"avx512winograd":     func() { winograd(avx512) },
	"avx512winogradgrad": func() { winogradGradient(avx512) },
}

func main() {
	family := flag.String("family", "", "which functions to write")
	flag.Parse()
	write, known := families[*family]
	if !known {
		log.Fatalf("-family %q is unknown", *family)
	}
	ConstraintExpr("amd64,!noasm")
	write()
	Generate()
}

// direct writes the direct convolutions and batch normalization for AVX2, and what
// the other sets use of it.
func direct() {
	convolve("avx2Convolve", 16)
	convolve("avx2ConvolveStem", 3)
	weightGradient(avx2, 2)
	weightGradientStem()
	transposes()
	descend(avx2)
	norm(avx2)
	peak(avx2)
}

// at returns the memory operand off bytes after p.
func at(p reg.Register, off int) Mem { return Mem{Base: p, Disp: off} }

func load(name string) reg.Register { return Load(Param(name), GP64()) }

// inMemory returns a parameter as a memory operand.
func inMemory(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// convolve writes the kernel of every convolution: tiles of six pixels with 16
// output channels, summed over the taps and, inside a tap, over depth adjacent
// values of src. The pixels of a tile may be anywhere.
func convolve(name string, depth int) {
	TEXT(name, NOSPLIT, "func(dst, src, weights *float32, taps *int32, ntaps int, tiles *int32, ntiles int, add bool)")
	Pragma("noescape")
	Doc(name + " computes ntiles tiles of 16 output channels; with add the sums are added to dst, otherwise they replace it.")
	tiles, left := load("tiles"), load("ntiles")
	p := make([]reg.GPVirtual, rows)

	Label("tile")
	base := load("src")
	for j := range p {
		p[j] = GP64()
		MOVLQSX(at(tiles, 4*j), p[j])
		ADDQ(base, p[j])
	}
	w, tap, n := load("weights"), load("taps"), load("ntaps")
	acc := avx2.zeros(2 * rows)
	lo, hi, x := YMM(), YMM(), YMM()
	Label("tap")
	off := GP64()
	MOVLQSX(at(tap, 0), off)
	for k := range depth {
		VMOVUPS(at(w, pixel*k), lo)
		VMOVUPS(at(w, pixel*k+half), hi)
		for j := range p {
			VBROADCASTSS(Mem{Base: p[j], Index: off, Scale: 1, Disp: 4 * k}, x)
			VFMADD231PS(x, lo, acc[2*j])
			VFMADD231PS(x, hi, acc[2*j+1])
		}
	}
	ADDQ(Imm(4), tap)
	ADDQ(U32(pixel*depth), w)
	DECQ(n)
	JNZ(LabelRef("tap"))

	base = load("dst")
	for j := range p {
		MOVLQSX(at(tiles, 4*(rows+j)), p[j])
		ADDQ(base, p[j])
	}
	CMPB(inMemory("add"), Imm(0))
	JE(LabelRef("store"))
	for j := range p { // all loads before any store: the pixels of a tile may repeat
		VADDPS(at(p[j], 0), acc[2*j], acc[2*j])
		VADDPS(at(p[j], half), acc[2*j+1], acc[2*j+1])
	}
	Label("store")
	for j := range p {
		VMOVUPS(acc[2*j], at(p[j], 0))
		VMOVUPS(acc[2*j+1], at(p[j], half))
	}
	ADDQ(Imm(8*rows), tiles)
	DECQ(left)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// peak writes a loop of independent multiply-adds, with which the kernels are
// compared.
func peak(t target) {
	name := t.name + "Peak"
	TEXT(name, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("%s does n rounds of 12 independent fused multiply-adds of %d floats.", name, t.bytes/4))
	n := load("n")
	acc := t.zeros(12)
	v := t.zeros(1)[0]
	Label("loop")
	for _, a := range acc {
		VFMADD231PS(v, v, a)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
