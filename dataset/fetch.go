package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"longtail/internal/lock"
	"longtail/internal/usage"
)

// Fetch fetches official files over HTTP. It writes a file as FILE.part, which a
// later run resumes, and renames it once its checksum is right. It never replaces an
// existing file. Only one process at a time fetches into a folder.
type Fetch struct {
	Dir     string
	Mirrors []string // base URLs tried before the official one; the file's name is appended
	Pool    bool     // also fetches files that only a pool needs (SVHN's extra images)
	// AllowUnverified accepts other files in the place of official ones.
	AllowUnverified bool
	Report          func(file string, done, total int64) // in bytes; total 0: not known
	Waits           func(file string)                    // called if another process is fetching into the folder

	// Set by tests; zero values mean the defaults.
	tries     int // attempts in a row without progress
	backoff   time.Duration
	idle      time.Duration // longest wait for a byte
	transport http.RoundTripper
}

// Fetched is the outcome for one file.
type Fetched struct {
	File  string `json:"file"`
	State string `json:"state"` // StateFetched, StateThere or StateYours
	Note  string `json:"note,omitempty"`
}

// States of a file.
const (
	StateFetched = "fetched"
	StateThere   = "there"          // nothing had to be fetched
	StateYours   = "yours to place" // there is no URL
)

const (
	maxFetch = 64 << 30 // most bytes of a file of unknown size
	maxTries = 200      // attempts in total, even with progress
)

// Get fetches the files of a set that are missing and returns the outcome for each
// file. An embedded set is an error.
func (f Fetch) Get(ctx context.Context, id string) ([]Fetched, error) {
	o := findOfficial(id)
	if o == nil {
		if _, err := find(id); err == nil {
			return nil, fmt.Errorf("%s ships inside the program: there is nothing to fetch", id)
		}
		return nil, unknownSet(id)
	}
	return f.get(ctx, o)
}

