// Package runner computes a plan: which task may start, each in a process of its
// own, several at once, within a budget. Several runners may share a store.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"longtail/dataset"
	"longtail/experiments"
	"longtail/internal/lock"
	"longtail/nn/train"
	"longtail/results"
	"longtail/tasks"
)

// Runner computes the tasks of a plan, in its order and several at once, into a
// store. Other runners may work on the same store: each takes what no other is
// at.
type Runner struct {
	Store  results.Store
	Plan   results.Plan
	Launch Launcher
	Jobs   Jobs // zeros are chosen by machine and network
	// Budget is the time after which running tasks are told to stop and no
	// other is started; 0 is no limit.
	Budget time.Duration
	// Report, if set, hears of every task that starts or moves. done counts
	// work units (Task.Work) of what is computed of the plan (ToCompute), found
	// those of them that are not this run's: results and checkpoints that it
	// found.
	Report func(task results.Task, p tasks.Progress, done, found float64)
	// Say, if set, hears one line about every task that ends.
	Say func(line string)

	// nil: the functions of that name
	pauseAfter func(waited time.Duration) time.Duration
	prepare    func(results.Store, results.Task) error
}

// Outcome says what became of every task of the plan, each by its name.
type Outcome struct {
	Ended   string            `json:"ended"`    // by what: Ended…
	Ran     []string          `json:"ran"`      // computed now
	Already []string          `json:"already"`  // was done before, or by another runner meanwhile
	Failed  map[string]string `json:"failed"`   // reason, by task
	LeftOut []string          `json:"left_out"` // not done: out of budget, interrupted, or a parent is left out
}

// What a run ended by.
const (
	EndedDone        = "done" // nothing is left that it can compute
	EndedBudget      = "budget"
	EndedInterrupted = "interrupted" // from outside
	EndedError       = "error"       // nothing more could be started
)

// state of a task in a run.
type state int

const (
	waiting state = iota
	running
	finished
	failed
	leftOut
)

// schedule is a run of a plan in progress. One goroutine owns it.
type schedule struct {
	Runner
	out     Outcome
	tasks   map[string]*status // by name
	done    float64
	shown   float64 // done as last reported
	found   float64
	events  chan event
	stored  func(task, file string) bool // as Stored gives it
	changed time.Time                    // when a task was last started, or settled
	waits   time.Time                    // when it was last said, or not to be said, who is waited for
	began   time.Time                    // by the clock that stamps the store's files
	free    int64                        // memory before the first task, in bytes; 0: not known
	broken  error                        // why no further task can be started
	forked  bool                         // a running task has just left its first epochs to others
	busy    bool                         // a task could start but for another that is at it, or at its first epochs
}

// status is what a run knows of one task.
type status struct {
	state   state
	toDo    results.Task // what is computed of it if the tasks are taken in turn
	read    bool         // a task that is to be computed reads more of it than the result
	memory  int64        // that it takes, in bytes
	resumed bool         // it is known where this run took it up
	attempt              // while it is running
}

// attempt is how a running task was started, and how far it is.
type attempt struct {
	threads int
	stop    context.CancelFunc
	share   float64 // of its steps that are finished
	again   bool    // it was told to stop so that it goes on with more threads
}

// event is what the goroutine of a running task has to say.
type event struct {
	task     results.Task
	progress *tasks.Progress
	err      error // of a task that ended
	took     time.Duration
}

