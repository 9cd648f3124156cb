//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// haveAVX2 reports whether this processor can run avx2Set.
func haveAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// avx2Set returns the kernels for AVX2 with FMA: direct convolutions in
// float32, in tiles of six pixels by sixteen channels.
func avx2Set() *Set[float32] {
	return &Set[float32]{
		Name:                "avx2",
		PackedLen:           avx2PackedLen,
		Pack:                avx2Pack,
		Scratch:             avx2Scratch,
		ConvForward:         avx2ConvForward,
		ConvBackwardData:    avx2ConvBackwardData,
		GradLen:             avx2GradLen,
		ConvBackwardWeights: avx2ConvBackwardWeights,
		Unpack:              avx2Unpack,
		BNStats:             avx2BNStats,
		BNApply:             avx2BNApply,
		BNBackwardSums:      avx2BNBackwardSums,
		BNBackwardApply:     avx2BNBackwardApply,
	}
}
