//go:build !amd64 || noasm

package kernel

func peakLoops() map[string]peakLoop { return nil }
