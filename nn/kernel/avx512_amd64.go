//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// haveAVX512 reports whether this processor can run avx512Set, which uses only the
// foundation instructions, and whether the operating system saves their registers.
func haveAVX512() bool { return cpu.X86.HasAVX512F && haveAVX2() }

// avx512Set returns the kernels for AVX-512: direct convolutions in float32,
// in tiles of 16 pixels by 16 channels or 8 by 32.
func avx512Set() *Set[float32] {
	s := avx512Direct.set("avx512")
	avx512Norm.into(s)
	return s
}

var avx512Norm = normKernels{
	stats:         avx512NormStats,
	relu:          avx512NormApplyReLU,
	add:           avx512NormApplyAdd,
	addReLU:       avx512NormApplyAddReLU,
	backwardSums:  avx512NormBackwardSums,
	backwardApply: avx512NormBackwardApply,
}
