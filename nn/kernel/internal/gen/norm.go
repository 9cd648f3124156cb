package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// round is the number of registers that a loop over pixels handles at a time.
const round = 8

// ahead is how many bytes before their use values are prefetched. Processors do not
// prefetch beyond a page of 4 kB by themselves.
const ahead = 2048

// norm writes the calls of batch normalization for one instruction set.
func norm(t target) {
	normStats(t)
	normApply(t, "NormApplyReLU", false, true)
	normApply(t, "NormApplyAdd", true, false)
	normApply(t, "NormApplyAddReLU", true, true)
	normBackwardSums(t)
	normBackwardApply(t)
}

// pixels loops over the n > 0 pixels of planes of 16 channels, as many registers
// at a time as registers says, and then pixel by pixel. body handles register i of a round. It is at
// t.at(p, i) for each plane pointer p and holds the channels of register i mod
// t.vectors() of a block.
func (t target) pixels(label string, n reg.Register, registers int, planes []reg.Register, body func(i int)) {
	unroll := registers / t.vectors()
	count := GP64()
	MOVQ(n, count)
	SUBQ(Imm(uint64(unroll)), count)
	JLT(LabelRef(label + "_rest"))
	Label(label)
	for i := range registers {
		body(i)
	}
	for _, p := range planes {
		for i := range unroll {
			PREFETCHT0(at(p, ahead+pixel*i))
		}
		ADDQ(U32(pixel*unroll), p)
	}
	SUBQ(Imm(uint64(unroll)), count)
	JGE(LabelRef(label))
	Label(label + "_rest")
	ADDQ(Imm(uint64(unroll)), count)
	JZ(LabelRef(label + "_end"))
	Label(label + "_one")
	for i := range t.vectors() {
		body(i)
	}
	for _, p := range planes {
		ADDQ(Imm(pixel), p)
	}
	DECQ(count)
	JNZ(LabelRef(label + "_one"))
	Label(label + "_end")
}

// block holds the registers of 16 channels.
type block []reg.VecVirtual

// of returns the register of a block that belongs to register i of a round.
func (b block) of(i int) reg.VecVirtual { return b[i%len(b)] }

// fold adds the accumulators of a round to those of one block.
func (t target) fold(acc []reg.VecVirtual) block {
	for n := len(acc) / 2; n >= t.vectors(); n /= 2 {
		for i := range n {
			VADDPS(acc[n+i], acc[i], acc[i])
		}
	}
	return acc[:t.vectors()]
}

// coefficients loads one value per channel.
func (t target) coefficients(name string) block {
	p := load(name)
	b := block(t.some(t.vectors()))
	for i, v := range b {
		VMOVUPS(t.at(p, i), v)
	}
	return b
}

func (t target) store(name string, b block) {
	p := load(name)
	for i, v := range b {
		VMOVUPS(v, t.at(p, i))
	}
}

// load loads register i of plane p.
func (t target) load(p reg.Register, i int) reg.VecVirtual {
	v := t.vector()
	VMOVUPS(t.at(p, i), v)
	return v
}

func normStats(t target) {
	name := t.name + "NormStats"
	TEXT(name, NOSPLIT, "func(z *float32, hw int, mean, m2 *float32)")
	Pragma("noescape")
	Doc(name + " writes mean and sum of squared deviations of the 16 channels of one plane.")
	hw := load("hw")
	z := load("z")
	acc := t.zeros(round)
	t.pixels("sum", hw, round, []reg.Register{z}, func(i int) {
		VADDPS(t.at(z, i), acc[i], acc[i])
	})
	mean := t.fold(acc)
	count, n := XMM(), t.vector()
	VXORPS(count, count, count)
	VCVTSI2SSQ(hw, count, count)
	VBROADCASTSS(count, n)
	for _, m := range mean {
		VDIVPS(n, m, m)
	}
	t.store("mean", mean)

	z = load("z")
	acc = t.zeros(round)
	t.pixels("square", hw, round, []reg.Register{z}, func(i int) {
		d := t.load(z, i)
		VSUBPS(mean.of(i), d, d)
		VFMADD231PS(d, d, acc[i])
	})
	t.store("m2", t.fold(acc))
	VZEROUPPER()
	RET()
}

