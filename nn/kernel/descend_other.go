//go:build !amd64 || noasm

package kernel

func descendFast(value, grad, velocity []float32, rate, momentum, decay float32) int { return 0 }
