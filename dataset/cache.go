package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// imageCache stores the decoded and resized images of another decoder in one file of
// fixed size (CacheSize). The file system keeps it sparse until images are stored.
// Each image has a checksum of its bytes and its position. An image that fails it is
// decoded again: the file may be truncated, written by several processes or have
// moved parts. The checksum has 32 bits: a changed image passes once in 4 billion, a
// forged one always. It is safe for concurrent use.
type imageCache struct {
	from   Decoder
	file   *os.File
	images int
	image  int // bytes of an image
}

// cacheMagic is the start of a cache file. The key follows, then a CRC-32C for each
// image (0: not stored), then the images.
const cacheMagic = "longtail images 3\n"

const cacheHead = 64

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CacheSize returns the size of a cache file in bytes.
func CacheSize(images, bytesEach int) int64 {
	return cacheHead + int64(images)*(4+int64(bytesEach))
}

// openCache opens or creates the cache file of a set's images, which have bytesEach
// bytes each. key identifies the images; a file with another key is an error.
func openCache(path string, key [32]byte, images, bytesEach int, from Decoder) (*imageCache, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("image cache: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("image cache: %w", err)
	}
	var want [cacheHead]byte
	copy(want[:], cacheMagic)
	copy(want[cacheHead-32:], key[:])
	info, err := f.Stat()
	var have [cacheHead]byte
	if err == nil && info.Size() > 0 {
		n, readErr := f.ReadAt(have[:], 0)
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			err = readErr
		} else if n == cacheHead && have != want && have != [cacheHead]byte{} {
			err = fmt.Errorf("%s is of other images: delete it", path)
		}
	}
	if err == nil && info.Size() < CacheSize(images, bytesEach) {
		err = f.Truncate(CacheSize(images, bytesEach)) // sparse
	}
	if err == nil && have != want {
		_, err = f.WriteAt(want[:], 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("image cache: %w", err)
	}
	c := &imageCache{from: from, file: f, images: images, image: bytesEach}
	runtime.AddCleanup(c, func(f *os.File) { f.Close() }, f)
	return c, nil
}

// holds reports whether image i has a checksum in the file. It does not verify the
// checksum.
func (c *imageCache) holds(i int) bool {
	var sum [4]byte
	_, err := c.file.ReadAt(sum[:], cacheHead+4*int64(i))
	return err == nil && sum != [4]byte{}
}

// Decode implements Decoder. If the cache cannot be written (a full disk), that only
// costs time.
func (c *imageCache) Decode(i int, dst []uint8) error {
	if i < 0 || i >= c.images || len(dst) != c.image {
		return fmt.Errorf("image cache: image %d of %d, %d bytes of %d", i, c.images, len(dst), c.image)
	}
	at := cacheHead + 4*int64(c.images) + int64(i)*int64(c.image)
	var sum [4]byte
	if _, err := c.file.ReadAt(sum[:], cacheHead+4*int64(i)); err == nil {
		if want := binary.LittleEndian.Uint32(sum[:]); want != 0 {
			if _, err := c.file.ReadAt(dst, at); err == nil && imageSum(i, dst) == want {
				return nil
			}
		}
	}
	if err := c.from.Decode(i, dst); err != nil {
		return err
	}
	if _, err := c.file.WriteAt(dst, at); err == nil {
		binary.LittleEndian.PutUint32(sum[:], imageSum(i, dst))
		c.file.WriteAt(sum[:], cacheHead+4*int64(i))
	}
	return nil
}

func imageSum(i int, b []uint8) uint32 {
	place := binary.LittleEndian.AppendUint64(nil, uint64(i))
	return max(1, crc32.Update(crc32.Checksum(place, castagnoli), castagnoli, b))
}
