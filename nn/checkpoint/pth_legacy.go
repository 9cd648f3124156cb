package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"longtail/internal/pickle"
)

// Numbers at the beginning of a file in the legacy container.
const (
	legacyMagic    = "119547037146038801333356" // 0x1950a86a20f9469cfc6c
	legacyProtocol = 1001
)

// legacy reads the container of PyTorch before 1.6. It is pickles of a magic
// number, the protocol, the writing system, the object and the storages' keys. The
// storages follow in that order, each after its number of elements.
func (t *torchReader) legacy(b []byte) (any, error) {
	pos := 0
	next := func(what string, o pickle.Options) (any, error) {
		v, n, err := pickle.Load(b[pos:], o)
		if err != nil {
			return nil, fmt.Errorf("%s, from byte %d on: %w", what, pos, err)
		}
		pos += n
		return v, nil
	}
	v, err := next("PyTorch's magic number", pickle.Options{})
	if err != nil {
		return nil, fmt.Errorf("it is no ZIP archive, and not of the legacy container: %w", err)
	}
	if m, ok := v.(*big.Int); !ok || m.String() != legacyMagic {
		return nil, errors.New("it begins neither as a ZIP archive nor with PyTorch's magic number")
	}
	if v, err = next("the protocol number", pickle.Options{}); err != nil {
		return nil, err
	}
	if v != any(int64(legacyProtocol)) {
		return nil, fmt.Errorf("its protocol is %s; %d is read", pickle.Describe(v), legacyProtocol)
	}
	if v, err = next("the description of the writing system", pickle.Options{}); err != nil {
		return nil, err
	}
	system, ok := v.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("its description of the writing system is a %T", v)
	}
	if little, ok := system.Get("little_endian"); ok && little != any(true) {
		return nil, errBigEndian
	}
	root, err := next("the object", t.options())
	if err != nil {
		return nil, err
	}
	if v, err = next("the storages' keys", pickle.Options{}); err != nil {
		return nil, err
	}
	keys, ok := v.(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("its storages' keys are a %T, not a list", v)
	}
	read := map[string]bool{}
	for _, k := range keys.Items {
		key, ok := k.(string)
		s := t.storages[key]
		if !ok || s == nil || read[key] {
			return nil, fmt.Errorf("a storage's key, %s, is no text, is not used, or stands twice", pickle.Describe(k))
		}
		read[key] = true
		rest := b[pos:]
		if len(rest) < 8 {
			return nil, fmt.Errorf("%w (cut short before storage %.60q)", ErrDamaged, key)
		}
		if n := binary.LittleEndian.Uint64(rest); n != s.count {
			return nil, fmt.Errorf("%w (storage %.60q has %d elements, its tensors say %d)", ErrDamaged, key, n, s.count)
		}
		n := int(s.count) * s.elem.size
		if len(rest)-8 < n {
			return nil, fmt.Errorf("%w (cut short in storage %.60q)", ErrDamaged, key)
		}
		s.raw = rest[8 : 8+n : 8+n]
		pos += 8 + n
	}
	if len(read) != len(t.storages) {
		return nil, fmt.Errorf("%w (%d of %d storages are missing)", ErrDamaged, len(t.storages)-len(read), len(t.storages))
	}
	if pos != len(b) {
		return nil, fmt.Errorf("%w (%d bytes follow the last storage)", ErrDamaged, len(b)-pos)
	}
	return root, nil
}