// Run computes what is not done yet. A failed task fails its descendants and
// nothing else. It returns an error only when it was interrupted from outside
// or nothing more could be started; the outcome is valid in any case.
func (r Runner) Run(ctx context.Context) (Outcome, error) {
	if r.pauseAfter == nil {
		r.pauseAfter = pauseAfter
	}
	if r.prepare == nil {
		r.prepare = prepare
	}
	stored := Stored(r.Store)
	s := &schedule{
		Runner:  r,
		out:     Outcome{Ran: []string{}, Already: []string{}, Failed: map[string]string{}, LeftOut: []string{}},
		tasks:   map[string]*status{},
		events:  make(chan event),
		stored:  stored,
		waits:   time.Now(),
		changed: time.Now(),
		free:    freeMemory(),
	}
	runCtx := ctx
	if r.Budget > 0 {
		var cancel context.CancelFunc
		runCtx, cancel = context.WithTimeout(ctx, r.Budget)
		defer cancel()
	}
	files := dataset.Files{Dir: r.Plan.DataDir, AllowUnverified: r.Plan.AllowUnverified}
	toDo := experiments.ToCompute(r.Plan, stored)
	_, read := r.Store.Done(r.Plan.Tasks)
	for _, t := range r.Plan.Tasks {
		s.tasks[t.Name] = &status{toDo: toDo[t.Name], read: read[t.Name], memory: memoryOf(files, t.Settings)}
	}
	err := s.compute(runCtx)
	for _, t := range r.Plan.Tasks {
		if st := s.of(t.Name).state; st == waiting || st == leftOut {
			s.out.LeftOut = append(s.out.LeftOut, t.Name)
		}
	}
	switch {
	case err != nil:
		s.out.Ended = EndedError
	case ctx.Err() != nil:
		s.out.Ended, err = EndedInterrupted, ctx.Err()
	case len(s.out.LeftOut) == 0:
		s.out.Ended = EndedDone
	case runCtx.Err() != nil:
		s.out.Ended = EndedBudget
	default: // somebody stopped a task
		s.out.Ended = EndedInterrupted
	}
	return s.out, err
}

// compute starts tasks and hears of them until nothing is left to do, ctx ends, or
// nothing more can be started.
func (s *schedule) compute(ctx context.Context) error {
	if err := s.Store.Writable(); err != nil {
		return err
	}
	began, err := lock.ServerTime(string(s.Store))
	if err != nil {
		return err
	}
	s.began = began
	for {
		err := s.start(ctx)
		s.tellWhoIsWaitedFor()
		if err != nil {
			if s.running() > 0 {
				s.say("note    no further task is started, what runs is left to end: %v", err)
			}
			for s.running() > 0 {
				s.hear(ctx, <-s.events)
			}
			return err
		}
		if s.running() == 0 && (!s.busy || ctx.Err() != nil) {
			return nil
		}
		var again <-chan time.Time
		if s.busy { // to look again for what another runner was at
			again = time.After(s.pauseAfter(time.Since(s.changed)))
		}
		var over <-chan struct{}
		if s.running() == 0 { // else what runs ends by it
			over = ctx.Done()
		}
		for ended := false; !ended; { // until then nothing can start
			select {
			case e := <-s.events:
				s.hear(ctx, e)
				ended, s.forked = e.progress == nil || s.forked, false
			case <-again:
				ended = true
			case <-over:
				ended = true
			}
		}
	}
}

// pauseAfter is how long to wait before looking again, where nothing has changed for
// the time waited: a look at a plan of a thousand tasks asks the file system thousands
// of times.
func pauseAfter(waited time.Duration) time.Duration {
	return min(max(waited/10, 500*time.Millisecond), 10*time.Second)
}

// tellWhoIsWaitedFor names, once a minute, the processes at the tasks that nothing
// here can go on without.
func (s *schedule) tellWhoIsWaitedFor() {
	if s.running() > 0 || !s.busy {
		s.waits = time.Now()
		return
	}
	if time.Since(s.waits) < time.Minute {
		return
	}
	s.waits = time.Now()
	for _, t := range s.Plan.Tasks {
		if s.of(t.Name).state != waiting {
			continue
		}
		for _, name := range s.waitsFor(t) {
			who, held, silent := lock.State(s.Store.Dir(name))
			if !held {
				continue
			}
			what := experiments.Describe(t.Settings)
			if name != t.Name {
				what = fmt.Sprintf("the first %d epochs of %s, in task %.12s", t.Shared.Epochs, what, name)
			}
			if who == nil {
				s.say("waiting for %s: another process is at it", what)
				break
			}
			s.say("waiting for %s: process %d on %s is at it, heard of %s ago; longtail doctor says what to do with one that is silent", what, who.PID, who.Host, silent.Round(time.Second))
			break
		}
	}
}

