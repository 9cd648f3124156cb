package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pixels loops over the n > 0 pixels of planes of 16 channels, unroll at a
// time and then one by one. body handles register i of a round, which lies at
// at(p, half*i) for each plane pointer p and holds the low eight channels when
// i is even.
func pixels(label string, n reg.Register, unroll int, planes []reg.Register, body func(i int)) {
	count := GP64()
	MOVQ(n, count)
	SUBQ(Imm(uint64(unroll)), count)
	JLT(LabelRef(label + "_rest"))
	Label(label)
	for i := range 2 * unroll {
		body(i)
	}
	for _, p := range planes {
		ADDQ(U32(pixel*unroll), p)
	}
	SUBQ(Imm(uint64(unroll)), count)
	JGE(LabelRef(label))
	Label(label + "_rest")
	ADDQ(Imm(uint64(unroll)), count)
	JZ(LabelRef(label + "_end"))
	Label(label + "_one")
	body(0)
	body(1)
	for _, p := range planes {
		ADDQ(Imm(pixel), p)
	}
	DECQ(count)
	JNZ(LabelRef(label + "_one"))
	Label(label + "_end")
}

// fold adds up accumulators that alternate between low and high channels and
// returns one register of each.
func fold(acc []reg.VecVirtual) [2]reg.VecVirtual {
	for n := len(acc) / 2; n >= 2; n /= 2 {
		for i := range n {
			VADDPS(acc[n+i], acc[i], acc[i])
		}
	}
	return [2]reg.VecVirtual{acc[0], acc[1]}
}

// coefficients loads one value a channel.
func coefficients(name string) [2]reg.VecVirtual {
	p := load(name)
	v := [2]reg.VecVirtual{YMM(), YMM()}
	VMOVUPS(at(p, 0), v[0])
	VMOVUPS(at(p, half), v[1])
	return v
}

func store(name string, v [2]reg.VecVirtual) {
	p := load(name)
	VMOVUPS(v[0], at(p, 0))
	VMOVUPS(v[1], at(p, half))
}

func normStats() {
	const unroll = 4
	TEXT("avx2NormStats", NOSPLIT, "func(z *float32, hw int, mean, m2 *float32)")
	Pragma("noescape")
	Doc("avx2NormStats writes mean and sum of squared deviations of the 16 channels of one plane.")
	hw := load("hw")
	z := load("z")
	acc := zeros(2 * unroll)
	pixels("sum", hw, unroll, []reg.Register{z}, func(i int) {
		VADDPS(at(z, half*i), acc[i], acc[i])
	})
	mean := fold(acc)
	count, n := XMM(), YMM()
	VXORPS(count, count, count)
	VCVTSI2SSQ(hw, count, count)
	VBROADCASTSS(count, n)
	VDIVPS(n, mean[0], mean[0])
	VDIVPS(n, mean[1], mean[1])
	store("mean", mean)

	z = load("z")
	acc = zeros(2 * unroll)
	pixels("square", hw, unroll, []reg.Register{z}, func(i int) {
		d := YMM()
		VMOVUPS(at(z, half*i), d)
		VSUBPS(mean[i%2], d, d)
		VFMADD231PS(d, d, acc[i])
	})
	store("m2", fold(acc))
	VZEROUPPER()
	RET()
}

func normApply(name string, residual, relu bool) {
	signature := "func(hw int, z, scale, shift, y *float32)"
	if residual {
		signature = "func(hw int, z, scale, shift, residual, y *float32)"
	}
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " applies the affine map of batch normalisation, and what its name says, to the 16 channels of one plane.")
	scale, shift := coefficients("scale"), coefficients("shift")
	hw, z, y := load("hw"), load("z"), load("y")
	planes := []reg.Register{z, y}
	var r reg.Register
	if residual {
		r = load("residual")
		planes = append(planes, r)
	}
	zero := zeros(1)[0]
	pixels("loop", hw, 4, planes, func(i int) {
		v := YMM()
		VMOVUPS(at(z, half*i), v)
		VFMADD213PS(shift[i%2], scale[i%2], v)
		if residual {
			VADDPS(at(r, half*i), v, v)
		}
		if relu {
			VMAXPS(v, zero, v) // in this order NaN stays NaN
		}
		VMOVUPS(v, at(y, half*i))
	})
	VZEROUPPER()
	RET()
}

func normBackwardSums(name string, relu bool) {
	const unroll = 2
	signature := "func(hw int, dy, z, mean, sum, dot *float32)"
	if relu {
		signature = "func(hw int, dy, y, z, mean, sum, dot *float32)"
	}
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " writes the sums over one plane of dy and dy·(z−mean); with ReLU it first masks dy where y ≤ 0.")
	mean := coefficients("mean")
	hw, dy, z := load("hw"), load("dy"), load("z")
	planes := []reg.Register{dy, z}
	var y reg.Register
	var zero reg.VecVirtual
	if relu {
		y = load("y")
		planes = append(planes, y)
		zero = zeros(1)[0]
	}
	sum, dot := zeros(2*unroll), zeros(2*unroll)
	pixels("loop", hw, unroll, planes, func(i int) {
		d, v := YMM(), YMM()
		if relu {
			VCMPPS(Imm(0x16), zero, mask(y, i), d) // not y ≤ 0
			VANDPS(at(dy, half*i), d, d)
			VMOVUPS(d, at(dy, half*i))
		} else {
			VMOVUPS(at(dy, half*i), d)
		}
		VMOVUPS(at(z, half*i), v)
		VSUBPS(mean[i%2], v, v)
		VADDPS(d, sum[i], sum[i])
		VFMADD231PS(d, v, dot[i])
	})
	store("sum", fold(sum))
	store("dot", fold(dot))
	VZEROUPPER()
	RET()
}

// mask loads register i of plane y.
func mask(y reg.Register, i int) reg.VecVirtual {
	v := YMM()
	VMOVUPS(at(y, half*i), v)
	return v
}

func normBackwardApply() {
	TEXT("avx2NormBackwardApply", NOSPLIT, "func(hw int, dy, z, a, b, c, dz *float32)")
	Pragma("noescape")
	Doc("avx2NormBackwardApply computes dz = a·dy + b·z + c for the 16 channels of one plane.")
	a, b, c := coefficients("a"), coefficients("b"), coefficients("c")
	hw, dy, z, dz := load("hw"), load("dy"), load("z"), load("dz")
	pixels("loop", hw, 4, []reg.Register{dy, z, dz}, func(i int) {
		v, d := YMM(), YMM()
		VMOVUPS(at(z, half*i), v)
		VFMADD213PS(c[i%2], b[i%2], v)
		VMOVUPS(at(dy, half*i), d)
		VFMADD231PS(d, a[i%2], v)
		VMOVUPS(v, at(dz, half*i))
	})
	VZEROUPPER()
	RET()
}
