// Package stream creates random generators keyed by their purpose, so that no
// result depends on how work was divided or ordered.
package stream

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// New returns a PCG generator that is a pure function of its keys: strings,
// integers and floats. Keys of different types or lengths never collide by
// concatenation. It panics on a key of another type, which is a programming
// error.
func New(keys ...any) *rand.Rand { return rand.New(Source(keys...)) }

// Source is New without the wrapper, for generators that are copied or reset.
func Source(keys ...any) *rand.PCG {
	h := sha256.New()
	var b [9]byte
	put := func(tag byte, v uint64) {
		b[0] = tag
		binary.LittleEndian.PutUint64(b[1:], v)
		h.Write(b[:])
	}
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			put('s', uint64(len(k)))
			h.Write([]byte(k))
		case int:
			put('i', uint64(k))
		case int64:
			put('i', uint64(k))
		case uint64:
			put('u', k)
		case float64:
			put('f', math.Float64bits(k))
		default:
			panic(fmt.Sprintf("stream: key %v has type %T", k, k))
		}
	}
	sum := h.Sum(nil)
	return rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:]))
}
