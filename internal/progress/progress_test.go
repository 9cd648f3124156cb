package progress

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestLinesElsewhere(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	m := newMeter(&out, 1000, 10, func() time.Time { return clock })
	m.Skip(200)
	if got := m.Left(); got != "1m left" { // 800 units at the expected 10 a second are 80 s
		t.Errorf("before anything is measured: %q", got)
	}
	for range 10 * 60 { // ten minutes at one unit a second
		clock = clock.Add(time.Second)
		m.Set(200+clock.Sub(time.Unix(0, 0)).Seconds(), "task")
	}
	if got := m.Left(); got != "3m left" { // 200 units at the measured 1 a second
		t.Errorf("measured: %q", got)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 10 {
		t.Errorf("%d lines in ten minutes:\n%s", len(lines), out.String())
	}
	if !strings.Contains(lines[0], "20 %") {
		t.Errorf("the first line does not count what was skipped: %q", lines[0])
	}
}

// A line a minute says what is done then, however often that changes.
func TestNamesMakeNoLines(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	m := newMeter(&out, 120, 1, func() time.Time { return clock })
	for i := range 62 {
		m.Set(float64(i), "epoch "+strconv.Itoa(i))
		clock = clock.Add(time.Second)
	}
	if got := out.String(); !strings.HasPrefix(got, "epoch 0 ") || !strings.Contains(got, "\nepoch 60 ") || strings.Count(got, "\n") != 2 {
		t.Errorf("%q", got)
	}
}

// Of an unknown whole nothing is a share, and no time is left.
func TestTotalNotKnown(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	m := newMeter(&out, 0, 0, func() time.Time { return clock })
	clock = clock.Add(time.Minute)
	m.Set(7e6, "file, 7 MB")
	if got := out.String(); got != "file, 7 MB\n" || m.Left() != "" {
		t.Errorf("%q, %q", got, m.Left())
	}
}

// A task that reports nothing for minutes is still there.
func TestLinesWithoutReports(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	m := newMeter(&out, 100, 1, func() time.Time { return clock })
	ticks := make(chan time.Time)
	m.repeating(ticks)
	tick := func() {
		ticks <- clock
		ticks <- clock // taken when the first has been dealt with
	}
	tick() // nothing has been set yet
	m.Set(7, "pseudo-labels")
	for range 12 { // two minutes
		m.mu.Lock()
		clock = clock.Add(10 * time.Second)
		m.mu.Unlock()
		tick()
	}
	m.Rest() // whoever computes now is somebody else
	m.mu.Lock()
	clock = clock.Add(time.Hour)
	m.mu.Unlock()
	tick()
	m.Close()
	if got := out.String(); strings.Count(got, "pseudo-labels  7.0 % of all") != 3 || strings.Count(got, "\n") != 3 {
		t.Errorf("%q", got)
	}
}

// Nothing is said before there is something to say.
func TestShortWorkIsSilent(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	m := newMeter(&out, 100, 0, func() time.Time { return clock })
	for i := range 6 {
		m.Set(float64(i), "evaluating")
		clock = clock.Add(time.Second)
	}
	if out.Len() > 0 {
		t.Errorf("at once: %q", out.String())
	}
	m.Set(6, "evaluating")
	if got := out.String(); got != "evaluating  6.0 % of all  2m left\n" {
		t.Errorf("later: %q", got)
	}
}

// What ends first is what is said: the work, or the time given to it.
func TestLeftOfABudget(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	m := newMeter(&out, 150_000, 1, func() time.Time { return clock })
	if got := m.Left(); got != "41h40m left" {
		t.Errorf("without a budget: %q", got)
	}
	m.Budget(15 * time.Minute)
	if got := m.Left(); got != "15m of the budget left" {
		t.Errorf("at the start: %q", got)
	}
	clock = clock.Add(10 * time.Minute)
	m.Set(600, "task")
	if got := m.Left(); got != "5m of the budget left" {
		t.Errorf("after ten minutes: %q", got)
	}
	if got := out.String(); got != "task  0.4 % of all  5m of the budget left\n" {
		t.Errorf("the line is %q", got)
	}
	m.Set(149_000, "task")
	if got := m.Left(); got != "4s left" {
		t.Errorf("near the end: %q", got)
	}
	unknown := newMeter(&out, 100, 0, func() time.Time { return clock })
	unknown.Budget(time.Minute)
	if got := unknown.Left(); got != "1m of the budget left" {
		t.Errorf("at an unknown speed: %q", got)
	}
}

// On a narrow terminal it is the label that is cut.
func TestLabelLeavesRoom(t *testing.T) {
	m := newMeter(nil, 100, 1, func() time.Time { return time.Unix(0, 0) })
	m.Set(40, strings.Repeat("ρ", 70))
	for columns, want := range map[int]string{80: strings.Repeat("ρ", 58) + "…", 200: strings.Repeat("ρ", 70), 10: "…"} {
		if got := m.label(columns); got != want { // beside "1m left" and a bar
			t.Errorf("of %d columns: %q", columns, got)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 40 * time.Second: "40s", 12*time.Minute + time.Second: "12m",
		3*time.Hour + 20*time.Minute: "3h20m", 52 * time.Hour: "2d4h",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
