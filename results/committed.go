package results

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sync"
)

//go:embed committed
var committed embed.FS

// Committed returns the results that ship with the program, by task name, each with
// Shipped set.
var Committed = sync.OnceValues(func() (map[string]*Result, error) { return readAll(committed, "committed") })

func readAll(fsys fs.FS, dir string) (map[string]*Result, error) {
	files, err := fs.Glob(fsys, path.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	all := make(map[string]*Result, len(files))
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var r Result
		if err := decode(name, data, &r); err != nil {
			return nil, err
		}
		if other, dup := all[r.Task]; dup {
			return nil, fmt.Errorf("%s: task %.12s is there twice (%s)", name, r.Task, other.Cost.Finished)
		}
		r.Shipped = true
		all[r.Task] = &r
	}
	return all, nil
}
