package dataset

import (
	"image/color"
	"slices"
	"strings"
	"testing"

	"longtail/internal/npy"
)

func TestOpenUnlabeledFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b/deep/2.png", pngOf(t, 9, 9, color.RGBA{2, 0, 0, 255}))
	put(t, dir, "1.png", pngOf(t, 20, 12, color.RGBA{1, 0, 0, 255}))
	put(t, dir, ".thumbnails/3.png", pngOf(t, 9, 9, color.RGBA{3, 0, 0, 255}))
	put(t, dir, "notes.txt", []byte("x"))
	s, err := Files{}.OpenUnlabeled(dir, 8, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Train; !slices.Equal(got.Names, []string{"1.png", "b/deep/2.png"}) || !slices.Equal(got.Labels, []int32{0, 0}) ||
		got.H != 8 || got.Image(0)[0] != 1 || got.Image(1)[0] != 2 || s.Classes != nil || s.Test.Len() != 0 {
		t.Errorf("%+v of %q", got, s.Classes)
	}
	if len(s.Notes) != 1 || !strings.HasPrefix(s.Notes[0], "1 file passed over, no JPEG") {
		t.Errorf("notes %q", s.Notes)
	}
	if at := s.Train.At([]int{1}); !slices.Equal(at.Names, []string{"b/deep/2.png"}) {
		t.Errorf("names of a part: %q", at.Names)
	}
	put(t, dir, "1.png", pngOf(t, 20, 12, color.RGBA{9, 0, 0, 255}))
	if other, err := (Files{}).OpenUnlabeled(dir, 8, 8); err != nil || other.Digest == s.Digest {
		t.Errorf("another picture, the same digest (%v)", err)
	}
	if own, err := (Files{Side: 16}).OpenUnlabeled(dir, 0, 0); err != nil || own.H != 16 {
		t.Errorf("the folder's own size: %v", err)
	}
	for want, open := range map[string]func() error{
		"made square":      func() error { _, err := Files{}.OpenUnlabeled(dir, 8, 9); return err },
		"no images":        func() error { _, err := Files{}.OpenUnlabeled(t.TempDir(), 8, 8); return err },
		"a folder of":      func() error { _, err := Files{}.OpenUnlabeled(put(t, dir, "x.txt", nil), 8, 8); return err },
		"no such file":     func() error { _, err := Files{}.OpenUnlabeled(dir+"x", 8, 8); return err },
		"no .npz archive":  func() error { _, err := Files{}.OpenUnlabeled(put(t, dir, "x.npz", nil), 8, 8); return err },
		"4 to 4096 pixels": func() error { _, err := Files{Side: 2}.OpenUnlabeled(dir, 0, 0); return err },
		"that can be read": func() error {
			put(t, dir, "4.gif", []byte("x"))
			_, err := Files{}.OpenUnlabeled(dir, 8, 8)
			return err
		},
	} {
		if err := open(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// A list of paths, or what eval --predictions wrote: the first column counts.
func TestOpenUnlabeledCSV(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a/2.png", "1.png", "3.png"} {
		put(t, dir, name, pngOf(t, 9, 9, color.RGBA{uint8(i + 1), 0, 0, 255}))
	}
	list := func(text string) string { return put(t, dir, "some.csv", []byte(text)) }
	for _, text := range []string{"1.png\na/2.png\n", "image,true,predicted,confidence\n1.png,,cat,.9\na/2.png,,dog,.8\n"} {
		s, err := Files{}.OpenUnlabeled(list(text), 8, 8)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Train; s.ID != "some" || !slices.Equal(got.Names, []string{"1.png", "a/2.png"}) || got.Image(0)[0] != 2 || got.Image(1)[0] != 1 || s.Classes != nil {
			t.Errorf("%s: %+v of %q", s.ID, got, s.Classes)
		}
	}
	if s, err := (Files{SkipBroken: true}).OpenUnlabeled(list("4.png\n3.png\n"), 8, 8); err != nil || !slices.Equal(s.Train.Names, []string{"3.png"}) || len(s.Skipped) != 1 {
		t.Errorf("a missing file to be left out: %v", err)
	}
	for want, text := range map[string]string{
		"there are no images":             "path\n",
		"stands in line 1 already":        "1.png\n3.png\n1.png\n",
		"line 2: the path":                "1.png\n../3.png\n",
		"4.png":                           "4.png\n",
		`bare "`:                          "1\"png\n",
		"some.csv: line 1: the path \"\"": `""`,
	} {
		if _, err := (Files{}).OpenUnlabeled(list(text), 8, 8); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v lacks %q", text, err, want)
		}
	}
}

// Labels of an archive are neither needed nor read.
func TestOpenUnlabeledNPZ(t *testing.T) {
	path := writeNPZ(t, map[string]npy.Array{"images": uint8s(2, 5, 6, 3)})
	s, err := Files{}.OpenUnlabeled(path, 5, 6)
	if err != nil || s.Train.Len() != 2 || s.Train.Names != nil || s.Classes != nil || s.Digest == "" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := (Files{}).OpenUnlabeled(path, 6, 6); err == nil || !strings.Contains(err.Error(), "5×6 pixels, the labeled ones 6×6") {
		t.Errorf("%v", err)
	}
}
