package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"longtail/results"
)

// ErrBusy is wrapped by the errors of tasks that another process is at.
var ErrBusy = errors.New("another process is at it")

// Holder is what a lock file says of the process that works on a task. The
// operating system holds the lock and frees that of a process that dies, so a
// file that still names its holder and is not locked is one that was killed.
type Holder struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

const (
	lockFile  = "lock"
	heartbeat = 10 * time.Second // how often the lock file of a running task is touched
)

// tryLock takes the task for this process alone, or returns an error that wraps
// ErrBusy.
func tryLock(store results.Store, task string) (unlock func(), err error) {
	if err := os.MkdirAll(store.Dir(task), 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(store.Path(task, lockFile), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", store.Dir(task), err)
	}
	if err := lockNow(f); err != nil {
		f.Close()
		if errors.Is(err, ErrBusy) {
			return nil, fmt.Errorf("task %.12s: %w", task, ErrBusy)
		}
		return nil, fmt.Errorf("cannot lock %s: %w (does its file system have locks?)", f.Name(), err)
	}
	host, _ := os.Hostname()
	who, err := json.Marshal(Holder{host, os.Getpid(), time.Now().UTC()})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(who, 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot write %s: %w", f.Name(), err)
	}
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case now := <-time.After(heartbeat):
				os.Chtimes(f.Name(), now, now)
			}
		}
	}()
	return func() {
		close(stop)
		f.Truncate(0)
		f.Close() // frees the lock
	}, nil
}

// lock waits until this process alone works on the task.
func lock(ctx context.Context, store results.Store, task string) (unlock func(), err error) {
	for {
		unlock, err := tryLock(store, task)
		if !errors.Is(err, ErrBusy) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// held reports whether another process works on the task now.
func held(store results.Store, task string) bool {
	f, err := os.OpenFile(store.Path(task, lockFile), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(lockNow(f), ErrBusy)
}

// lockState reads a lock file: whose it is, whether it is held, and for how long
// its holder has not been heard of.
func lockState(store results.Store, task string) (who *Holder, isHeld bool, silent time.Duration) {
	path := store.Path(task, lockFile)
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		return nil, false, 0
	}
	var h Holder
	if json.Unmarshal(data, &h) != nil {
		return nil, false, 0
	}
	if info, err := os.Stat(path); err == nil {
		silent = time.Since(info.ModTime())
	}
	return &h, held(store, task), silent
}
