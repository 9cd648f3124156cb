package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
)

// Write writes arrays of one byte (Int8, Uint8) or of Double as a little-endian file
// with compressed elements, like MATLAB. It reads their elements to the end. Only
// tests write such files.
func Write(w io.WriteSeeker, arrays ...*Array) error {
	order := binary.LittleEndian
	head := bytes.Repeat([]byte{' '}, headerSize)
	copy(head, "MATLAB 5.0 MAT-file")
	copy(head[116:], make([]byte, 8))
	order.PutUint16(head[124:], 0x100)
	copy(head[126:], "IM")
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, a := range arrays {
		start, err := w.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		tag := order.AppendUint32(order.AppendUint32(nil, typeCompressed), 0)
		if _, err := w.Write(tag); err != nil {
			return err
		}
		z, err := zlib.NewWriterLevel(w, zlib.BestSpeed)
		if err != nil {
			return err
		}
		if err := errors.Join(writeMatrix(z, a), z.Close()); err != nil {
			return err
		}
		end, err := w.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		order.PutUint32(tag[4:], uint32(end-start-8))
		if _, err := w.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if _, err := w.Write(tag); err != nil {
			return err
		}
		if _, err := w.Seek(end, io.SeekStart); err != nil {
			return err
		}
	}
	return nil
}

func writeMatrix(w io.Writer, a *Array) error {
	order := binary.LittleEndian
	part := func(b []byte, t Type, data []byte) []byte {
		b = order.AppendUint32(order.AppendUint32(b, uint32(t)), uint32(len(data)))
		b = append(b, data...)
		return append(b, make([]byte, -len(data)&7)...)
	}
	class := map[Type]uint32{Double: 6, Int8: 8, Uint8: 9}[a.Type]
	body := part(nil, Uint32, order.AppendUint32(order.AppendUint32(nil, class), 0))
	var dims []byte
	elements := 1
	for _, d := range a.Dims {
		dims = order.AppendUint32(dims, uint32(d))
		elements *= d
	}
	body = part(body, Int32, dims)
	body = part(body, Int8, []byte(a.Name))
	size := elements * a.Type.Size()
	body = order.AppendUint32(order.AppendUint32(body, uint32(a.Type)), uint32(size))
	pad := -size & 7
	tag := order.AppendUint32(order.AppendUint32(nil, typeMatrix), uint32(len(body)+size+pad))
	if _, err := w.Write(append(tag, body...)); err != nil {
		return err
	}
	n, err := io.Copy(w, a.Elements)
	if err == nil && n != int64(size) {
		err = errors.New("an array's elements do not fit its dimensions")
	}
	if err != nil {
		return err
	}
	_, err = w.Write(make([]byte, pad))
	return err
}
