package own

import (
	"os"
	"path/filepath"
	"testing"

	"longtail/results"
)

// A file that breaks off, or is somebody else's, is as none: no field of it counts.
func TestBesideIsWholeOrNothing(t *testing.T) {
	model := filepath.Join(t.TempDir(), FileLast)
	for text, epochs := range map[string]int{`{"loss": "ldam", "epochs": 7}`: 7, `{"loss": "ldam", "epochs": 7`: 0, `{"loss": "ldam", "epochs": "seven"}`: 0, "": 0} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(model), results.FileSettings), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if s, _ := runOfModel(model); s.Epochs != epochs || (s.Loss != "") != (epochs > 0) {
			t.Errorf("%s: %+v", text, s)
		}
	}
}
