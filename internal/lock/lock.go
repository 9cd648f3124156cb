// Package lock gives a folder to one process at a time.
package lock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ErrBusy is wrapped by the errors of folders that another process holds.
var ErrBusy = errors.New("another process is at it")

// File is the lock's name in its folder. It stays, empty, when the lock is
// released.
const File = "lock"

// Holder is what a lock file says about the process that holds it. The operating
// system holds the lock and releases it when the process dies. So a file that names
// its holder but is not locked belongs to a process that was killed.
type Holder struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

const heartbeat = 10 * time.Second // how often a holder rewrites its lock file

// SilentFor is the time without a heartbeat after which a lock's holder counts as
// silent.
const SilentFor = 6 * heartbeat

// Try locks the folder for this process alone, creating it if necessary. The error
// wraps ErrBusy if another process holds it.
func Try(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", dir, err)
	}
	if err := lockNow(f); err != nil {
		f.Close()
		if errors.Is(err, ErrBusy) {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		return nil, fmt.Errorf("cannot lock %s: %w (does its file system have locks?)", f.Name(), err)
	}
	host, _ := os.Hostname()
	who, err := json.Marshal(Holder{host, os.Getpid(), time.Now().UTC()})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		err = beat(f, who)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot write %s: %w", f.Name(), err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(heartbeat):
				beat(f, who)
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped // otherwise a last beat could name a holder again
		f.Truncate(0)
		f.Close() // releases the lock
	}, nil
}

// beat writes the lock file's content, so that its time is the file server's,
// whatever the clock here shows.
func beat(f *os.File, who []byte) error {
	if _, err := f.WriteAt(who, 0); err != nil {
		return err
	}
	return f.Sync()
}

// Wait locks the folder as soon as no other process holds it.
func Wait(ctx context.Context, dir string) (unlock func(), err error) {
	for {
		unlock, err := Try(dir)
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

// Held reports whether another process holds the folder now. It also works if the
// folder is read-only.
func Held(dir string) bool {
	f, err := os.Open(filepath.Join(dir, File))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(shareNow(f), ErrBusy)
}

// State returns a folder's holder, whether it is held, and for how long its holder
// has been silent by the file server's clock (0 if unknown). A process that is
// stopped or cut off from the folder falls silent; one whose work hangs does not. A
// held lock may have no known holder: it has not written yet, or others may not
// read meanwhile (CIFS).
func State(dir string) (who *Holder, held bool, silent time.Duration) {
	path := filepath.Join(dir, File)
	data, err := os.ReadFile(path)
	held = Held(dir)
	if !held {
		data, err = os.ReadFile(path) // empty now if it has ended well meanwhile
	}
	var h Holder
	if err == nil && json.Unmarshal(data, &h) == nil {
		who = &h
	}
	if who == nil && !held {
		return nil, false, 0
	}
	if info, err := os.Stat(path); err == nil {
		if now, err := ServerTime(dir); err == nil {
			silent = max(0, now.Sub(info.ModTime()))
		}
	}
	return who, held, silent
}

// ServerTime returns the time of the clock that stamps the folder's files.
func ServerTime(dir string) (time.Time, error) {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return time.Time{}, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
