//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// haveAVX2 reports whether this processor can run avx2Set.
func haveAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// avx2Set returns the kernels for AVX2 with FMA: direct convolutions in
// float32, in tiles of six pixels by sixteen channels.
func avx2Set() *Set[float32] {
	s := avx2Direct.set("avx2")
	avx2Norm.into(s)
	return s
}

var avx2Norm = normKernels{
	stats:         avx2NormStats,
	relu:          avx2NormApplyReLU,
	add:           avx2NormApplyAdd,
	addReLU:       avx2NormApplyAddReLU,
	backwardSums:  avx2NormBackwardSums,
	backwardApply: avx2NormBackwardApply,
}
