package dataset

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server serves content, with Range, until something is wrong with it.
type server struct {
	*httptest.Server
	requests atomic.Int32
	ranges   atomic.Int32
}

func serve(t *testing.T, content []byte, handle func(n int, w http.ResponseWriter, r *http.Request) bool) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(s.requests.Add(1))
		if r.Header.Get("Range") != "" {
			s.ranges.Add(1)
		}
		if handle != nil && handle(n, w, r) {
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(s.Close)
	return s
}

// partly sends the first half of what was asked for and drops the connection.
func partly(content []byte, stated int) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		from := 0
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		rest := content[from:]
		w.Header().Set("Content-Length", strconv.Itoa(stated-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, stated-1, stated))
			w.WriteHeader(http.StatusPartialContent)
		}
		w.Write(rest[:(len(rest)+1)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func TestFetch(t *testing.T) {
	content := make([]byte, 300_000)
	for i := range content {
		content[i] = byte(i * i >> 5)
	}
	sum := fmt.Sprintf("md5:%x", md5.Sum(content))
	wrong := bytes.Repeat([]byte("<html>"), len(content)/6)
	elsewhere := serve(t, content, nil)

	for _, c := range []struct {
		name     string
		size     int64
		before   []byte // a partial file from an earlier run
		handle   func(n int, w http.ResponseWriter, r *http.Request) bool
		want     string // "": fetched
		kept     bool   // the partial file, although nothing was fetched
		requests int32  // 0: not counted
		ranges   int32
	}{
		{name: "at once", requests: 1},
		{name: "at once, size known", size: 300_000, requests: 1},
		{name: "drops three times", size: 300_000, requests: 4, ranges: 3, handle: func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n <= 3 {
				partly(content, len(content))(w, r)
			}
			return false
		}},
		{name: "busy, then fine", requests: 3, handle: func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n <= 2 {
				http.Error(w, "busy", http.StatusServiceUnavailable)
			}
			return n <= 2
		}},
		{name: "resumed", before: content[:100_000], requests: 1, ranges: 1},
		{name: "complete before", size: 300_000, before: content, requests: 0},
		{name: "complete before, size unknown", before: content, requests: 1, ranges: 1},
		{name: "remains of another file", before: wrong[:1000], requests: 2, ranges: 1},
		{name: "longer remains", size: 300_000, before: append(bytes.Clone(content), 1), requests: 1},
		{name: "no ranges", before: content[:5], requests: 1, ranges: 1, handle: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Write(content)
			return true
		}},
		{name: "another range than asked for", before: content[:5], requests: 2, ranges: 1, handle: func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				w.Header().Set("Content-Range", "bytes 3-9/300000")
				w.WriteHeader(http.StatusPartialContent)
				w.Write(content[3:10])
			}
			return n == 1
		}},
		{name: "redirects", requests: 1, handle: func(_ int, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
			return true
		}},
		{name: "redirects for ever", want: "redirects", handle: func(_ int, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/again", http.StatusFound)
			return true
		}},
		{name: "wrong bytes", want: "other bytes", requests: 1, handle: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Write(wrong)
			return true
		}},
		{name: "too many bytes", size: 300_000, want: "sends more than", requests: 1, handle: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Write(append(bytes.Clone(content), 'x'))
			return true
		}},
		{name: "ends early without saying so", size: 300_000, want: "after 3 attempts", handle: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Write(content[:10])
			w.(http.Flusher).Flush() // chunked: no length
			return true
		}},
		{name: "another length in place of the rest", size: 300_000, before: content[:100_000], want: "offers 6 bytes", kept: true, requests: 1, ranges: 1, handle: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Write(wrong[:6])
			return true
		}},
		{name: "ranges of another file", size: 300_000, before: content[:100_000], want: "offers 9 bytes", kept: true, requests: 1, ranges: 1, handle: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Range", "bytes */9")
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return true
		}},
		{name: "short ranges", size: 300_000, before: content[:100_000], requests: 4, ranges: 4, handle: func(n int, w http.ResponseWriter, _ *http.Request) bool {
			first := 50_000 + n*50_000
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/300000", first, first+49_999))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content[first:][:50_000])
			return true
		}},
		{name: "lies about its length", want: "unexpected EOF", handle: func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Length", "900000")
			w.Write(content[:1000])
			return true
		}},
		{name: "not there", want: "404", requests: 1, handle: func(_ int, w http.ResponseWriter, r *http.Request) bool {
			http.NotFound(w, r)
			return true
		}},
		{name: "stalls", want: "after 3 attempts", handle: func(_ int, w http.ResponseWriter, r *http.Request) bool {
			w.Write(content[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, content, c.handle)
			dir := t.TempDir()
			if c.before != nil {
				put(t, dir, "sub/f.bin.part", c.before)
			}
			o := &official{about: Set{ID: "mini"}, remotes: []remote{{file: "sub/f.bin", url: s.URL + "/f.bin", size: c.size, sum: sum}}}
			f := Fetch{Dir: dir, tries: 3, backoff: time.Millisecond}
			if c.name == "stalls" {
				f.idle = 200 * time.Millisecond
			}
			got, err := f.get(t.Context(), o)
			b, readErr := os.ReadFile(filepath.Join(dir, "sub", "f.bin"))
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "By hand") || !strings.Contains(err.Error(), s.URL) {
					t.Errorf("error %v lacks %q", err, c.want)
				}
				if !errors.Is(readErr, os.ErrNotExist) {
					t.Error("a file that is not right has its name")
				}
				if part, err := os.ReadFile(filepath.Join(dir, "sub", "f.bin.part")); c.kept && (err != nil || !bytes.Equal(part, c.before)) {
					t.Errorf("of the partial file %d bytes are left, %v", len(part), err)
				}
			} else {
				if err != nil || len(got) != 1 || got[0].State != "fetched" || !bytes.Equal(b, content) {
					t.Errorf("%+v, %d bytes, %v", got, len(b), err)
				}
				if _, err := os.Stat(filepath.Join(dir, "sub", "f.bin.part")); err == nil {
					t.Error("the partial file is left")
				}
			}
			if n := s.requests.Load(); (c.requests != 0 || c.name == "complete before") && n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			if n := s.ranges.Load(); c.requests != 0 && n != c.ranges {
				t.Errorf("%d requests for a range, want %d", n, c.ranges)
			}
			if c.want == "" {
				before := s.requests.Load()
				got, err = f.get(t.Context(), o)
				if err != nil || got[0].State != "there" || s.requests.Load() != before {
					t.Errorf("again: %+v, %v", got, err)
				}
				put(t, dir, "sub/f.bin", []byte("mine"))
				if _, err = f.get(t.Context(), o); err == nil || !strings.Contains(err.Error(), "move it away") {
					t.Errorf("another file of that name: %v", err)
				}
			}
		})
	}
}

