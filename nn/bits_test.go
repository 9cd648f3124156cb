package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"longtail/nn/kernel"
)

// recorded holds, per kernel set and network, the SHA-256 of every bit that a
// few training steps and an evaluation leave (pinnedRun). Trained results are
// stored and published under the name of a kernel set, and may take days to
// compute again, so that name stands for these bits: a change that alters them
// is a new set under a new name, not an improvement of an old one. Nothing is
// recorded for builds that fuse multiplications and additions. The large runs
// are left out of the portable sets, which take half a minute for them.
var recorded = map[string]map[string]string{
	"portable-exact": {
		"resnet8 28×28 batch 8":   "4b62a20a8e887acadd149452a56c2b83cdfbf42e1b6d056d86e9a57970e80d46",
		"resnet14 13×13 batch 18": "24204ea50ad091ba24e709d9b1d69cf7f5c47a5be9d11c4e253d8bcfcef5b702",
	},
	"portable": {
		"resnet8 28×28 batch 8":   "d2512ff87ecf2708dd79472edc2d10b643a427f2514f44de7fe737fa7bf432b7",
		"resnet14 13×13 batch 18": "ef677b11856da814ead2bbdac171e0505777d92d7a16f4ee9f8fd04348b41f6b",
	},
	"avx2-exact": {
		"resnet8 28×28 batch 8":    "c8554639f64589a08c3b4690d323bf8f0b563b1b5e4d50bbdb79bb0b25ebfc42",
		"resnet8 28×28 batch 16":   "f1f5a77ea01efa6a4d4388d8107caf254f33a369510c53153ec42a8d311b782e",
		"resnet8 28×28 batch 35":   "0dc0bd9188c02c3ced462eb7bab2c5a0d8cdceb1c3ba789169bfd8abb6a0581d",
		"resnet14 13×13 batch 18":  "0691036eb405bbba0b84d2b7060325f99e3ce4606b74d46d123861242b7e6823",
		"resnet32 32×32 batch 128": "f26d8ee09ab4c8cd58a9e98bf2bb459a129fd12b8b64916079b046e4421bbf12",
	},
	"avx2": {
		"resnet8 28×28 batch 8":    "b6eef2de937c001325caa8032770758b718928d9a77d8b14268748047f795c29",
		"resnet8 28×28 batch 16":   "66c75f2ea61eb13cc19ff2807545e6d4741efc1efb090d4c6b1543c64462dd68",
		"resnet8 28×28 batch 35":   "e12ec1bc6d0f2e0721aaee08b878a6526fcc2aeb849f77d705e470b5066ce6b7",
		"resnet14 13×13 batch 18":  "c8ab7e40d03250b0976b675cf339c587e0ec20c8aee28dfc05049a26ceba1a99",
		"resnet32 32×32 batch 128": "a204089af82866702f7def86c557a8e2cd549108701e0c0b48c94074df2c87ec",
	},
	"avx512-exact": {
		"resnet8 28×28 batch 8":    "73e7e8e99ff8655259bcb30abf4e914b59830725aa76dab8694d9c8549cef87c",
		"resnet14 13×13 batch 18":  "1eb2a47d01c01dfab1777ff1f69c8dfad31bee1239de917c21af0949ef88f2d3",
		"resnet8 28×28 batch 16":   "52ed3f962e574c832a9741db659940ab5cad4387146a5783bf31157c6e0ae2b2",
		"resnet8 28×28 batch 35":   "b20e2d6438681ba44ad27e0a8ffdb77a250661f897c391c2d8b84574ae2b7923",
		"resnet32 32×32 batch 128": "71cfda2e87cba19dad02574fcc5217c69e688648fbf3dbbe0eeae77bdc395390",
	},
	"avx512": {
		"resnet8 28×28 batch 8":    "2ee2c05f2049d00cbac3bb484568e9a6d94e280e2c8ced1446cb8455af7d4538",
		"resnet14 13×13 batch 18":  "d80d81ca16bb492eed5faf4b387e2700dc8be87b0e64d267dafb99ddf8a9fdc8",
		"resnet8 28×28 batch 16":   "0dd1d05f328b750bd9e404ead49db699b13332b0e8c215d598c06e256c469691",
		"resnet8 28×28 batch 35":   "f7250769425684183d88ce7fdc4cbeb71a82d4d2af53b556566915ebe21c3fdb",
		"resnet32 32×32 batch 128": "a180f42ce047a3b0d573d76d306a304074b74dbbac000c5399da1858f62b3e45",
	},
}

// pinnedRuns are shapes with all that bits could depend on: edge tiles (28, 14,
// 7), units of one image and of several, one shard, several, and a short last one.
var pinnedRuns = []struct {
	arch               string
	size, batch, steps int
}{
	{"resnet8", 28, 8, 3},
	{"resnet8", 28, 16, 3},
	{"resnet8", 28, 35, 2},
	{"resnet14", 13, 18, 3},
	{"resnet32", 32, 128, 2},
}

func TestBits(t *testing.T) {
	if testing.Short() {
		t.Skip("arithmetic only; left out of short runs")
	}
	for _, set := range sets(t) {
		if recorded[set.Name] == nil && !strings.HasSuffix(set.Name, "+fma") {
			t.Errorf("no bits are recorded for the kernel set %q", set.Name)
		}
		for _, run := range pinnedRuns {
			name := fmt.Sprintf("%s %d×%d batch %d", run.arch, run.size, run.size, run.batch)
			t.Run(set.Name+"/"+name, func(t *testing.T) {
				want, known := recorded[set.Name][name]
				if !known {
					t.Skip("no bits are recorded for this kernel set and shape")
				}
				if got := pinnedRun(t, set, run.arch, run.size, run.batch, run.steps); got != want {
					t.Errorf("SHA-256 %s, recorded %s: results stored under %q could not be computed again", got, want, set.Name)
				}
			})
		}
	}
}

// pinnedRun trains a network by plain gradient descent on noise made of
// integers, so that nothing but the engine decides its bits.
func pinnedRun(t *testing.T, set *kernel.Set[float32], arch string, size, batch, steps int) string {
	trunk := newTestTrunk(t, Options[float32]{Arch: mustParse(t, arch), Height: size, Width: size, Batch: batch, Kernels: set})
	noisyWeights(trunk)
	x, gradient := make([]float32, batch*trunk.ImageLen()), make([]float32, batch*Features)
	for i, u := range noise(1000, len(x)) {
		x[i] = float32(u)
	}
	for i, u := range noise(1001, len(gradient)) {
		gradient[i] = float32(u) / float32(batch)
	}
	h := sha256.New()
	write := func(v []float32) { _ = binary.Write(h, binary.LittleEndian, v) }
	for range steps {
		write(trunk.Forward(x, batch, true))
		trunk.Backward(gradient)
		for _, p := range trunk.Params() {
			for i, g := range p.Grad {
				p.Value[i] -= float32(0.01 * g)
			}
		}
	}
	for _, p := range trunk.Params() {
		write(p.Value)
	}
	for _, p := range trunk.Buffers() {
		write(p.Value)
	}
	write(trunk.Forward(x, batch, false))
	return hex.EncodeToString(h.Sum(nil))
}
