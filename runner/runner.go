// Package runner computes a plan. It decides which tasks may start and runs several
// at once, each in its own process, within a budget. Several runners may share a
// store.
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

// Runner computes the tasks of a plan into a store, in the plan's order and several
// at once. Other runners may work on the same store; each leaves alone what another
// is computing.
type Runner struct {
	Store  results.Store
	Plan   results.Plan
	Launch Launcher
	Jobs   int // tasks at once; 0: chosen by cores, memory and network
	// Budget is the time after which running tasks are stopped and no other is
	// started; 0: no limit.
	Budget time.Duration
	// Report, if set, is called whenever a task starts or advances. done is the
	// finished work (Task.Work) of what the plan computes (ToCompute). found is its
	// part that this run did not compute, because it found results and checkpoints.
	Report func(task results.Task, p tasks.Progress, done, found float64)
	// Say, if set, is called with one line about every task that ends, and with notes.
	Say func(line string)

	// Tests replace these; nil: the functions of the same name.
	pauseAfter func(waited time.Duration) time.Duration
	prepare    func(results.Store, results.Task) error
}

// Outcome is what became of every task of the plan, by its name.
type Outcome struct {
	Ended   string            `json:"ended"`    // one of Ended…
	Ran     []string          `json:"ran"`      // computed now
	Already []string          `json:"already"`  // was done before, or by another runner meanwhile
	Failed  map[string]string `json:"failed"`   // reason, by task
	LeftOut []string          `json:"left_out"` // not done: out of budget, interrupted, or a parent is left out
}

// Reasons why a run ended.
const (
	EndedDone        = "done" // nothing is left that it can compute
	EndedBudget      = "budget"
	EndedInterrupted = "interrupted" // from outside
	EndedError       = "error"       // nothing more could be started
)

// state is the state of a task in a run.
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
	out            Outcome
	tasks          map[string]*status // by name
	done           float64
	shown          float64 // done as last reported
	found          float64
	events         chan event
	stored         func(task, file string) bool // from Stored
	changed        time.Time                    // when a task last started or settled
	lastWaitNotice time.Time                    // when we last printed, or reset, the "waiting for" notice
	began          time.Time                    // start of the run, by the clock that stamps the store's files
	free           int64                        // free memory before the first task, in bytes; 0: unknown
	broken         error                        // why no further task can be started
	forked         bool                         // a running task has just left a fork
	busy           bool                         // a task could start if nobody were computing it or its first epochs
}

// status is what a run knows of one task.
type status struct {
	state      state
	toDo       results.Task // what is computed of it if tasks run in order
	needsFiles bool         // a pending task needs its model or logits, not only its result
	memory     int64        // memory that it takes, in bytes
	resumed    bool         // it has reported the step at which this run resumed it
	attempt                 // while it is running
}

// attempt is how a running task was started, and how far it is.
type attempt struct {
	threads    int
	stop       context.CancelFunc
	share      float64 // of its steps that are finished
	restarting bool    // it was stopped to continue with more threads
}

// event is a message from the goroutine of a running task.
type event struct {
	task     results.Task
	progress *tasks.Progress
	err      error // the result of a task that ended
	took     time.Duration
}

