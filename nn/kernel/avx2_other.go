//go:build !amd64 || noasm

package kernel

func haveAVX2() bool { return false }

func avx2Set() *Set[float32] { return nil }

func avx2Winograd() *Set[float32] { return nil }
