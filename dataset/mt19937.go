package dataset

import "math/bits"

// mt19937 is the 32-bit Mersenne Twister (Matsumoto & Nishimura 1998) of NumPy's
// legacy generator. A seed gives the outputs and shuffles of
// numpy.random.RandomState, so that long-tailed subsets are bit-exact. Nothing else
// in longtail draws from it.
//
// It is a plain value: a copy continues independently from the same state.
type mt19937 struct {
	state [mtLen]uint32
	next  int // index of the next word of state to return
}

const (
	mtLen = 624
	mtMid = 397
)

// newMT19937 seeds the state by the recurrence of the 2002 reference (init_genrand).
func newMT19937(seed uint32) mt19937 {
	var m mt19937
	m.state[0] = seed
	for i := 1; i < mtLen; i++ {
		prev := m.state[i-1]
		m.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	m.next = mtLen
	return m
}

// Uint32 returns the next 32-bit output.
func (m *mt19937) Uint32() uint32 {
	if m.next == mtLen {
		m.twist()
	}
	y := m.state[m.next]
	m.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (m *mt19937) twist() {
	for i := range m.state {
		y := m.state[i]&0x80000000 | m.state[(i+1)%mtLen]&0x7fffffff
		v := m.state[(i+mtMid)%mtLen] ^ y>>1
		if y&1 != 0 {
			v ^= 0x9908b0df
		}
		m.state[i] = v
	}
	m.next = 0
}

// Interval returns a uniform integer in 0..max, both included, by masked rejection:
// outputs are cut to the bits of max until one fits. If max is 0, it draws nothing.
func (m *mt19937) Interval(max uint32) uint32 {
	if max == 0 {
		return 0
	}
	mask := uint32(1)<<bits.Len32(max) - 1
	for {
		if v := m.Uint32() & mask; v <= max {
			return v
		}
	}
}

// Shuffle permutes p in place from the last entry down, like numpy.random.shuffle.
func (m *mt19937) Shuffle(p []int) {
	for i := len(p) - 1; i > 0; i-- {
		j := m.Interval(uint32(i))
		p[i], p[j] = p[j], p[i]
	}
}
