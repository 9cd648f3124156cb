package experiments

import (
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/lockedfile"

	"longtail/results"
)

// lock waits until this process alone works on the task. The operating system
// frees the lock of a process that dies.
func lock(store results.Store, task string) (unlock func(), err error) {
	if err := os.MkdirAll(store.Dir(task), 0o777); err != nil {
		return nil, err
	}
	unlock, err = lockedfile.MutexAt(store.Path(task, "lock")).Lock()
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", store.Dir(task), err)
	}
	return unlock, nil
}