// waitsFor are the tasks that keep one from starting as long as somebody is at them:
// itself, and those that will leave it its first epochs.
func (s *schedule) waitsFor(t results.Task) []string {
	if !s.wantsFork(t) {
		return []string{t.Name}
	}
	return append([]string{t.Name}, t.Shared.With...)
}

// wantsFork reports whether a task would begin at its first step, where another that
// is to come could leave it the epochs that both share.
func (s *schedule) wantsFork(t results.Task) bool {
	return t.Shared != nil && !s.Store.Has(t.Name, results.FileState) && !t.HasFork(s.stored)
}

// of is what is known of a task: of one outside the plan, nothing.
func (s *schedule) of(name string) *status {
	if st := s.tasks[name]; st != nil {
		return st
	}
	return &status{}
}

func (s *schedule) set(t results.Task, to state) { s.of(t.Name).state, s.changed = to, time.Now() }

func (s *schedule) running() int {
	n := 0
	for _, st := range s.tasks {
		if st.state == running {
			n++
		}
	}
	return n
}

// start settles what needs no work and launches what may run, in the plan's
// order.
func (s *schedule) start(ctx context.Context) error {
	if s.broken != nil {
		return s.broken
	}
	ready := s.settle(ctx)
	for i, t := range ready {
		jobs := s.Jobs.fill(s.of(t.Name).memory, s.free)
		if s.running() >= jobs.N || !s.fits(t) {
			return nil
		}
		if alone := s.running() + len(ready) - i; alone < jobs.N { // nobody else needs the cores
			jobs.Threads = max(jobs.Threads, runtime.GOMAXPROCS(0)/alone)
		}
		switch err := s.prepare(s.Store, t); {
		case errors.Is(err, fs.ErrPermission) && s.Store.Writable() == nil: // the task's folder is another user's
			s.say("FAILED  %s: %v", experiments.Describe(t.Settings), err)
			s.fail(t, 0, err.Error())
			return s.start(ctx) // with what depends on it
		case err != nil:
			return err
		}
		s.launch(ctx, t, jobs.Threads)
	}
	if ctx.Err() == nil {
		s.widen()
	}
	return nil
}

// settle notes what is done, has failed or is left out, and returns the tasks that
// may run.
func (s *schedule) settle(ctx context.Context) (ready []results.Task) {
	s.busy = false
	next := map[string]bool{} // the names of ready
	for _, t := range s.Plan.Tasks {
		if s.of(t.Name).state != waiting {
			continue
		}
		if s.isDone(t) {
			s.set(t, finished)
			tidy(s.Store, t)
			s.out.Already = append(s.out.Already, t.Name)
			s.done += s.work(t)
			s.found += s.work(t)
			continue
		}
		parents, bad := finished, ""
		for _, p := range t.Settings.Parents() {
			if st := s.of(p).state; st == failed || st == leftOut {
				parents, bad = st, p
				break
			} else if st != finished {
				parents = waiting
			}
		}
		if parents == finished {
			if reason := s.failedElsewhere(t); reason != "" {
				s.say("FAILED  %s, under another runner: %s", experiments.Describe(t.Settings), reason)
				s.fail(t, 0, reason)
				continue
			}
		}
		switch {
		case parents == failed:
			s.fail(t, 0, fmt.Sprintf("its parent %.12s failed", bad))
		case parents == leftOut:
			s.set(t, leftOut)
		case parents == waiting || ctx.Err() != nil:
		case lock.Held(s.Store.Dir(t.Name)) || s.willHaveFork(t, next):
			s.busy = true
		default:
			ready = append(ready, t)
			next[t.Name] = true
		}
	}
	return ready
}

