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

// ScheduleNames lists the schedules that have a name.
func ScheduleNames() []string { return slices.Sorted(maps.Keys(schedules))[1:] }

// publishedEpochs is the length of the paper's runs.
const publishedEpochs = 200

// stepSchedule is a linear warm-up, then two drops, as in the released program. 200 epochs
// warm up by epoch over the first five and drop after 160 and 180; other
// lengths warm up by step over the first 2.5 % and drop after 80 and 90 % of
// their epochs, rounded (ours).
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

// stepSchedulePre2021 is what the released program did until April 2021: the
// second drop never came.
func stepSchedulePre2021(p Position) float64 {
	if p.Epoch >= FirstDeferred(p.Epochs) {
		return .01
	}
	return stepSchedule(p)
}

// linear warms up by step over the first 2.5 % of a run, then falls in a straight
// line that reaches 0 after the last: of the usual schedules the one that loses least
// when a run is short (Li, Yumer and Ramanan, "Budgeted Training", ICLR 2020).
func linear(p Position) float64 {
	const warmUp = .025
	up := float64(p.Step) / float64(p.Steps)
	down := float64(p.Steps-p.Step+1) / float64(p.Steps)
	return min(1, up/warmUp, down/(1-warmUp))
}

// cosinePublished falls to 0 along a half cosine, an epoch ahead: the released
// program advances it before each epoch, so that the first is already below
// the base rate and the last runs at 0.
func cosinePublished(p Position) float64 { return cosine(p.Epoch, p.Epochs) }

// cosinePlain begins at the base rate.
func cosinePlain(p Position) float64 { return cosine(p.Epoch-1, p.Epochs) }

// cosine is ½·(1 + cos(π·done/all)), exact at both ends.
func cosine(done, all int) float64 {
	return (1 + math.Cos(math.Pi*float64(done)/float64(all))) / 2
}
