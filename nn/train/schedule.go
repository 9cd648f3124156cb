package train

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Position is the place of a step in a run. Epoch and Step count from 1, Step over
// the whole run.
type Position struct{ Epoch, Epochs, Step, Steps int }

// Schedule returns the learning rate of a step as a multiple of the base rate.
type Schedule func(Position) float64

// schedules by their names in settings.
var schedules = map[string]Schedule{
	"":             stepSchedule,
	"pre2021":      stepSchedulePre2021,
	"cosine":       cosinePublished,
	"cosine-plain": cosinePlain,
	"linear":       linear,
}

// ParseSchedule returns the schedule of that name; "" is the paper's, in its
// corrected version.
func ParseSchedule(name string) (Schedule, error) {
	s, ok := schedules[name]
	if !ok {
		return nil, fmt.Errorf("unknown schedule %q: known are %q", name, strings.Join(slices.Sorted(maps.Keys(schedules)), `", "`))
	}
	return s, nil
}

// ScheduleNames returns the names of all schedules but "".
func ScheduleNames() []string { return slices.Sorted(maps.Keys(schedules))[1:] }

// publishedEpochs is the length of the paper's runs.
const publishedEpochs = 200

// stepSchedule is a linear warm-up and then two drops, as in the released program.
// A run of 200 epochs warms up by epoch over the first five and drops after 160 and
// 180. Other lengths warm up by step over the first 2.5 % and drop after 80 and 90
// % of their epochs, rounded (ours).
func stepSchedule(p Position) float64 {
	e, epochs := p.Epoch, float64(p.Epochs)
	switch {
	case e > int(math.Round(.9*epochs)):
		return .0001
	case e >= FirstDeferred(p.Epochs):
		return .01
	case p.Epochs == publishedEpochs:
		return math.Min(1, float64(e)/5)
	}
	return math.Min(1, float64(p.Step)/(.025*float64(p.Steps)))
}

// stepSchedulePre2021 is the released program's schedule until April 2021, when the
// second drop never came.
func stepSchedulePre2021(p Position) float64 {
	if p.Epoch >= FirstDeferred(p.Epochs) {
		return .01
	}
	return stepSchedule(p)
}

// linear warms up by step over the first 2.5 % of a run, then falls linearly and
// reaches 0 after the last step. Of the usual schedules it loses least in short
// runs (Li, Yumer and Ramanan, "Budgeted Training", ICLR 2020).
func linear(p Position) float64 {
	const warmUp = .025
	up := float64(p.Step) / float64(p.Steps)
	down := float64(p.Steps-p.Step+1) / float64(p.Steps)
	return min(1, up/warmUp, down/(1-warmUp))
}

// cosinePublished falls to 0 along a half cosine, one epoch early. The released
// program advances it before each epoch, so the first epoch is already below the
// base rate and the last has rate 0.
func cosinePublished(p Position) float64 { return cosine(p.Epoch, p.Epochs) }

// cosinePlain starts at the base rate.
func cosinePlain(p Position) float64 { return cosine(p.Epoch-1, p.Epochs) }

// cosine returns ½·(1 + cos(π·done/all)), exact at both ends.
func cosine(done, all int) float64 {
	return (1 + math.Cos(math.Pi*float64(done)/float64(all))) / 2
}
