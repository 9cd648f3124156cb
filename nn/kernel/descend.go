package kernel

// Descend moves value by its gradient: g ← grad + decay·value; velocity ←
// momentum·velocity + g; value ← value − rate·velocity, rounded after each
// operation. All slices have the same length. The bits are the same for every
// kernel set, so it belongs to none.
func Descend[T Float](value, grad, velocity []T, rate, momentum, decay T) {
	grad, velocity = grad[:len(value)], velocity[:len(value)]
	done := 0
	if single, is := any(&value).(*[]float32); is {
		done = descendFast(*single, *any(&grad).(*[]float32), *any(&velocity).(*[]float32), float32(rate), float32(momentum), float32(decay))
	}
	for j := done; j < len(value); j++ {
		// The conversions prevent fusing, for the same bits everywhere.
		x := value[j]
		v := T(momentum*velocity[j]) + (grad[j] + T(decay*x))
		velocity[j] = v
		value[j] = x - T(rate*v)
	}
}