// Run computes what is not done yet. A failed task fails only its descendants. The
// error is nil unless the run was interrupted from outside or nothing more could be
// started. The outcome is valid in any case.
func (r Runner) Run(ctx context.Context) (Outcome, error) {
	if r.pauseAfter == nil {
		r.pauseAfter = pauseAfter
	}
	if r.prepare == nil {
		r.prepare = prepare
	}
	stored := Stored(r.Store)
	s := &schedule{
		Runner:         r,
		out:            Outcome{Ran: []string{}, Already: []string{}, Failed: map[string]string{}, LeftOut: []string{}},
		tasks:          map[string]*status{},
		events:         make(chan event),
		stored:         stored,
		lastWaitNotice: time.Now(),
		changed:        time.Now(),
		free:           freeMemory(),
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
		s.tasks[t.Name] = &status{toDo: toDo[t.Name], needsFiles: read[t.Name], memory: memoryOf(files, t.Settings)}
	}
	err := s.compute(runCtx)
	for _, t := range r.Plan.Tasks {
		if st := s.statusOf(t.Name).state; st == waiting || st == leftOut {
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

// compute starts tasks and handles their events until nothing is left to do, ctx
// ends, or nothing more can be started.
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
		s.printWaitNotice()
		if err != nil {
			if s.running() > 0 {
				s.say("note    no further task is started, what runs is left to end: %v", err)
			}
			for s.running() > 0 {
				s.handle(ctx, <-s.events)
			}
			return err
		}
		if s.running() == 0 && (!s.busy || ctx.Err() != nil) {
			return nil
		}
		var again <-chan time.Time
		if s.busy { // to look again at what another runner had
			again = time.After(s.pauseAfter(time.Since(s.changed)))
		}
		var over <-chan struct{}
		if s.running() == 0 { // otherwise ctx ends what runs
			over = ctx.Done()
		}
		for ended := false; !ended; { // nothing can start before
			select {
			case e := <-s.events:
				s.handle(ctx, e)
				ended, s.forked = e.progress == nil || s.forked, false
			case <-again:
				ended = true
			case <-over:
				ended = true
			}
		}
	}
}

// pauseAfter returns how long to wait before looking again, if nothing has changed
// for the time waited. A look at a plan of a thousand tasks makes thousands of calls
// to the file system.
func pauseAfter(waited time.Duration) time.Duration {
	return min(max(waited/10, 500*time.Millisecond), 10*time.Second)
}

// printWaitNotice names, once a minute, the processes whose tasks this run needs
// before it can continue.
func (s *schedule) printWaitNotice() {
	if s.running() > 0 || !s.busy {
		s.lastWaitNotice = time.Now()
		return
	}
	if time.Since(s.lastWaitNotice) < time.Minute {
		return
	}
	s.lastWaitNotice = time.Now()
	for _, t := range s.Plan.Tasks {
		if s.statusOf(t.Name).state != waiting {
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

// waitsFor returns the tasks that keep t from starting while somebody computes
// them: t itself, and those that will leave it a fork.
func (s *schedule) waitsFor(t results.Task) []string {
	if !s.wantsFork(t) {
		return []string{t.Name}
	}
	return append([]string{t.Name}, t.Shared.With...)
}

// wantsFork reports whether a task would start at its first step although another
// could leave it the epochs that both share.
func (s *schedule) wantsFork(t results.Task) bool {
	return t.Shared != nil && !s.Store.Has(t.Name, results.FileState) && !t.HasFork(s.stored)
}

// statusOf returns the status of a task, or an empty one for a task outside the
// plan.
func (s *schedule) statusOf(name string) *status {
	if st := s.tasks[name]; st != nil {
		return st
	}
	return &status{}
}

func (s *schedule) set(t results.Task, to state) {
	s.statusOf(t.Name).state, s.changed = to, time.Now()
}

func (s *schedule) running() int {
	n := 0
	for _, st := range s.tasks {
		if st.state == running {
			n++
		}
	}
	return n
}

// start settles what needs no work and launches what may run, in the plan's order.
func (s *schedule) start(ctx context.Context) error {
	if s.broken != nil {
		return s.broken
	}
	ready := s.settle(ctx)
	for i, t := range ready {
		jobs, threads := share(s.Jobs, runtime.GOMAXPROCS(0), s.statusOf(t.Name).memory, s.free)
		if s.running() >= jobs || !s.fits(t) {
			return nil
		}
		if alone := s.running() + len(ready) - i; alone < jobs { // no other task needs the cores
			threads = max(threads, runtime.GOMAXPROCS(0)/alone)
		}
		switch err := s.prepare(s.Store, t); {
		case errors.Is(err, fs.ErrPermission) && s.Store.Writable() == nil: // the task's folder belongs to another user
			s.say("FAILED  %s: %v", experiments.Describe(t.Settings), err)
			s.fail(t, 0, err.Error())
			return s.start(ctx) // this fails its descendants too
		case err != nil:
			return err
		}
		s.launch(ctx, t, threads)
	}
	if ctx.Err() == nil {
		s.widen()
	}
	return nil
}

// settle marks tasks that are done, have failed or are left out, and returns those
// that may run.
func (s *schedule) settle(ctx context.Context) (ready []results.Task) {
	s.busy = false
	next := map[string]bool{} // names of the tasks in ready
	for _, t := range s.Plan.Tasks {
		if s.statusOf(t.Name).state != waiting {
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
			if st := s.statusOf(p).state; st == failed || st == leftOut {
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
	s.statusOf(t.Name).attempt = attempt{threads: threads, stop: stop}
	s.set(t, running)
	s.report(t, tasks.Progress{})
	go func() {
		defer stop()
		started := time.Now()
		err := s.Launch(taskCtx, t.Name, threads, func(p tasks.Progress) { s.events <- event{task: t, progress: &p} })
		s.events <- event{task: t, err: err, took: time.Since(started)}
	}()
}

// fits reports whether memory suffices for a task besides those that run. A number
// of tasks at once that the user gives is not checked.
func (s *schedule) fits(t results.Task) bool {
	all := s.statusOf(t.Name).memory
	if all == 0 || s.Jobs > 0 || s.free == 0 || s.running() == 0 {
		return true
	}
	for _, st := range s.tasks {
		if st.state == running {
			all += st.memory
		}
	}
	return all <= s.free
}

// failedElsewhere returns the reason why a task failed under another runner since
// this one began, if it would fail here too: training that diverges does on every
// machine with the same kernel set, and most likely on others. Other failures come
// from files, memory or kernels, which differ by machine: for those it returns "",
// and the task is tried here.
func (s *schedule) failedElsewhere(t results.Task) string {
	if info, err := os.Stat(s.Store.Path(t.Name, results.FileError)); err != nil || !info.ModTime().After(s.began) {
		return ""
	}
	kind, reason, _ := s.Store.Failure(t.Name) // gone: somebody is trying again
	if kind != results.FailureDiverged {
		return ""
	}
	return reason
}

// widen restarts running tasks with more threads if no other task can use the
// cores. They stop at a checkpoint and resume from it to the same bits. It skips
// small networks and tasks that are almost done.
func (s *schedule) widen() {
	n := s.running()
	for _, t := range s.Plan.Tasks {
		st := s.statusOf(t.Name)
		if jobs, _ := share(s.Jobs, runtime.GOMAXPROCS(0), st.memory, s.free); st.state != running || st.restarting || st.share > .95 || n >= jobs {
			continue
		}
		if threads := min(runtime.GOMAXPROCS(0)/n, experiments.MaxUsefulThreads(t.Settings)); threads > st.threads {
			s.say("note    %s: no other task can use the cores now, so it goes on with %d of them", experiments.Describe(t.Settings), threads)
			st.restarting = true
			st.stop()
		}
	}
}

// willHaveFork reports whether t should wait because another task, running
// somewhere or about to, computes the first epochs that both share and will leave a
// fork. Both finish no later than if t started at once, at half the work, since the
// other is as far as t would get meanwhile. Tasks that fail, stop or fall silent
// are not waited for.
func (s *schedule) willHaveFork(t results.Task, next map[string]bool) bool {
	if !s.wantsFork(t) {
		return false
	}
	for _, name := range t.Shared.With {
		switch st := s.statusOf(name); {
		case st.state == running:
			// If there is no fork an epoch later, it left none.
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

// work returns the cost of the part of t that this run computes.
func (s *schedule) work(t results.Task) float64 { return s.statusOf(t.Name).toDo.Work() }

// workDone returns the part of that cost that a running task has done.
func (s *schedule) workDone(t results.Task) float64 {
	share := s.statusOf(t.Name).share
	if t.Shared != nil && s.statusOf(t.Name).toDo != t { // it starts after the shared epochs
		first := float64(t.Shared.Epochs) / float64(t.Settings.Epochs)
		share = max(0, (share-first)/(1-first))
	}
	return share * s.work(t)
}

// handle updates the run by an event.
func (s *schedule) handle(ctx context.Context, e event) {
	t, st := e.task, s.statusOf(e.task.Name)
	if e.progress != nil && e.progress.Note != "" {
		s.say("note    %s: %s", experiments.Describe(t.Settings), e.progress.Note)
		return
	}
	if e.progress != nil {
		was := st.share
		st.share = float64(e.progress.Step) / float64(max(e.progress.Steps, 1))
		if t.Shared != nil { // similar tasks may start once it has left these epochs
			left := float64(t.Shared.Epochs) / float64(t.Settings.Epochs)
			s.forked = s.forked || was <= left && st.share > left
		}
		if k := t.Settings.Kind; !st.resumed && (k == results.KindTrain || k == results.KindPretrain) {
			st.resumed = true // a training first reports the step at which it starts
			s.found += s.workDone(t)
		}
		s.report(t, *e.progress)
		return
	}
	if errors.Is(e.err, errKilled) && (st.restarting || ctx.Err() != nil) { // otherwise it has failed
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
		s.set(t, waiting) // another runner took it meanwhile
	case (errors.Is(e.err, tasks.ErrStopped) || errors.Is(e.err, errKilled)) && st.restarting && ctx.Err() == nil:
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

// fail marks a task that failed when computed of its work was done. All of its work
// then counts as done, because none of it is to come.
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
		if s.statusOf(t.Name).state == running {
			done += s.workDone(t)
		}
	}
	s.shown = max(s.shown, done) // a sum in another order may be slightly smaller
	s.Report(t, p, s.shown, s.found)
}

func (s *schedule) say(format string, args ...any) {
	if s.Say != nil {
		s.Say(fmt.Sprintf(format, args...))
	}
}

// prepare writes the task's settings, the only input of its process.
func prepare(s results.Store, t results.Task) error {
	os.Remove(s.Path(t.Name, results.FileError))
	return results.Write(s.Path(t.Name, results.FileSettings), t)
}

// isDone reports whether a task has a valid result and, if a pending task needs
// them, its other files. It moves a damaged result aside and never deletes one.
func (s *schedule) isDone(t results.Task) bool {
	_, err := s.Store.Result(t.Name)
	if errors.Is(err, results.ErrCorrupt) {
		path := s.Store.Path(t.Name, results.FileResult)
		aside := fmt.Sprintf("%s.damaged-%d", path, time.Now().UnixNano())
		if os.Rename(path, aside) == nil {
			s.say("moved a damaged result aside: %s (%v)", aside, err)
		}
	}
	return err == nil && (!s.statusOf(t.Name).needsFiles || !s.Store.Lacks(t))
}
