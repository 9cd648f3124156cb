// Package doctor checks what a run depends on: kernels, memory, disk, data and the
// store.
package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"longtail/dataset"
	"longtail/internal/lock"
	"longtail/internal/machine"
	"longtail/internal/rms"
	"longtail/internal/stream"
	"longtail/nn"
	"longtail/nn/checkpoint"
	"longtail/nn/kernel"
	"longtail/results"
)

// Check is the outcome of one check.
type Check struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

// Examine returns the outcomes of all checks: kernels, memory, disk, data and the
// store. It briefly creates a probe file in the store or, if there is none, in the
// nearest folder above it.
func Examine(store results.Store, files dataset.Files) []Check {
	out := examineKernels()
	out = append(out, examineMemory(), examineDisk(store))
	out = append(out, examineData(files)...)
	return append(out, examineStore(store)...)
}

// examineKernels compares each set of kernels that this machine runs with the
// portable one, in forward and backward passes.
func examineKernels() []Check {
	var out []Check
	inUse := "none"
	if set, err := kernel.Select("", false); err == nil {
		inUse = set.Name
	} else {
		out = append(out, Check{What: "kernels", Found: err.Error(), Remedy: "unset " + kernel.Variable})
	}
	want, err := sampleOf(kernel.Select("portable", true))
	if err != nil {
		return append(out, Check{What: "kernels portable", Found: err.Error(), Remedy: "report this"})
	}
	for _, name := range kernel.Names() {
		for _, exact := range []bool{false, true} {
			c := Check{What: "kernels " + name}
			if exact {
				c.What += " (exact)"
			}
			got, err := sampleOf(kernel.Select(name, exact))
			if err != nil {
				c.Found = err.Error()
			} else {
				c.OK, c.Found = agree(got, want, exact)
			}
			if !c.OK {
				c.Remedy = "set " + kernel.Variable + "=portable and report this"
			}
			out = append(out, c)
		}
	}
	return append(out, Check{What: "machine", OK: true, Found: fmt.Sprintf("%d cores, %s/%s, the set in use is %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, inUse)})
}

// sample is what a set of kernels computes for an untrained ResNet-8 on a few random
// images, in training mode: features (images × width) and each parameter's gradient.
type sample struct {
	features  []float32
	gradients []nn.Param[float32]
}

// sampleOf returns the sample of a set of kernels. It takes the two values that
// kernel.Select returns, and passes on the error.
func sampleOf(kernels *kernel.Set[float32], err error) (sample, error) {
	if err != nil {
		return sample{}, err
	}
	arch, err := nn.ParseArch("resnet8")
	if err != nil {
		return sample{}, err
	}
	const n, side = 4, 32
	trunk, err := nn.NewTrunk(nn.Options[float32]{Arch: arch, Height: side, Width: side, Batch: n, Kernels: kernels})
	if err != nil {
		return sample{}, err
	}
	defer trunk.Close()
	r := stream.New("doctor")
	trunk.Init(r)
	x, dFeatures := make([]float32, n*dataset.Channels*side*side), make([]float32, n*trunk.Features())
	for _, v := range [][]float32{x, dFeatures} {
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
	}
	features := slices.Clone(trunk.Forward(x, n, true))
	trunk.Backward(dFeatures)
	return sample{features, trunk.Params()}, nil
}

// agree reports whether the sample of a set, exact or not, agrees with the portable one, and
// describes the differences: of the features and of the worst gradient. The limit on
// gradients is wide unless exact: Winograd's rounding may flip a ReLU mask near
// zero, which changes a gradient by a whole term.
func agree(got, want sample, exact bool) (ok bool, found string) {
	forward, back, limit := rms.Relative(got.features, want.features), 0.0, 3e-2
	if exact {
		limit = 1e-3
	}
	for i, w := range want.gradients {
		back = max(back, rms.Relative(got.gradients[i].Grad, w.Grad))
	}
	ok, found = forward < 1e-4 && back < limit, "agree with"
	if !ok {
		found = "differ from"
	}
	return ok, fmt.Sprintf("%s the portable ones: off by %.1e in features, %.1e in gradients", found, forward, back)
}

// wantedMemory is 2 GiB. A ResNet-32 at batch 256 takes some 0.6 GB, the official sets
// 0.2 to 2 GB.
const wantedMemory = 2 << 30

func examineMemory() Check {
	c := Check{What: "memory", OK: true, Found: "not known on this system"}
	if free := machine.FreeMemory(); free > 0 {
		c.Found = gigabytes(free) + " free"
		if c.OK = free >= wantedMemory; !c.OK {
			c.Remedy = "close other programs, or run one task at a time: --jobs 1"
		}
	}
	return c
}

func examineDisk(store results.Store) Check {
	c := Check{What: "disk of the store " + string(store)}
	folder := string(store) // or the nearest above, as a check must not create a store with a mistyped name
	for folder != filepath.Dir(folder) && isMissing(folder) {
		folder = filepath.Dir(folder)
	}
	if err := results.Store(folder).Writable(); err != nil {
		if folder != string(store) {
			err = fmt.Errorf("it is not there, and %s, where it would be made, is not writable: %w", folder, err)
		}
		c.Found, c.Remedy = err.Error(), "name a writable folder with --store or LONGTAIL_STORE"
		return c
	}
	free, err := machine.FreeDisk(folder)
	if err != nil {
		c.OK, c.Found = true, "writable; free space not known: "+err.Error()
		return c
	}
	c.Found = gigabytes(free) + " free"
	if c.OK = free >= 1<<30; !c.OK {
		c.Remedy = "free some space, or name another folder with --store or LONGTAIL_STORE"
	}
	return c
}

func isMissing(folder string) bool {
	_, err := os.Stat(folder)
	return errors.Is(err, fs.ErrNotExist)
}

func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// examineData opens the embedded sets and verifies the official files that are
// present.
func examineData(files dataset.Files) []Check {
	var out []Check
	for _, id := range dataset.IDs() {
		c := Check{What: "data " + id, OK: true, Found: "embedded"}
		if _, err := files.Open(id); err != nil {
			c.OK, c.Found, c.Remedy = false, err.Error(), "build the program again"
		}
		out = append(out, c)
	}
	if files.Dir == "" {
		return append(out, Check{What: "official data", OK: true, Found: "no folder is given (--data-dir or LONGTAIL_DATA): profiles smoke and quick need none"})
	}
	if info, err := os.Stat(files.Dir); err == nil && !info.IsDir() {
		return append(out, Check{What: "official data", Found: files.Dir + " is a file", Remedy: "give the folder that it lies in"})
	} else if err != nil {
		return append(out, Check{What: "official data", Found: files.Dir + " is no folder", Remedy: "longtail data fetch cifar10 --data-dir " + files.Dir})
	}
	for _, id := range dataset.Known() {
		if dataset.Embedded(id) {
			continue
		}
		c := Check{What: "data " + id, OK: true}
		places, err := files.Where(id)
		if err != nil {
			out = append(out, Check{What: c.What, Found: err.Error(), Remedy: "report this"})
			continue
		}
		if !slices.ContainsFunc(places, func(p dataset.Place) bool { return p.Present && !p.ForPool && p.Checksum != "" }) {
			c.Found = "not there"
			out = append(out, c)
			continue
		}
		checked, err := files.Verify(id)
		switch {
		case err != nil:
			c.OK, c.Found = false, err.Error()
		default:
			good := 0
			for _, f := range checked {
				if f.Official {
					good++
					continue
				}
				c.Found += f.File + ": " + f.Note + "; "
				// An incomplete set is no fault until a command needs it.
				c.OK = c.OK && (files.AllowUnverified || strings.HasSuffix(f.Note, "is missing"))
			}
			c.Found += fmt.Sprintf("%d of %d files are the official ones", good, len(checked))
		}
		switch {
		case c.OK:
		case slices.ContainsFunc(places, func(p dataset.Place) bool { return p.URL != "" }):
			c.Remedy = "move away what is not the official file, and longtail data fetch " + id + " --data-dir " + files.Dir + " gets it"
		default:
			c.Remedy = "longtail data where " + id + " says where the official files are to be had"
		}
		out = append(out, c)
	}
	return out
}

// examineStore reads every task's folder. It finds results that cannot be trusted or
// are of another version, damaged checkpoints and networks, and tasks whose process
// died or stopped responding.
func examineStore(store results.Store) []Check {
	if isMissing(string(store)) {
		return []Check{{What: "store", OK: true, Found: fmt.Sprintf("there is no store %s yet", store)}}
	}
	found, err := store.Tasks()
	if err != nil {
		return []Check{{What: "store", Found: err.Error(), Remedy: "name another folder with --store"}}
	}
	var out []Check
	wrong := func(task, what, remedy string) {
		out = append(out, Check{What: fmt.Sprintf("task %.12s", task), Found: what, Remedy: remedy})
	}
	done, open, running, failed, forks := 0, 0, 0, 0, 0
	for _, task := range found {
		_, err := store.Result(task)
		switch {
		case err == nil:
			done++
		case errors.Is(err, fs.ErrNotExist):
			open++
		case errors.Is(err, results.ErrForeign):
			wrong(task, err.Error(), "use the program that wrote it, or another --store; reproduce leaves it alone")
		default:
			wrong(task, err.Error(), "reproduce moves it aside and computes it again; "+filepath.Join(store.Dir(task), results.FileResult)+".damaged-* can be deleted then")
		}
		fork := store.Path(task, results.FileFork)
		switch _, err := checkpoint.Read(fork); {
		case err == nil:
			forks++
		case !errors.Is(err, fs.ErrNotExist):
			wrong(task, "the first epochs that it left to other tasks are damaged: "+err.Error(), "delete "+fork+": those tasks compute them again")
		}
		if _, e := os.Stat(store.Path(task, results.FileError)); e == nil && err != nil {
			failed++
		}
		for _, c := range []struct{ file, what, then string }{
			{results.FileState, "checkpoint", "the task starts again"},
			{results.FileModel, "network", "reproduce makes it again where a task is to start from it"},
		} {
			path := store.Path(task, c.file)
			if _, err := checkpoint.Read(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				wrong(task, fmt.Sprintf("its %s is damaged: %v", c.what, err), "delete "+path+": "+c.then)
			}
		}
		who, isHeld, silent := lock.State(store.Dir(task))
		switch {
		case isHeld && silent > lock.SilentFor && who == nil:
			wrong(task, fmt.Sprintf("stale lock: a process that its file does not name holds it and has not been heard of for %s", silent.Round(time.Second)),
				"see on the machines that use the store which longtail process is stopped or cut off from it, and end it")
		case isHeld && silent > lock.SilentFor:
			wrong(task, fmt.Sprintf("stale lock: process %d on %s, started %s, holds it and has not been heard of for %s", who.PID, who.Host, who.Started.Format(time.DateTime), silent.Round(time.Second)),
				fmt.Sprintf("see whether %s is cut off from the store or process %d there is stopped, and end it", who.Host, who.PID))
		case isHeld:
			running++
		case who != nil:
			wrong(task, fmt.Sprintf("stale lock: process %d on %s died at it (last heard of %s ago)", who.PID, who.Host, silent.Round(time.Second)), "the same reproduce command takes it up from its checkpoint")
		}
	}
	about := fmt.Sprintf("%d tasks are done, %d open, of which %d running and %d failed", done, open, running, failed)
	if forks > 0 {
		about += fmt.Sprintf("; %d checkpoints wait for tasks that begin like another (%s)", forks, results.FileFork)
	}
	return append(out, Check{What: "store", OK: true, Found: about})
}
