package own

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// A curve is read whole or not at all.
func TestReadCurveThatWasCut(t *testing.T) {
	dir := t.TempDir()
	long := "{\"epoch\":2" + strings.Repeat(" ", 128<<10) + "}\n" // no limit on a line, as bufio.Scanner has
	for text, want := range map[string]int{"{\"epoch\":1}\n{\"epo": 0, "{\"epoch\":1}\n" + long: 2} {
		write(t, dir, results.FileMetrics, text)
		if curve := readCurve(filepath.Join(dir, results.FileMetrics)); len(curve) != want {
			t.Errorf("%.30q: %+v", text, curve)
		}
	}
}

// A list of what was trained on is read whole or not at all.
func TestReadTrainedThatWasCut(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, FileTrained, "image,pixels\na/0.png,0123456789abcdef\n\"a")
	if rows, known := readTrained(filepath.Join(dir, "model.ckpt")); known || rows != nil {
		t.Errorf("%q", rows)
	}
}