func (f Fetch) get(ctx context.Context, o *official) ([]Fetched, error) {
	if f.Dir == "" {
		return nil, usage.Errorf("where to? give the folder with --data-dir or LONGTAIL_DATA")
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var out []Fetched
	files := Files{Dir: f.Dir, AllowUnverified: f.AllowUnverified}
	remotes := o.places()
	for i := range remotes {
		r := &remotes[i]
		if r.forPool && !f.Pool && r.url != "" {
			continue
		}
		if r.url == "" && len(f.Mirrors) == 0 || r.sum == "" {
			is := Fetched{r.file, StateYours, r.how}
			if files.present(o, r) {
				is = Fetched{File: r.file, State: StateThere}
			}
			out = append(out, is)
			continue
		}
		found, err := files.taken(o, r)
		if err != nil {
			return out, err
		}
		if found != nil {
			out = append(out, found.fetched(r))
			continue
		}
		state, err := f.fetchFile(ctx, root, r)
		if err != nil && ctx.Err() != nil {
			return out, err // interrupted: no advice on fetching by hand
		}
		if err != nil {
			return out, fmt.Errorf("%w\nBy hand: %s", err, byHand(f.Dir, o))
		}
		out = append(out, Fetched{File: r.file, State: state})
	}
	return out, nil
}

// fetched returns the outcome for a remote whose content was found.
func (r *reading) fetched(of *remote) Fetched {
	switch {
	case r.packed != "":
		return Fetched{File: filepath.Base(r.packed), State: StateThere}
	case r.layout.archive != "":
		return Fetched{r.layout.archive, StateThere, "unpacked"}
	}
	return Fetched{File: of.file, State: StateThere}
}

// layoutsOf returns the layouts of what a remote contains: the set's for an archive,
// one of the file itself otherwise. nil: no layout of the set declares the file.
func (o *official) layoutsOf(r *remote) []layout {
	if slices.ContainsFunc(o.layouts, func(l layout) bool { return l.archive == r.file }) {
		return o.layouts
	}
	var parts []part
	for _, l := range o.layouts {
		parts = slices.Concat(parts, l.train, l.test)
	}
	if o.extra != nil {
		parts = append(parts, *o.extra)
	}
	if o.lists != nil {
		parts = append(parts, o.lists.train, o.lists.val, o.lists.test)
	}
	name := strings.TrimSuffix(path.Base(r.file), ".gz")
	for _, p := range parts {
		if path.Base(p.path) == name {
			return []layout{{train: []part{p}}}
		}
	}
	return nil
}

// taken returns where the readers find a remote's content, or nil. The files must be
// the official ones, unless AllowUnverified is set. If the readers prefer another
// copy to the remote's file, that is an error, because fetching would be useless.
func (f Files) taken(o *official, r *remote) (*reading, error) {
	only := o.layoutsOf(r)
	if only == nil || o.lists != nil { // lists come only from mirrors, into the folder that is searched first
		return nil, nil
	}
	found, err := f.layout(o, only)
	if err != nil || !found.complete() {
		return nil, nil
	}
	if f.AllowUnverified {
		return found, nil
	}
	checked, err := found.check()
	wrong := slices.IndexFunc(checked, func(c Checked) bool { return !c.Official })
	switch {
	case err == nil && wrong < 0:
		return found, nil
	case !found.outranks(r.file):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return nil, otherFileError(checked[wrong].File, f.Dir, checked[wrong].Note)
}

// outranks reports whether the readers prefer what was found to the given file, or
// found that file.
func (r *reading) outranks(file string) bool {
	if r.layout.archive != "" {
		return r.packed == "" && r.layout.archive == file
	}
	part := r.layout.train[0].path
	for _, c := range r.candidates(r.set.folders, part) {
		switch c {
		case r.found[part]:
			return true
		case filepath.Join(r.Dir, filepath.FromSlash(file)):
			return false
		}
	}
	return false
}

// otherFileError returns the error for a file in the place of the official one.
func otherFileError(file, dir, differs string) error {
	return fmt.Errorf("%s lies in %s already but is another file: %s: move it away", file, dir, differs)
}

// places returns the files of a set: the remotes, or those of its first layout, which
// the user has to place.
func (o *official) places() []remote {
	if o.remotes != nil || len(o.layouts) == 0 {
		return o.remotes
	}
	var all []remote
	for _, p := range slices.Concat(o.layouts[0].train, o.layouts[0].test) {
		file := p.path
		if len(o.folders) > 0 {
			file = path.Join(o.folders[0], file)
		}
		all = append(all, remote{file: file, size: p.size, sum: p.sum, how: "wherever you have it: yours to place, unpacked or as .gz"})
	}
	return all
}

// byHand returns instructions that name each file's source and place.
func byHand(dir string, o *official) string {
	var b strings.Builder
	fmt.Fprintf(&b, "into %s put", dir)
	for _, r := range o.places() {
		from := r.url
		if from == "" {
			from = r.how
		}
		fmt.Fprintf(&b, "\n  %s  from %s", r.file, from)
		if r.sum != "" {
			fmt.Fprintf(&b, "  (%s)", r.sum)
		}
	}
	return b.String()
}

// lockFolder waits until no other process fetches into the folder and keeps others
// out until unlock. Two processes would write one partial file. On a file system
// without locks it does nothing.
func (f Fetch) lockFolder(ctx context.Context, file string) (unlock func(), err error) {
	dir := filepath.Join(f.Dir, ".fetch")
	unlock, err = lock.Try(dir)
	if errors.Is(err, lock.ErrBusy) {
		if f.Waits != nil {
			f.Waits(file)
		}
		unlock, err = lock.Wait(ctx, dir)
	}
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: stopped while another process fetched into %s: %w", file, f.Dir, ctx.Err())
	}
	return func() {}, nil
}

// fetchFile fetches a file from the first URL that has the right one, unless the file
// exists, and returns its state.
func (f Fetch) fetchFile(ctx context.Context, root *os.Root, r *remote) (string, error) {
	unlock, err := f.lockFolder(ctx, r.file)
	if err != nil {
		return "", err
	}
	defer unlock()
	// An existing file may be a link out of the folder: it is only read.
	if sum, err := sumOf(os.Open, filepath.Join(f.Dir, filepath.FromSlash(r.file)), r.sum); err == nil {
		if sum.ok() {
			return StateThere, nil
		}
		return "", otherFileError(r.file, f.Dir, sum.differs())
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if d := path.Dir(r.file); d != "." {
		if err := root.MkdirAll(d, 0o755); err != nil {
			return "", err
		}
	}
	var urls []string
	for _, m := range f.Mirrors {
		urls = append(urls, strings.TrimSuffix(m, "/")+"/"+path.Base(r.file))
	}
	if r.url != "" {
		urls = append(urls, r.url)
	}
	var failures []error
	for _, url := range urls {
		err := f.fetchURL(ctx, root, r, url)
		if err == nil {
			return StateFetched, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", url, err))
		if ctx.Err() != nil {
			return "", fmt.Errorf("%s: stopped; run the command again to go on where it was: %w", r.file, ctx.Err())
		}
	}
	return "", fmt.Errorf("%s could not be fetched: %w", r.file, errors.Join(failures...))
}

// errPermanent is wrapped by errors that do not go away on retrying.
var errPermanent = errors.New("no use in trying again")

// fetchURL fetches a file from one URL. It resumes a partial file and retries.
func (f Fetch) fetchURL(ctx context.Context, root *os.Root, r *remote, url string) error {
	partial := r.file + ".part"
	tries, backoff := cmp.Or(f.tries, 6), cmp.Or(f.backoff, time.Second)
	fresh, failed := false, 0
	for total := 0; ; total++ {
		before := length(root, partial)
		wait, err := f.attempt(ctx, root, r, url, partial)
		if err == nil {
			sum, sumErr := sumOf(root.Open, partial, r.sum)
			if sumErr != nil {
				return sumErr
			}
			if sum.ok() {
				return giveName(root, partial, r.file)
			}
			if err := root.Remove(partial); err != nil {
				return err
			}
			// The partial file may have come from another file.
			if before == 0 || fresh {
				return fmt.Errorf("it holds other bytes: %s", sum.differs())
			}
			fresh = true
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errPermanent) {
			return err
		}
		if length(root, partial) > before {
			failed = 0
		}
		most := tries
		if network, ok := errors.AsType[*net.OpError](err); ok && network.Op == "dial" {
			most = min(tries, 3) // probably no network
		}
		if failed++; failed >= most || total >= maxTries {
			return fmt.Errorf("after %d attempts: %w", total+1, err)
		}
		pause := max(wait, backoff<<(failed-1))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, time.Minute)):
		}
	}
}