func TestFetchMirrors(t *testing.T) {
	content := []byte("the right content")
	sum := fmt.Sprintf("md5:%x", md5.Sum(content))
	bad, good := serve(t, []byte("another content"), nil), serve(t, content, nil)
	dead := serve(t, nil, nil)
	dead.Close()
	o := &official{about: Set{ID: "mini"}, remotes: []remote{
		{file: "f.bin", url: dead.URL + "/f.bin", sum: sum},
		{file: "extra.bin", url: dead.URL + "/extra.bin", sum: sum, forPool: true},
		{file: "list.txt", how: "ask the authors"},
	}}
	dir := t.TempDir()
	got, err := Fetch{Dir: dir, Mirrors: []string{bad.URL, good.URL + "/"}, tries: 2, backoff: time.Millisecond}.get(t.Context(), o)
	if err != nil || len(got) != 2 || got[0].State != "fetched" || got[1].State != "yours to place" || got[1].Note != "ask the authors" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = Fetch{Dir: t.TempDir(), tries: 2, backoff: time.Millisecond}.get(t.Context(), o)
	for _, want := range []string{"f.bin", dead.URL, "list.txt", "ask the authors", "By hand"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without a network: %v lacks %q", err, want)
		}
	}
	if _, err := (Fetch{Dir: dir}).Get(t.Context(), "fashion-mnist"); err == nil || !strings.Contains(err.Error(), "inside the program") {
		t.Errorf("an embedded set: %v", err)
	}
}

