package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"longtail/internal/atomic"
)

// Epoch is the record of a finished epoch, one line of the metrics file. Its fields
// and JSON names are those of results.Metrics, to which it converts.
type Epoch struct {
	Epoch         int      `json:"epoch"` // 1-based
	Step          int      `json:"step"`  // steps finished since the start
	LR            float64  `json:"lr"`    // of the epoch's last step
	TrainLoss     float64  `json:"train_loss"`
	TrainErrorPct float64  `json:"train_error_pct"` // in training mode, on the batches as drawn
	TestErrorPct  *float64 `json:"test_error_pct,omitempty"`
	// Mean over the unlabeled images of the consistency term, before its weight.
	ConsistencyLoss *float64 `json:"consistency_loss,omitempty"`
	Seconds         float64  `json:"seconds"` // training without evaluation
}

// writeMetrics writes exactly these records to the file.
func writeMetrics(path string, epochs []Epoch) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, r := range epochs {
		if err := e.Encode(r); err != nil {
			return fmt.Errorf("metrics of epoch %d: %w", r.Epoch, err)
		}
	}
	if err := atomic.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}

// appendMetrics appends a line. A torn last line or one lost in a crash does no
// harm: the next resume rewrites the file from its checkpoint, and so does the
// run's end.
func appendMetrics(path string, e Epoch) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("metrics of epoch %d: %w", e.Epoch, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}