// attempt makes one request and appends the response to the partial file. wait is the
// pause that the server asked for.
func (f Fetch) attempt(ctx context.Context, root *os.Root, r *remote, url, partial string) (wait time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := cmp.Or(f.idle, time.Minute)
	silent := fmt.Errorf("no byte for %s", idle)
	watch := time.AfterFunc(idle, func() { cancel(silent) })
	defer watch.Stop()
	defer func() {
		if err != nil && errors.Is(context.Cause(ctx), silent) {
			err = silent
		}
	}()
	have := length(root, partial)
	if r.size > 0 && have > r.size {
		if err := root.Remove(partial); err != nil {
			return 0, err
		}
		have = 0
	}
	if r.size > 0 && have == r.size {
		return 0, nil
	}
	resp, err := f.request(ctx, url, have)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	flags := os.O_WRONLY | os.O_CREATE
	// Another file, or a proxy's page, does not discard what was fetched.
	another := func(bytes any) error {
		return fmt.Errorf("it offers %v bytes, the file has %d: %w", bytes, r.size, errAnother)
	}
	_, whole, _ := strings.Cut(resp.Header.Get("Content-Range"), "/")
	if r.size > 0 && whole != "" && whole != "*" && whole != strconv.FormatInt(r.size, 10) {
		return 0, another(whole)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		if n := resp.ContentLength; r.size > 0 && n >= 0 && n != r.size {
			return 0, another(n)
		}
		have = 0
		flags |= os.O_TRUNC
	case http.StatusPartialContent:
		var from int64
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-", &from); err != nil || from != have {
			return 0, errors.Join(fmt.Errorf("the server sent range %q for byte %d", resp.Header.Get("Content-Range"), have), root.Remove(partial))
		}
		flags |= os.O_APPEND
	case http.StatusRequestedRangeNotSatisfiable:
		if resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", have) {
			return 0, nil // the partial file is complete
		}
		return 0, errors.Join(errors.New("the server has a shorter file than was fetched before"), root.Remove(partial))
	default:
		err := fmt.Errorf("the server answers %s", resp.Status)
		if code := resp.StatusCode; code != http.StatusRequestTimeout && code != http.StatusTooManyRequests && code < 500 {
			err = fmt.Errorf("%w: %w", err, errPermanent)
		}
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return time.Duration(min(max(seconds, 0), 60)) * time.Second, err
	}
	out, err := root.OpenFile(partial, flags, 0o644)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errPermanent, err)
	}
	total := r.size
	if total == 0 && resp.ContentLength > 0 {
		total = have + resp.ContentLength
	}
	report := func(have int64) {
		watch.Reset(idle)
		if f.Report != nil {
			f.Report(r.file, have, total)
		}
	}
	have, err = copyAtMost(out, resp.Body, have, cmp.Or(r.size, maxFetch), report)
	if err != nil {
		out.Close()
		if errors.Is(err, errAnother) {
			err = errors.Join(err, root.Remove(partial))
		}
		return 0, err
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return 0, fmt.Errorf("%w: %w", errPermanent, err)
	}
	if have < r.size {
		return 0, fmt.Errorf("the server sent %d of %d bytes", have, r.size)
	}
	return 0, nil
}