func TestFetchStopsAndGoesOn(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 50_000)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	part := filepath.Join(dir, "f.bin.part")
	s := serve(t, content, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:200_000])
		w.(http.Flusher).Flush()
		for r.Context().Err() == nil { // until the client has written something
			if info, err := os.Stat(part); err == nil && info.Size() > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-r.Context().Done()
		return true
	})
	o := &official{about: Set{ID: "mini"}, remotes: []remote{{file: "f.bin", url: s.URL, size: int64(len(content)), sum: fmt.Sprintf("md5:%x", md5.Sum(content))}}}
	if _, err := (Fetch{Dir: dir}).get(ctx, o); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "again to go on") || strings.Contains(err.Error(), "By hand") {
		t.Errorf("stopped: %v", err)
	}
	if info, err := os.Stat(part); err != nil || info.Size() == 0 {
		t.Errorf("nothing is kept: %v", err)
	}
	if _, err := (Fetch{Dir: dir}).get(t.Context(), o); err != nil || s.ranges.Load() != 1 {
		t.Errorf("%v, %d requests for a range", err, s.ranges.Load())
	}
}

// Of two that fetch one file at once the second waits for the first, which the server
// keeps waiting until then, and takes its file.
func TestFetchTwiceAtOnce(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 10_000)
	waits, begun, second := make(chan string, 2), make(chan bool), make(chan bool)
	s := serve(t, content, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			close(second)
			return false
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:10_000])
		w.(http.Flusher).Flush()
		close(begun)
		select {
		case <-waits:
		case <-second:
		}
		w.Write(content[10_000:])
		return true
	})
	o := &official{about: Set{ID: "mini"}, remotes: []remote{{file: "f.bin", url: s.URL, size: int64(len(content)), sum: fmt.Sprintf("md5:%x", md5.Sum(content))}}}
	f := Fetch{Dir: t.TempDir(), tries: 1, Waits: func(file string) { waits <- file }}
	errs := make(chan error, 2)
	get := func() {
		_, err := f.get(t.Context(), o)
		errs <- err
	}
	go get()
	<-begun
	go get()
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(f.Dir, "f.bin")); err != nil || !bytes.Equal(got, content) || s.requests.Load() != 1 {
		t.Errorf("%d bytes after %d requests, %v", len(got), s.requests.Load(), err)
	}
}

// A redirect from https to http would let anyone on the way choose the bytes;
// the checksum would see it, but nothing is sent there.
func TestFetchKeepsToHTTPS(t *testing.T) {
	plain := serve(t, []byte("x"), nil)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	o := &official{about: Set{ID: "mini"}, remotes: []remote{{file: "f.bin", url: secure.URL, sum: "md5:00"}}}
	_, err := Fetch{Dir: t.TempDir(), transport: secure.Client().Transport, tries: 2, backoff: time.Millisecond}.get(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "redirect from https") || plain.requests.Load() != 0 {
		t.Errorf("%v", err)
	}
}

