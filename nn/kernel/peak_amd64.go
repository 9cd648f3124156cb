//go:build !noasm

package kernel

func peakLoops() map[string]peakLoop {
	return map[string]peakLoop{"avx2": {avx2Peak, 8}, "avx512": {avx512Peak, 16}}
}
