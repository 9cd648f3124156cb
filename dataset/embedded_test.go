package dataset

import (
	"crypto/sha256"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestEmbeddedSets(t *testing.T) {
	if got := IDs(); !slices.Equal(got, []string{"fashion-mnist", "mnist"}) {
		t.Fatalf("ids %v", got)
	}
	for _, c := range []struct {
		id                string
		train, test, pool []int
	}{
		{"fashion-mnist", alike(10, 500), alike(10, 300), []int{3297, 2363, 1693, 1291, 1122, 1122, 1122, 1122, 1122, 1122}},
		{"mnist", alike(10, 0), alike(10, 0), alike(10, 700)},
	} {
		s := open(t, c.id)
		about, err := Describe(c.id)
		if err != nil || about.Digest != s.Digest || about.Train.Len() != 0 {
			t.Errorf("%s: Describe gives %v and digest %s", c.id, err, about.Digest)
		}
		for _, p := range []struct {
			name     string
			s        Samples
			want     []int
			declared []int
		}{{"train", s.Train, c.train, s.TrainCounts}, {"test", s.Test, c.test, s.TestCounts}, {"pool", s.Pool, c.pool, s.PoolCounts}} {
			if p.declared != nil && !slices.Equal(p.declared, p.want) || p.declared == nil && p.s.Len() > 0 {
				t.Errorf("%s %s: %v images are declared", c.id, p.name, p.declared)
			}
			by, err := ByClass(p.s.Labels, 10)
			if err != nil {
				t.Fatal(err)
			}
			for class, positions := range by {
				if len(positions) != p.want[class] {
					t.Errorf("%s %s: class %d has %d images, want %d", c.id, p.name, class, len(positions), p.want[class])
				}
			}
			if len(p.s.Pixels) != p.s.Len()*28*28 {
				t.Errorf("%s %s: %d bytes of pixels for %d images", c.id, p.name, len(p.s.Pixels), p.s.Len())
			}
		}
	}
}

func TestEmbeddedFitsTheRepository(t *testing.T) {
	total := int64(0)
	err := fs.WalkDir(embeddedFiles, ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		total += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 12e6 {
		t.Errorf("embedded images take %d bytes, at most 12 MB may be committed", total)
	}
}

// No two embedded images are pixel-identical, within a part or across parts.
func TestEmbeddedPartsAreDisjoint(t *testing.T) {
	s := open(t, "fashion-mnist")
	type place struct {
		part string
		i    int
	}
	seen := map[[32]byte]place{}
	within, across := 0, 0
	for _, p := range []struct {
		name string
		s    Samples
	}{{"train", s.Train}, {"test", s.Test}, {"pool", s.Pool}} {
		for i := range p.s.Len() {
			h := sha256.Sum256(p.s.Image(i))
			if old, dup := seen[h]; !dup {
				seen[h] = place{p.name, i}
			} else if old.part == p.name {
				within++
			} else {
				across++
				t.Logf("%s %d equals %s %d", p.name, i, old.part, old.i)
			}
		}
	}
	if within != 0 || across != 0 {
		t.Errorf("%d duplicates within a part, %d across parts", within, across)
	}
}

func TestEmbeddedDamageIsSeen(t *testing.T) {
	files := fstest.MapFS{}
	for _, part := range []string{"images.idx3.gz", "labels.idx1.gz"} {
		name := "embedded/mnist-pool-" + part
		b, err := embeddedFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: b}
	}
	e, err := find("mnist")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.load(files); err != nil {
		t.Fatalf("undamaged: %v", err)
	}

	whole := files["embedded/mnist-pool-images.idx3.gz"].Data
	flipped := slices.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{"truncated": whole[:len(whole)/2], "flipped bit": flipped} {
		files["embedded/mnist-pool-images.idx3.gz"] = &fstest.MapFile{Data: data}
		if _, err := e.load(files); err == nil || !strings.Contains(err.Error(), "mnist") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	files["embedded/mnist-pool-images.idx3.gz"] = &fstest.MapFile{Data: whole}
	other := embeddedSet{about: e.about}
	other.about.Digest = strings.Repeat("0", 64)
	if _, err := other.load(files); err == nil || !strings.Contains(err.Error(), "go generate ./dataset") {
		t.Errorf("other digest: error %v", err)
	}
}

func TestRegistryErrors(t *testing.T) {
	_, err := Files{}.Open("cifar11")
	if err == nil || !strings.Contains(err.Error(), "fashion-mnist, mnist") {
		t.Errorf("Open: %v", err)
	}
}

func open(t testing.TB, id string) *Set {
	t.Helper()
	s, err := Files{}.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