// redirect allows up to 10 redirects, but none from https to another scheme.
func redirect(to *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return fmt.Errorf("more than 10 redirects: %w", errPermanent)
	}
	if via[0].URL.Scheme == "https" && to.URL.Scheme != "https" {
		return fmt.Errorf("a redirect from https to %s: %w", to.URL, errPermanent)
	}
	return nil
}

func length(root *os.Root, name string) int64 {
	info, err := root.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// giveName renames a verified file to its name, or removes it if another process was
// faster.
func giveName(root *os.Root, partial, name string) error {
	if _, err := root.Stat(name); err == nil {
		return root.Remove(partial)
	}
	return root.Rename(partial, name)
}

// sumOf reads a file and returns its checksum against sum.
func sumOf(open func(name string) (*os.File, error), name, sum string) (*checksum, error) {
	in, err := open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	c := newChecksum(sum, info.Size())
	_, err = io.Copy(c, in)
	return c, err
}

// request requests a file from byte have on.
func (f Fetch) request(ctx context.Context, url string, have int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPermanent, err)
	}
	req.Header.Set("User-Agent", "longtail")
	req.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	client := http.Client{Transport: f.transport, CheckRedirect: redirect}
	return client.Do(req)
}

// errAnother is wrapped by the error for a server's file of another length.
var errAnother = fmt.Errorf("it has another file: %w", errPermanent)

// copyAtMost appends in to out, which holds have bytes, and returns the bytes that
// out then holds. More than most bytes are an error.
func copyAtMost(out io.Writer, in io.Reader, have, most int64, report func(have int64)) (int64, error) {
	buf := make([]byte, 1<<16)
	for {
		n, readErr := in.Read(buf)
		if have += int64(n); have > most {
			return have, fmt.Errorf("it sends more than the file's %d bytes: %w", most, errAnother)
		}
		if _, err := out.Write(buf[:n]); err != nil {
			return have, fmt.Errorf("%w: %w", errPermanent, err)
		}
		report(have)
		if errors.Is(readErr, io.EOF) {
			return have, nil
		}
		if readErr != nil {
			return have, readErr
		}
	}
}