func normApply(t target, suffix string, residual, relu bool) {
	name := t.name + suffix
	signature := "func(hw int, z, scale, shift, y *float32)"
	if residual {
		signature = "func(hw int, z, scale, shift, residual, y *float32)"
	}
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " applies the affine map of batch normalization, and what its name adds, to the 16 channels of one plane.")
	scale, shift := t.coefficients("scale"), t.coefficients("shift")
	hw, z, y := load("hw"), load("z"), load("y")
	planes := []reg.Register{z, y}
	var r reg.Register
	if residual {
		r = load("residual")
		planes = append(planes, r)
	}
	zero := t.zeros(1)[0]
	t.pixels("loop", hw, round, planes, func(i int) {
		v := t.load(z, i)
		VFMADD213PS(shift.of(i), scale.of(i), v)
		if residual {
			VADDPS(t.at(r, i), v, v)
		}
		if relu {
			VMAXPS(v, zero, v) // in this order NaN stays NaN
		}
		VMOVUPS(v, t.at(y, i))
	})
	VZEROUPPER()
	RET()
}

func normBackwardSums(t target) {
	const registers = round / 2 // two sums each
	name := t.name + "NormBackwardSums"
	TEXT(name, NOSPLIT, "func(hw int, dy, y, z, mean, sum, dot *float32)")
	Pragma("noescape")
	Doc(name + " masks one plane of dy where y ≤ 0 and writes the sums of dy and dy·(z−mean).")
	mean := t.coefficients("mean")
	hw, dy, z, y := load("hw"), load("dy"), load("z"), load("y")
	zero := t.zeros(1)[0]
	sum, dot := t.zeros(registers), t.zeros(registers)
	t.pixels("loop", hw, registers, []reg.Register{dy, z, y}, func(i int) {
		d, v := t.vector(), t.vector()
		t.keep(zero, t.load(y, i), t.at(dy, i), d)
		VMOVUPS(d, t.at(dy, i))
		VMOVUPS(t.at(z, i), v)
		VSUBPS(mean.of(i), v, v)
		VADDPS(d, sum[i], sum[i])
		VFMADD231PS(d, v, dot[i])
	})
	t.store("sum", t.fold(sum))
	t.store("dot", t.fold(dot))
	VZEROUPPER()
	RET()
}

// keep loads from into d where y is positive or NaN, and clears the rest.
func (t target) keep(zero, y reg.VecVirtual, from Mem, d reg.VecVirtual) {
	notAtMost := Imm(0x16)
	if t.bytes == pixel {
		k := K()
		VCMPPS(notAtMost, zero, y, k)
		VMOVUPS_Z(from, k, d)
		return
	}
	VCMPPS(notAtMost, zero, y, d)
	VANDPS(from, d, d)
}

func normBackwardApply(t target) {
	name := t.name + "NormBackwardApply"
	TEXT(name, NOSPLIT, "func(hw int, dy, z, a, b, c, dz *float32)")
	Pragma("noescape")
	Doc(name + " computes dz = a·dy + b·z + c for the 16 channels of one plane.")
	a, b, c := t.coefficients("a"), t.coefficients("b"), t.coefficients("c")
	hw, dy, z, dz := load("hw"), load("dy"), load("z"), load("dz")
	t.pixels("loop", hw, round, []reg.Register{dy, z, dz}, func(i int) {
		v, d := t.vector(), t.vector()
		VMOVUPS(t.at(z, i), v)
		VFMADD213PS(c.of(i), b.of(i), v)
		VMOVUPS(t.at(dy, i), d)
		VFMADD231PS(d, a.of(i), v)
		VMOVUPS(v, t.at(dz, i))
	})
	VZEROUPPER()
	RET()
}
