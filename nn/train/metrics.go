package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"longtail/internal/atomic"
)

// Epoch is the record of one finished epoch, a line of the metrics file. Its
// fields and JSON names are those of results.Metrics, into which it converts.
type Epoch struct {
	Epoch         int      `json:"epoch"` // 1-based
	Step          int      `json:"step"`  // steps finished since the start
	LR            float64  `json:"lr"`    // of the epoch's last step
	TrainLoss     float64  `json:"train_loss"`
	TrainErrorPct float64  `json:"train_error_pct"` // in training mode, as the batches came
	TestErrorPct  *float64 `json:"test_error_pct,omitempty"`
	// Mean over the unlabeled images of the consistency term, before its weight.
	ConsistencyLoss *float64 `json:"consistency_loss,omitempty"`
	Seconds         float64  `json:"seconds"` // training, evaluation left out
}

// writeMetrics makes the file hold exactly these records.
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

// appendMetrics adds a line. A torn last line, or one that a crash takes, does no
// harm: the next resume rewrites the file from its checkpoint, as the run's end does.
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
