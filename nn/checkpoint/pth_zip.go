package checkpoint

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"strconv"
	"strings"

	"longtail/internal/pickle"
)

var errBigEndian = errors.New("a big-endian machine wrote it, which is not read: load and save it with PyTorch on a little-endian one")

// Versions of the ZIP container that are read. PyTorch writes 3 now. The number
// rises only when an older reader would misread a file.
const minTorchVersion, maxTorchVersion = 1, 10

// zip reads the container of PyTorch since 1.6, an archive of uncompressed records:
// NAME/data.pkl, the object, and NAME/data/KEY, the storages' bytes.
func (t *torchReader) zip(b []byte) (any, error) {
	records, err := torchRecords(b)
	if err != nil {
		return nil, err
	}
	if v, ok := records["version"]; ok {
		s, err := t.content(b, v)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(s[:min(len(s), 20)])))
		if err != nil || n < minTorchVersion || n > maxTorchVersion {
			return nil, fmt.Errorf("its version is %.20q; %d to %d are read", s, minTorchVersion, maxTorchVersion)
		}
	}
	if v, ok := records["byteorder"]; ok {
		s, err := t.content(b, v)
		if err != nil {
			return nil, err
		}
		switch string(s) {
		case "little":
		case "big":
			return nil, errBigEndian
		default:
			return nil, fmt.Errorf("its byte order is %.20q", s)
		}
	}
	data, err := t.content(b, records["data.pkl"])
	if err != nil {
		return nil, err
	}
	root, n, err := pickle.Load(data, t.options())
	if err != nil {
		if records["constants.pkl"] != nil {
			return nil, fmt.Errorf("data.pkl: %w (is it a TorchScript program? Save the state dict instead)", err)
		}
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	if n != len(data) {
		return nil, fmt.Errorf("data.pkl: %d bytes follow the object", len(data)-n)
	}
	for key, s := range t.storages {
		r := records["data/"+key]
		if r == nil {
			return nil, fmt.Errorf("%w (the record data/%.60s is missing)", ErrDamaged, key)
		}
		if s.raw, err = t.content(b, r); err != nil {
			return nil, err
		}
		if uint64(len(s.raw)) != s.count*uint64(s.elem.size) {
			return nil, fmt.Errorf("%w (data/%.60s has %d bytes, its tensors say %d of %s)", ErrDamaged, key, len(s.raw), s.count, s.elem.name)
		}
	}
	return root, nil
}

// torchRecords returns the records of the folder that contains data.pkl, by their
// names in it.
func torchRecords(b []byte) (map[string]*zip.File, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("%w (as a ZIP archive: %w)", ErrDamaged, err)
	}
	root, seen := "", map[string]bool{}
	for _, f := range z.File {
		if name := strings.TrimSuffix(f.Name, "/"); name == "" || path.Clean("/"+name) != "/"+name || strings.Contains(name, `\`) {
			return nil, fmt.Errorf("%w (the record name %.200q is no plain path)", ErrDamaged, f.Name)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("%w (the record %.200q stands twice)", ErrDamaged, f.Name)
		}
		seen[f.Name] = true
		if dir, ok := strings.CutSuffix(f.Name, "/data.pkl"); ok && !strings.Contains(dir, "/") {
			if root != "" {
				return nil, fmt.Errorf("it holds two objects, %.60s/data.pkl and %.60s/data.pkl", root, dir)
			}
			root = dir
		}
	}
	if root == "" {
		return nil, errors.New("it is a ZIP archive without the record NAME/data.pkl that torch.save writes")
	}
	records := map[string]*zip.File{}
	for _, f := range z.File {
		if name, ok := strings.CutPrefix(f.Name, root+"/"); ok {
			records[name] = f
		}
	}
	return records, nil
}

// content returns a record's bytes, a part of b, after verifying its checksum.
// Records must not overlap: one range under many names would be checksummed once
// for each.
func (t *torchReader) content(b []byte, f *zip.File) ([]byte, error) {
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("the record %.200q is compressed, which torch.save never does: load and save the file with PyTorch", f.Name)
	}
	at, err := f.DataOffset()
	if err != nil || at < 0 || at > int64(len(b)) || f.UncompressedSize64 > uint64(int64(len(b))-at) {
		return nil, fmt.Errorf("%w (the record %.200q goes beyond the end of the file)", ErrDamaged, f.Name)
	}
	if f.UncompressedSize64 > t.records {
		return nil, fmt.Errorf("%w (its records overlap: together they are longer than the file)", ErrDamaged)
	}
	t.records -= f.UncompressedSize64
	data := b[at : at+int64(f.UncompressedSize64)]
	if crc32.ChecksumIEEE(data) != f.CRC32 {
		return nil, fmt.Errorf("%w (the record %.200q does not match its checksum)", ErrDamaged, f.Name)
	}
	return data, nil
}
