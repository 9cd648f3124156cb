package train

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Position is where in a run a step stands. Epoch and Step count from 1, Step
// over the whole run.
type Position struct{ Epoch, Epochs, Step, Steps int }

// Schedule gives the learning rate of a step as a multiple of the base rate.
type Schedule func(Position) float64

// schedules by the names of settings.
var schedules = map[string]Schedule{"": stepSchedule}

// ParseSchedule returns the schedule of that name; "" is the paper's, in its
// corrected version.
func ParseSchedule(name string) (Schedule, error) {
	s, ok := schedules[name]
	if !ok {
		return nil, fmt.Errorf("unknown schedule %q: known are %q", name, strings.Join(slices.Sorted(maps.Keys(schedules)), `", "`))
	}
	return s, nil
}

// publishedEpochs is the length of the paper's runs.
const publishedEpochs = 200

// stepSchedule is a linear warm-up, then two drops (paper-spec 4.5). 200 epochs
// warm up by epoch over the first five and drop after 160 and 180; other
// lengths warm up by step over the first 2.5 % and drop after 80 and 90 % of
// their epochs, rounded (design section 4).
func stepSchedule(p Position) float64 {
	e, epochs := p.Epoch, float64(p.Epochs)
	switch {
	case e > int(math.Round(.9*epochs)):
		return .0001
	case e > int(math.Round(.8*epochs)):
		return .01
	case p.Epochs == publishedEpochs:
		return math.Min(1, float64(e)/5)
	}
	return math.Min(1, float64(p.Step)/(.025*float64(p.Steps)))
}
