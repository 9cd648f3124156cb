package results

import "testing"

// A pool's map is told by what was read, not by its file or its place on this machine,
// and two contents of one file are two pools.
func TestPoolIDOfAMap(t *testing.T) {
	id := func(mapping, digest string) string {
		return (&Result{Settings: Settings{Pool: "mnist", PoolMap: mapping}, PoolDigest: digest}).PoolID()
	}
	one := id("/home/me/map.csv", "0123456789abcdef")
	if one != "mnist, classes mapped 0123456789ab" || one != id("/mnt/other.csv", "0123456789abcdef") {
		t.Error(one)
	}
	if one == id("/home/me/map.csv", "fedcba9876543210") {
		t.Error("another content is the same pool")
	}
}
