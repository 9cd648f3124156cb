package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// descend writes the optimizer's step. It rounds after every operation, as the
// loop in Go does, so it has the same bits.
func descend(t target) {
	const registers = 2
	name := t.name + "Descend"
	TEXT(name, NOSPLIT, "func(value, grad, velocity *float32, n int, rate, momentum, decay float32)")
	Pragma("noescape")
	Doc(name + " moves n values, a positive multiple of 16, by stochastic gradient descent with momentum and weight decay.")
	value, grad, velocity, n := load("value"), load("grad"), load("velocity"), load("n")
	scalar := func(name string) reg.VecVirtual {
		v := t.vector()
		VBROADCASTSS(inMemory(name), v)
		return v
	}
	rate, momentum, decay := scalar("rate"), scalar("momentum"), scalar("decay")
	Label("loop")
	for i := range registers {
		x, g, v := t.vector(), t.vector(), t.vector()
		VMOVUPS(t.at(value, i), x)
		VMULPS(decay, x, g)
		VADDPS(t.at(grad, i), g, g)
		VMULPS(t.at(velocity, i), momentum, v)
		VADDPS(g, v, v)
		VMOVUPS(v, t.at(velocity, i))
		VMULPS(rate, v, v)
		VSUBPS(v, x, x)
		VMOVUPS(x, t.at(value, i))
	}
	for _, p := range []reg.Register{value, grad, velocity} {
		ADDQ(Imm(uint64(registers*t.bytes)), p)
	}
	SUBQ(Imm(uint64(registers*t.bytes/4)), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
