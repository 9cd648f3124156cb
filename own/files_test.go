package own

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longtail/dataset"
	"longtail/results"
)

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// leave writes what Train would leave of a run.
func leave(t *testing.T, dir, name string, r Run) {
	t.Helper()
	for file, v := range map[string]any{results.FileSettings: r.Settings, results.FileResult: r.Result} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, filepath.Join(name, file), string(b))
	}
	var curve strings.Builder
	for _, m := range r.Curve {
		fmt.Fprintf(&curve, "{\"epoch\":%d,\"step\":%d}\n", m.Epoch, m.Step)
	}
	write(t, dir, filepath.Join(name, results.FileMetrics), curve.String())
}

// A curve is read whole or not at all, whatever the file.
func FuzzReadCurve(f *testing.F) {
	f.Add([]byte("{\"epoch\":1,\"step\":3}\n{\"epoch\":2,\"step\":6,\"test_error_pct\":null}\n"))
	f.Add([]byte("{\"epoch\":1}\n{\"epo"))
	f.Add([]byte("{\"epoch\":1}\n{\"epoch\":" + strings.Repeat(" ", 1<<17) + "2}\n{\"epoch\":3}\n"))
	f.Add([]byte("{}\r\n\n{}"))
	path := filepath.Join(f.TempDir(), results.FileMetrics) // of this process: a folder an input is slow
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(b, []byte("\n"))
		if len(b) > 0 && b[len(b)-1] != '\n' {
			lines++
		}
		if curve := readCurve(path); curve != nil && len(curve) != lines {
			t.Errorf("%d epochs of %d lines", len(curve), lines)
		}
	})
}

// A list of what was trained on is read whole or not at all, and none of its rows is
// without a field.
func FuzzReadTrained(f *testing.F) {
	f.Add([]byte("image,pixels\na/0.png,0123456789abcdef\n\"b,1.png\",fedcba9876543210\n"))
	f.Add([]byte("image,pixels\na/0.png\n"))
	f.Add([]byte("image,pixels\n\"a"))
	f.Add([]byte("\n\n"))
	dir := f.TempDir() // of this process: a folder an input is slow
	pixels := dataset.Samples{Set: "x", C: 1, H: 1, W: 2, Labels: []int32{0}, Pixels: []uint8{1, 2}}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, FileTrained), b, 0o644); err != nil {
			t.Fatal(err)
		}
		rows, known := readTrained(filepath.Join(dir, "model.ckpt"))
		if !known && rows != nil {
			t.Errorf("unknown, and %d rows", len(rows))
		}
		for _, row := range rows {
			if len(row) == 0 {
				t.Error("a row without a field")
			}
		}
		if names, told := trainedOn(filepath.Join(dir, "model.ckpt"), pixels); told != known || len(names) > 1 {
			t.Errorf("known %v, told %v: %q", known, told, names)
		}
	})
}