// What lies there unpacked is not fetched again, unless it is damaged.
func TestFetchLeavesUnpackedFiles(t *testing.T) {
	o, content := miniature()
	s := serve(t, []byte("x"), nil)
	o.remotes = []remote{{file: "mini.tar.gz", url: s.URL, sum: "md5:00"}}
	dir := t.TempDir()
	for n, b := range content {
		put(t, dir, n, b)
	}
	got, err := Fetch{Dir: dir}.get(t.Context(), o)
	if err != nil || len(got) != 1 || got[0].State != "there" || got[0].Note != "unpacked" || s.requests.Load() != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	put(t, dir, "mini/a.bin", []byte("damaged"))
	if _, err := (Fetch{Dir: dir}).get(t.Context(), o); err == nil || !strings.Contains(err.Error(), "move it away") || s.requests.Load() != 0 {
		t.Errorf("%v", err)
	}
	if got, err := (Fetch{Dir: dir, AllowUnverified: true}).get(t.Context(), o); err != nil || got[0].State != StateThere || s.requests.Load() != 0 {
		t.Errorf("allowed: %+v, %v", got, err)
	}
}

// separate is the miniature as files that come one by one, with their addresses.
func separate(t *testing.T) (*official, map[string][]byte, *server) {
	o, all := miniature()
	l := &o.layouts[0]
	l.archive, o.folders = "", []string{"mini", "MINI"}
	content := map[string][]byte{}
	s := serve(t, nil, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Write(content[r.URL.Path])
		return true
	})
	for _, list := range [][]part{l.train, l.test} {
		for i := range list {
			b := all[list[i].path]
			name := filepath.Base(list[i].path)
			list[i].path, content["/"+name] = name, b
			o.remotes = append(o.remotes, remote{file: name, url: s.URL + "/" + name, size: int64(len(b)), sum: list[i].sum})
		}
	}
	return o, content, s
}

// Fetch looks where the readers look: what they find is not fetched again, and a wrong
// copy that they would take before the fetched one is an error.
func TestFetchLooksWhereReadersLook(t *testing.T) {
	for _, c := range []struct {
		name     string
		files    map[string]string // on disk → the file whose content it has; "": another
		requests int32
		want     string // of the error
	}{
		{"in the set's folder", map[string]string{"mini/a.bin": "a.bin", "MINI/b.bin": "b.bin", "mini/t.bin": "t.bin"}, 0, ""},
		{"one is wanting", map[string]string{"mini/a.bin": "a.bin", "MINI/b.bin": "b.bin"}, 1, ""},
		{"packed", map[string]string{"mini/a.bin.gz": "a.bin", "b.bin.gz": "b.bin", "t.bin": "t.bin"}, 0, ""},
		{"a damaged copy before the right one", map[string]string{"mini/a.bin": "", "a.bin": "a.bin"}, 0, "mini/a.bin"},
		{"a damaged copy before none", map[string]string{"mini/a.bin": ""}, 0, "mini/a.bin"},
		{"damaged in its place", map[string]string{"a.bin": ""}, 0, "a.bin"},
		{"a damaged copy behind", map[string]string{"a.bin.gz": "", "b.bin": "b.bin", "t.bin": "t.bin"}, 1, ""},
	} {
		o, content, s := separate(t)
		dir := t.TempDir()
		for name, of := range c.files {
			b := []byte("damaged")
			if of != "" {
				b = content["/"+of]
			}
			if strings.HasSuffix(name, ".gz") {
				b = gzipped(b)
			}
			put(t, dir, name, b)
		}
		got, err := Fetch{Dir: dir, tries: 1}.get(t.Context(), o)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), "move it away") || !strings.Contains(err.Error(), filepath.Join(dir, filepath.FromSlash(c.want))) {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if _, readErr := (Files{Dir: dir}).openOfficial(o); err != nil || readErr != nil || len(got) != 3 {
			t.Errorf("%s: %+v, %v; read: %v", c.name, got, err, readErr)
		}
		if n := s.requests.Load(); n != c.requests {
			t.Errorf("%s: %d requests", c.name, n)
		}
	}
}