func (s *schedule) launch(ctx context.Context, t results.Task, threads int) {
	taskCtx, stop := context.WithCancel(ctx)
	s.of(t.Name).attempt = attempt{threads: threads, stop: stop}
	s.set(t, running)
	s.report(t, tasks.Progress{})
	go func() {
		defer stop()
		started := time.Now()
		err := s.Launch(taskCtx, t.Name, threads, func(p tasks.Progress) { s.events <- event{task: t, progress: &p} })
		s.events <- event{task: t, err: err, took: time.Since(started)}
	}()
}

// fits reports whether there is memory for a task beside those that run. A number of
// tasks at once that the user gives is the user's.
func (s *schedule) fits(t results.Task) bool {
	all := s.of(t.Name).memory
	if all == 0 || s.Jobs.N > 0 || s.free == 0 || s.running() == 0 {
		return true
	}
	for _, st := range s.tasks {
		if st.state == running {
			all += st.memory
		}
	}
	return all <= s.free
}

// failedElsewhere is the reason for which a task has failed under another runner since
// this one began, where it would here as well: training that diverges has the same bits
// everywhere. Files, memory and kernels are a machine's own: "", and it is tried here.
func (s *schedule) failedElsewhere(t results.Task) string {
	if info, err := os.Stat(s.Store.Path(t.Name, results.FileError)); err != nil || !info.ModTime().After(s.began) {
		return ""
	}
	kind, reason, _ := s.Store.Failure(t.Name) // gone: somebody tries again
	if kind != results.FailureDiverged {
		return ""
	}
	return reason
}

// widen gives cores that no other task can use to those that run, of larger
// networks, unless they are almost done: they stop at a checkpoint and go on from
// it with more threads, and to the same bits.
func (s *schedule) widen() {
	n := s.running()
	for _, t := range s.Plan.Tasks {
		st := s.of(t.Name)
		if st.state != running || st.again || st.share > .95 || n >= s.Jobs.fill(st.memory, s.free).N {
			continue
		}
		if threads := min(runtime.GOMAXPROCS(0)/n, experiments.MaxUsefulThreads(t.Settings)); threads > st.threads {
			s.say("note    %s: no other task can use the cores now, so it goes on with %d of them", experiments.Describe(t.Settings), threads)
			st.again = true
			st.stop()
		}
	}
}

// willHaveFork reports whether to wait with a task because another, running
// somewhere or about to, is at the first epochs that both share and will leave
// its checkpoint. Both are done no later than if this one began at once, at half
// the work: what it waits for is as far as it would get meanwhile. One that
// fails, stops or is not heard of is not waited for.
func (s *schedule) willHaveFork(t results.Task, next map[string]bool) bool {
	if !s.wantsFork(t) {
		return false
	}
	for _, name := range t.Shared.With {
		switch st := s.of(name); {
		case st.state == running:
			// An epoch later it has not left one.
			if st.share < float64(t.Shared.Epochs+1)/float64(t.Settings.Epochs) {
				return true
			}
		case next[name]:
			return true
		default:
			if _, held, silent := lock.State(s.Store.Dir(name)); held && silent < lock.SilentFor {
				return true
			}
		}
	}
	return false
}

// work is the cost of the part of t that this run computes.
func (s *schedule) work(t results.Task) float64 { return s.of(t.Name).toDo.Work() }

// workDone is the part of work that a running task has done.
func (s *schedule) workDone(t results.Task) float64 {
	share := s.of(t.Name).share
	if t.Shared != nil && s.of(t.Name).toDo != t { // it begins after these
		first := float64(t.Shared.Epochs) / float64(t.Settings.Epochs)
		share = max(0, (share-first)/(1-first))
	}
	return share * s.work(t)
}

