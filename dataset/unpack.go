package dataset

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Unpack unpacks a .tar or .tar.gz file into a folder. It accepts only plain files
// and folders. A link, a device, or a name that is absolute or leaves the folder is
// an error. So is an archive that unpacks to more than a hundred times its size,
// including its folders. Files appear only once all are unpacked, and existing ones
// are never replaced. Packed sets can be read directly; unpacking is for speed and
// for trees of images. When ctx is done, it stops at the next file.
func Unpack(ctx context.Context, archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".unpack-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	root, err := os.OpenRoot(work)
	if err != nil {
		return err
	}
	defer root.Close()
	const ratio, small = 100, 1 << 20
	most := ratio*info.Size() + small
	if err := unpackInto(ctx, root, f, archive, most); err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	return publish(work, dir)
}

func unpackInto(ctx context.Context, root *os.Root, r io.Reader, name string, most int64) error {
	content, _, err := unzipped(r)
	if err != nil {
		return err
	}
	archive := tar.NewReader(&limited{r: content, left: most, most: most, name: name})
	const longest, folder = 4096, 4096 // bytes of a name, and of a folder on disk
	written := int64(0)                // a sparse member is longer than its part of the archive
	made := map[string]bool{".": true}
	makeAll := func(dir string) error {
		for d := dir; !made[d]; d = path.Dir(d) {
			if written += folder; written > most {
				return errors.New("it has more folders than an archive of its size can hold: it is damaged or hostile")
			}
			made[d] = true
		}
		return root.MkdirAll(dir, 0o755)
	}
	for files := 0; ; files++ {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			if files == 0 {
				return errors.New("the archive is empty")
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped; nothing of it was unpacked: %w", err)
		}
		if len(h.Name) > longest {
			return fmt.Errorf("the member %.100q… has a name of %d bytes: the archive is damaged or hostile", h.Name, len(h.Name))
		}
		member := path.Clean(h.Name)
		if !filepath.IsLocal(filepath.FromSlash(member)) || strings.HasPrefix(h.Name, "/") {
			return fmt.Errorf("the member %.100q leaves the folder: the archive is damaged or hostile", h.Name)
		}
		switch h.Typeflag {
		case tar.TypeDir:
			if err := makeAll(member); err != nil {
				return err
			}
		case tar.TypeReg:
			if h.Size > most-written { // a sparse member may claim any int64
				return fmt.Errorf("the member %.100q of %d bytes is more than the archive can hold", h.Name, h.Size)
			}
			written += h.Size
			if err := makeAll(path.Dir(member)); err != nil {
				return err
			}
			out, err := root.OpenFile(member, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return err
			}
			if _, err := io.Copy(out, archive); err != nil {
				out.Close()
				return fmt.Errorf("member %.100q: %w", h.Name, err)
			}
			if err := out.Close(); err != nil {
				return err
			}
		case tar.TypeXGlobalHeader:
		default:
			return fmt.Errorf("the member %.100q is a link or device: only files and folders are unpacked", h.Name)
		}
	}
}

// publish moves the entries of work to dir.
func publish(work, dir string) error {
	entries, err := os.ReadDir(work)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(dir, e.Name())); err == nil {
			return fmt.Errorf("%s is there already: move it away", filepath.Join(dir, e.Name()))
		}
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(work, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// unzipped returns the content of r, uncompressed if it is gzipped.
func unzipped(r io.Reader) (content io.Reader, packed bool, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if b, _ := in.Peek(2); string(b) != "\x1f\x8b" {
		return in, false, nil
	}
	z, err := gzip.NewReader(in)
	return z, true, err
}
