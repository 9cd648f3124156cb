package stream

import "testing"

func TestKeysAreSeparated(t *testing.T) {
	seen := map[uint64][]any{}
	for _, keys := range [][]any{
		{}, {""}, {"", ""}, {"a", "b"}, {"ab"}, {"ab", ""}, {"a", 1}, {"a", uint64(1)}, {"a", 1.0}, {1, "a"}, {1}, {2}, {-1},
	} {
		v := New(keys...).Uint64()
		if other, dup := seen[v]; dup {
			t.Errorf("keys %v and %v give the same stream", keys, other)
		}
		seen[v] = keys
		if again := New(keys...).Uint64(); again != v {
			t.Errorf("keys %v: %d then %d", keys, v, again)
		}
	}
}

// The first outputs are part of the task names' meaning: a change here changes
// every stored result.
func TestStreamIsPinned(t *testing.T) {
	r := New("pin", 1, 2.5)
	if got := [2]uint64{r.Uint64(), r.Uint64()}; got != [2]uint64{0xddcd63e244db308e, 0x14565be920727902} {
		t.Errorf("first outputs are %#x", got)
	}
}