// Another form of the set that is there and official is not fetched again in the
// archive's own; one that is damaged is no hindrance, as the archive is looked at first.
func TestFetchTakesOtherForms(t *testing.T) {
	o, content := miniature()
	var members []member
	for _, p := range slices.Concat(o.layouts[0].train, o.layouts[0].test) {
		members = append(members, member{Header: tar.Header{Name: p.path}, body: content[p.path]})
	}
	other := o.layouts[0]
	o.layouts = append([]layout{{archive: "first.tar.gz", read: other.read, train: []part{{path: "first/all.bin"}}}}, other)
	s := serve(t, []byte("x"), nil)
	o.remotes = []remote{{file: "first.tar.gz", url: s.URL, sum: fmt.Sprintf("md5:%x", md5.Sum([]byte("x")))}}
	dir := t.TempDir()
	put(t, dir, "mini.tar.gz", archive(t, members...))
	got, err := Fetch{Dir: dir}.get(t.Context(), o)
	if err != nil || len(got) != 1 || got[0] != (Fetched{File: "mini.tar.gz", State: StateThere}) || s.requests.Load() != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	put(t, dir, "mini/a.bin", nil)
	put(t, dir, "mini/b.bin", nil)
	put(t, dir, "mini/t.bin", nil)
	if got, err = (Fetch{Dir: dir}).get(t.Context(), o); err != nil || len(got) != 1 || got[0].State != StateFetched {
		t.Errorf("the other form is damaged: %+v, %v", got, err)
	}
}

// Links may leave the folder, for reading.
func TestFetchFollowsLinks(t *testing.T) {
	content := []byte("the right content")
	elsewhere := put(t, t.TempDir(), "f.bin", content)
	dir := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "f.bin")); err != nil {
		t.Skip(err)
	}
	o := &official{about: Set{ID: "mini"}, remotes: []remote{{file: "f.bin", url: "http://127.0.0.1:0", sum: fmt.Sprintf("md5:%x", md5.Sum(content))}}}
	got, err := Fetch{Dir: dir, tries: 1}.get(t.Context(), o)
	if err != nil || len(got) != 1 || got[0].State != StateThere {
		t.Errorf("%+v, %v", got, err)
	}
}

// What the user has placed is there, and is not asked for again.
func TestPlacedFilesAreThere(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "longtail-lists/ImageNet_LT_train.txt", []byte("train/n01440764/a.JPEG 0\n"))
	put(t, dir, "imagenet/train/n01440764/a.JPEG", nil)
	put(t, dir, "ti_80M_selected.pickle", nil)
	states := map[string]bool{}
	for _, id := range []string{"imagenet-lt", "cifar10"} {
		places, err := Files{Dir: dir}.Where(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range places {
			states[p.File] = p.Present
		}
	}
	got, err := Fetch{Dir: dir}.Get(t.Context(), "imagenet-lt")
	if err != nil || len(got) != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, g := range got {
		if there := g.State == StateThere; there != states[g.File] {
			t.Errorf("%+v, where says %v", g, states[g.File])
		}
	}
	for file, want := range map[string]bool{
		"imagenet-lt/ImageNet_LT_train.txt": true, "imagenet-lt/ImageNet_LT_val.txt": false,
		"imagenet-lt/train/n01440764/…JPEG": true, "imagenet-lt/val/n01440764/…JPEG": false,
		"ti_80M_selected.pickle": true, "cifar-10-binary.tar.gz": false,
	} {
		if states[file] != want {
			t.Errorf("%s is there: %v", file, states[file])
		}
	}
}

// Of a set without addresses every file is listed, there or for the user to place.
func TestSetWithoutAddresses(t *testing.T) {
	dir := t.TempDir()
	o := &official{
		about: Set{ID: "kmnist"}, folders: []string{"kmnist"},
		layouts: []layout{{train: []part{{"images", 0, "sha256:1"}}, test: []part{{"labels", 0, "sha256:2"}}}},
	}
	put(t, dir, "kmnist/labels.gz", nil)
	got, err := Fetch{Dir: dir}.get(t.Context(), o)
	if err != nil || len(got) != 2 || got[0].File != "kmnist/images" || got[0].State != "yours to place" || got[1].State != "there" {
		t.Errorf("%+v, %v", got, err)
	}
}
