package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Groups counts the classes with more than 100, with 20 to 100 and with fewer
// than 20 training images: the paper's many, medium and few.
func Groups(counts []int) (many, medium, few int) {
	for _, n := range counts {
		switch {
		case n > 100:
			many++
		case n >= 20:
			medium++
		default:
			few++
		}
	}
	return many, medium, few
}

// Whole is the subset that keeps every training image, in their own order: a
// set whose tail is natural. dataSeed is for what is drawn from a pool.
func Whole(s *Set, dataSeed int) (*Subset, error) {
	if dataSeed < 0 || dataSeed > 1<<32-1 {
		return nil, fmt.Errorf("dataset: data seed %d is outside 0..%d", dataSeed, uint32(1<<32-1))
	}
	byClass, err := ByClass(s.Train.Labels, len(s.Classes))
	if err != nil {
		return nil, err
	}
	sub := &Subset{Set: s, Counts: make([]int, len(s.Classes)), after: NewMT19937(uint32(dataSeed))}
	sub.LongTail.DataSeed = dataSeed
	for c, p := range byClass {
		sub.Counts[c] = len(p)
	}
	for i := range s.Train.Len() {
		sub.Positions = append(sub.Positions, i)
	}
	sub.Full = len(sub.Positions)
	return sub, nil
}

// ByRank orders numbers of classes by rank, head first.
func (s *Set) ByRank(byClass []int) []int {
	out := make([]int, 0, len(byClass))
	for _, class := range s.Ranks() {
		out = append(out, byClass[class])
	}
	return out
}

// Fingerprint is the SHA-256 of a set's digest (64 characters) and of lists of
// positions, each as its length and its entries, little-endian 32-bit numbers:
// two runs with the same fingerprint were trained on the same images.
func Fingerprint(digest string, positions ...[]int) string {
	h := sha256.New()
	h.Write([]byte(digest))
	var b []byte
	for _, list := range positions {
		b = binary.LittleEndian.AppendUint32(b[:0], uint32(len(list)))
		for _, p := range list {
			b = binary.LittleEndian.AppendUint32(b, uint32(p))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
