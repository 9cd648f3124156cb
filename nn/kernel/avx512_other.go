//go:build !amd64 || noasm

package kernel

func haveAVX512() bool { return false }

func avx512Set() *Set[float32] { return nil }

func avx512Winograd() *Set[float32] { return nil }
