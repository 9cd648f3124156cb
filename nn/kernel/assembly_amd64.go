//go:build !noasm

package kernel

// assembly are the implementations with code of their own for an instruction set.
var assembly = []implementation{
	{"avx2", haveAVX2, avx2Set, avx2Winograd, avx2Peak, 8},
	{"avx512", haveAVX512, avx512Set, avx512Winograd, avx512Peak, 16},
}
