// Package progress shows how far a long computation is: a bar with the time
// left on a terminal, a line a minute elsewhere.
package progress

import (
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Meter is one computation of known size. Its methods may be called from any
// goroutine.
type Meter struct {
	mu      sync.Mutex
	total   float64
	done    float64
	first   float64 // done when the clock started
	started time.Time
	rate    float64 // units a second expected before anything is measured
	what    string
	now     func() time.Time
	budget  time.Duration // 0: none

	bars *mpb.Progress // terminal
	bar  *mpb.Bar

	lines  io.Writer // elsewhere
	last   time.Time
	closed chan struct{} // nil: no line comes but from Set
	ended  chan struct{} // none comes any more
}

// measurable is how long it takes until a speed is one's own.
const measurable = 5 * time.Second

// New starts a meter of total units on w; 0: not known, and it tells what is being
// computed and no more. rate is the expected number of units
// a second, used until the meter has seen some of its own; zero if unknown.
func New(w *os.File, total, rate float64) *Meter {
	m := newMeter(w, total, rate, time.Now)
	if isatty.IsTerminal(w.Fd()) { // of Cygwin's mpb knows nothing: lines are for it
		m.lines = nil
		m.bars = mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
		m.bar = m.bars.New(1000, mpb.BarStyle(), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string { return m.label(s.AvailableWidth) }, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return m.Left() })))
		return m
	}
	m.repeating(time.NewTicker(10 * time.Second).C)
	return m
}

func (m *Meter) repeating(tick <-chan time.Time) {
	m.closed, m.ended = make(chan struct{}), make(chan struct{})
	go m.repeat(tick)
}

// repeat says how far it is although nothing has been set for a minute or more.
func (m *Meter) repeat(tick <-chan time.Time) {
	defer close(m.ended)
	for {
		select {
		case <-tick:
			m.tell()
		case <-m.closed:
			return
		}
	}
}

func newMeter(w io.Writer, total, rate float64, now func() time.Time) *Meter {
	return &Meter{total: total, rate: rate, started: now(), now: now, lines: w}
}

// Skip counts units that were already done before the meter started, so that
// they do not enter the speed.
func (m *Meter) Skip(units float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += units
	m.first += units
}

// Budget says how long after its start the computation ends, done or not.
func (m *Meter) Budget(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.budget = d
}

// Set says how many units are done, those skipped included, and what is being
// computed.
func (m *Meter) Set(done float64, what string) {
	m.mu.Lock()
	m.done, m.what = done, what
	m.mu.Unlock()
	if m.bar != nil && m.total > 0 {
		m.bar.SetCurrent(int64(1000 * done / max(m.total, 1)))
	}
	m.tell()
}

// Rest says that nothing is being computed until the next Set.
func (m *Meter) Rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.what = ""
}

// tell prints a line if it is time for one and there is something to say.
func (m *Meter) tell() {
	m.mu.Lock()
	now, share, what := m.now(), m.done/max(m.total, 1), m.what
	known := m.rate > 0 || m.budget > 0 || now.Sub(m.started) > measurable // else the line would say nothing
	say := m.lines != nil && what != "" && known && now.Sub(m.last) >= time.Minute
	if say {
		m.last = now
	}
	m.mu.Unlock()
	switch {
	case say && m.total <= 0:
		fmt.Fprintln(m.lines, what)
	case say:
		percent, digits := 100*share, 0
		if percent < 9.95 { // of many hours a minute should show
			digits = 1
		}
		fmt.Fprintf(m.lines, "%s  %3.*f %% of all  %s\n", what, digits, percent, m.Left())
	}
}

// Println prints a line that stays, above the bar.
func (m *Meter) Println(line string) {
	if m.bars != nil {
		fmt.Fprintln(m.bars, line)
		return
	}
	fmt.Fprintln(m.lines, line)
}

// Close removes the bar from the terminal and ends the lines.
func (m *Meter) Close() {
	if m.closed != nil {
		close(m.closed)
		<-m.ended
	}
	if m.bar != nil {
		m.bar.Abort(true)
		m.bars.Wait()
	}
}

// leastBar is the width of a bar with the spaces around it and the two words beside it.
const leastBar = 14

// label is what is being computed, cut so that a bar and the time left fit beside it.
func (m *Meter) label(columns int) string {
	columns -= utf8.RuneCountInString(m.Left()) + leastBar
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := []rune(m.what); len(r) > columns {
		return string(r[:max(columns-1, 0)]) + "…"
	}
	return m.what
}

// Left says how long it will go on, "4m left". Where the budget ends it before
// all is done, the words say so: "4m of the budget left".
func (m *Meter) Left() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.total <= 0 && m.budget == 0 {
		return ""
	}
	passed := m.now().Sub(m.started)
	rate := m.rate
	if m.done > m.first && passed > measurable {
		rate = (m.done - m.first) / passed.Seconds()
	}
	seconds := math.Inf(1)
	if rate > 0 {
		seconds = (m.total - m.done) / rate
	}
	if left := m.budget - passed; m.budget > 0 && left.Seconds() < seconds {
		return Duration(left) + " of the budget left"
	}
	if rate <= 0 {
		return "time left unknown"
	}
	return Duration(time.Duration(seconds*float64(time.Second))) + " left"
}

// Duration writes d as a person would: "40s", "12m", "3h20m", "2d4h".
func Duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(int(d.Round(time.Second).Seconds()), 0))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		d = d.Round(time.Hour)
		return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
	}
}
