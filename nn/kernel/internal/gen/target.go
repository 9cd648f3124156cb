package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// target is an instruction set for the generators.
type target struct {
	name      string // prefix of its functions
	bytes     int    // of a vector register
	registers int    // vector registers
	tiles     int    // whose products by 16 channels Winograd sums in registers
	vector    func() reg.VecVirtual
}

var (
	avx2   = target{"avx2", 32, 16, 6, YMM}
	avx512 = target{"avx512", 64, 32, 16, ZMM}
)

// vectors is the number of registers that hold a block of 16 channels.
func (t target) vectors() int { return pixel / t.bytes }

// at returns the memory operand of register i after p.
func (t target) at(p reg.Register, i int) Mem { return at(p, t.bytes*i) }

// some returns n registers.
func (t target) some(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = t.vector()
	}
	return v
}

// zeros returns n cleared registers.
func (t target) zeros(n int) []reg.VecVirtual {
	v := t.some(n)
	for i := range v {
		if t.bytes == pixel {
			VPXORD(v[i], v[i], v[i]) // VXORPS of this width is beyond AVX512F
		} else {
			VXORPS(v[i], v[i], v[i])
		}
	}
	return v
}

// addTo adds registers to the values in memory at sum.
func (t target) addTo(sum reg.Register, v []reg.VecVirtual) {
	for i, r := range v {
		VADDPS(t.at(sum, i), r, r)
		VMOVUPS(r, t.at(sum, i))
	}
}

// accumulate adds a value in memory, broadcast, times each factor to a sum. It may
// overwrite register x.
func (t target) accumulate(value Mem, x reg.VecVirtual, factors, sums []reg.VecVirtual) {
	if t.bytes == pixel {
		VFMADD231PS_BCST(value, factors[0], sums[0])
		return
	}
	VBROADCASTSS(value, x)
	for i, f := range factors {
		VFMADD231PS(x, f, sums[i])
	}
}