// hear takes note of an event.
func (s *schedule) hear(ctx context.Context, e event) {
	t, st := e.task, s.of(e.task.Name)
	if e.progress != nil && e.progress.Note != "" {
		s.say("note    %s: %s", experiments.Describe(t.Settings), e.progress.Note)
		return
	}
	if e.progress != nil {
		was := st.share
		st.share = float64(e.progress.Step) / float64(max(e.progress.Steps, 1))
		if t.Shared != nil { // what begins like it may start once it has left these epochs
			left := float64(t.Shared.Epochs) / float64(t.Settings.Epochs)
			s.forked = s.forked || was <= left && st.share > left
		}
		if k := t.Settings.Kind; !st.resumed && (k == results.KindTrain || k == results.KindPretrain) {
			st.resumed = true // a training's first word is where it begins
			s.found += s.workDone(t)
		}
		s.report(t, *e.progress)
		return
	}
	if errors.Is(e.err, errKilled) && (st.again || ctx.Err() != nil) { // else it has failed
		s.say("note    %s: %v", experiments.Describe(t.Settings), e.err)
	}
	switch computed := s.workDone(t); {
	case e.err == nil:
		s.set(t, finished)
		s.out.Ran = append(s.out.Ran, t.Name)
		s.done += s.work(t)
		s.say("done    %s in %s", experiments.Describe(t.Settings), e.took.Round(time.Second))
	case errors.Is(e.err, errProgram), errors.Is(e.err, errFull): // the next would fare no better
		s.set(t, leftOut)
		s.broken = e.err
	case errors.Is(e.err, lock.ErrBusy):
		s.set(t, waiting) // another runner took it in between
	case (errors.Is(e.err, tasks.ErrStopped) || errors.Is(e.err, errKilled)) && st.again && ctx.Err() == nil:
		s.set(t, waiting)
	case errors.Is(e.err, tasks.ErrStopped), errors.Is(e.err, errKilled) && ctx.Err() != nil:
		s.set(t, leftOut)
	default:
		s.fail(t, computed, e.err.Error())
		s.say("FAILED  %s: %v", experiments.Describe(t.Settings), e.err)
		kind := ""
		if errors.Is(e.err, train.ErrNotFinite) {
			kind = results.FailureDiverged
		}
		if err := s.Store.WriteFailure(t.Name, kind, e.err.Error()); err != nil {
			s.say("%v", err)
		}
	}
}

// fail notes that a task failed when computed of its work was done: nothing of it is
// to be waited for.
func (s *schedule) fail(t results.Task, computed float64, reason string) {
	s.set(t, failed)
	s.done += s.work(t)
	s.found += s.work(t) - computed
	s.out.Failed[t.Name] = reason
}

func (s *schedule) report(t results.Task, p tasks.Progress) {
	if s.Report == nil {
		return
	}
	done := s.done
	for _, t := range s.Plan.Tasks {
		if s.of(t.Name).state == running {
			done += s.workDone(t)
		}
	}
	s.shown = max(s.shown, done) // a sum in another order may be a hair smaller
	s.Report(t, p, s.shown, s.found)
}

func (s *schedule) say(format string, args ...any) {
	if s.Say != nil {
		s.Say(fmt.Sprintf(format, args...))
	}
}

// prepare writes the task's settings, which are all that its process gets.
func prepare(s results.Store, t results.Task) error {
	os.Remove(s.Path(t.Name, results.FileError))
	return results.Write(s.Path(t.Name, results.FileSettings), t)
}

// isDone reports whether a task's result is there and valid, and the files besides
// it if they will be read. A damaged result is moved aside, never deleted.
func (s *schedule) isDone(t results.Task) bool {
	_, err := s.Store.Result(t.Name)
	if errors.Is(err, results.ErrCorrupt) {
		path := s.Store.Path(t.Name, results.FileResult)
		aside := fmt.Sprintf("%s.damaged-%d", path, time.Now().UnixNano())
		if os.Rename(path, aside) == nil {
			s.say("moved a damaged result aside: %s (%v)", aside, err)
		}
	}
	return err == nil && (!s.of(t.Name).read || !s.Store.Lacks(t))
}
