//go:build !amd64 || noasm

package kernel

// Without assembly there is the portable set alone.

func haveAVX2() bool   { return false }
func haveAVX512() bool { return false }

func avx2Set() *Set[float32]        { return nil }
func avx2Winograd() *Set[float32]   { return nil }
func avx512Set() *Set[float32]      { return nil }
func avx512Winograd() *Set[float32] { return nil }

func descendFast(value, grad, velocity []float32, rate, momentum, decay float32) int { return 0 }

func peakLoops() map[string]peakLoop { return nil }
