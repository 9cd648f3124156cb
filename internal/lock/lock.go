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

// ErrBusy is wrapped by the errors of folders that another process is at.
var ErrBusy = errors.New("another process is at it")

// File is the lock's name in its folder. It stays, empty, when the lock is freed.
const File = "lock"

// Holder is what a lock file says of the process that holds it. The operating
// system holds the lock and frees that of a process that dies, so a file that
// still names its holder and is not locked is one that was killed.
type Holder struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

const heartbeat = 10 * time.Second // how often a holder writes its lock file anew

// SilentFor is how long the holder of a lock may not be heard of.
const SilentFor = 6 * heartbeat

// Try takes the folder for this process alone, making it if need be, or returns
// an error that wraps ErrBusy.
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
		<-stopped // else a last beat could name a holder again
		f.Truncate(0)
		f.Close() // frees the lock
	}, nil
}

// beat writes the lock file's content, so that its time is the file server's
// whatever the clock here says.
func beat(f *os.File, who []byte) error {
	if _, err := f.WriteAt(who, 0); err != nil {
		return err
	}
	return f.Sync()
}

// Wait takes the folder as soon as no other process is at it.
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

// Held reports whether another process is at the folder now, of one that may only
// be read as well.
func Held(dir string) bool {
	f, err := os.Open(filepath.Join(dir, File))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(shareNow(f), ErrBusy)
}

// State reads a folder's lock file: whose it is, whether it is held, and for how
// long its holder has not been heard of, by the file server's clock; 0 where that
// cannot be asked. A process that is stopped or cut off from the folder falls
// silent, one whose work hangs does not. A lock may be held by nobody known: its
// holder has not written yet, or others may not read meanwhile (CIFS).
func State(dir string) (who *Holder, held bool, silent time.Duration) {
	path := filepath.Join(dir, File)
	data, err := os.ReadFile(path)
	held = Held(dir)
	if !held {
		data, err = os.ReadFile(path) // empty now: it has ended meanwhile, and well
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

// ServerTime is what the clock that stamps the folder's files says.
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
