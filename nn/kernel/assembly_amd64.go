//go:build !noasm

package kernel

// assembly lists the implementations with their own code for an instruction set.
var assembly = []implementation{
	{"avx2", haveAVX2, avx2Set, avx2Winograd, avx2Peak, 8},
	{"avx512", haveAVX512, avx512Set, avx512Winograd, avx512Peak, 16},
}
