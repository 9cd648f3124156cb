// Package progress shows the progress of a long computation: a bar with the time
// left on a terminal, a line per minute elsewhere.
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
	rate    float64 // expected units per second before anything is measured
	what    string
	now     func() time.Time
	budget  time.Duration // 0: none

	bars *mpb.Progress // terminal
	bar  *mpb.Bar

	lines  io.Writer // elsewhere
	last   time.Time
	closed chan struct{} // nil: lines come only from Set
	ended  chan struct{} // closed when no more lines come
}

// measurable is the time after which the meter's own speed counts.
const measurable = 5 * time.Second

// New starts a meter of total units on w. With total 0 (unknown) it only shows what
// is being computed. rate is the expected number of units per second, used until
// the meter has measured its own; 0 if unknown.
func New(w *os.File, total, rate float64) *Meter {
	m := newMeter(w, total, rate, time.Now)
	if isatty.IsTerminal(w.Fd()) { // mpb does not support Cygwin's terminals, which get lines
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

// repeat prints lines although nothing has been set for a minute or more.
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

// Skip counts units that were done before the meter started, so that they do not
// enter the speed.
func (m *Meter) Skip(units float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += units
	m.first += units
}

// Budget sets the time after its start at which the computation ends, done or not.
func (m *Meter) Budget(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.budget = d
}

// Set sets how many units are done, including those skipped, and what is being
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

// Rest marks that nothing is being computed until the next Set.
func (m *Meter) Rest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.what = ""
}

// tell prints a line if one is due and there is something to show.
func (m *Meter) tell() {
	m.mu.Lock()
	now, share, what := m.now(), m.done/max(m.total, 1), m.what
	known := m.rate > 0 || m.budget > 0 || now.Sub(m.started) > measurable // otherwise the line shows nothing
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
		if percent < 9.95 { // so that a minute of many hours shows
			digits = 1
		}
		fmt.Fprintf(m.lines, "%s  %3.*f %% of all  %s\n", what, digits, percent, m.Left())
	}
}

// Println prints a permanent line above the bar.
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

// leastBar is the least width of a bar with the spaces around it and between the two
// texts.
const leastBar = 14

// label returns what is being computed, cut so that a bar and the time left fit into
// the given columns.
func (m *Meter) label(columns int) string {
	columns -= utf8.RuneCountInString(m.Left()) + leastBar
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := []rune(m.what); len(r) > columns {
		return string(r[:max(columns-1, 0)]) + "…"
	}
	return m.what
}

// Left returns the time left, "4m left". If the budget ends before all is done it
// returns "4m of the budget left".
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

// Duration returns d in a short form: "40s", "12m", "3h20m", "2d4h".
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
