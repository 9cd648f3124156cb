package mat

import (
	"bytes"
	"compress/zlib"
)

// Stored is an array for Encode. With fewer bytes of Data than Dims state, the file is
// one that was truncated.
type Stored struct {
	Name string
	Type Type
	Dims []int
	Data []byte
}

// Encode returns a file of arrays, each compressed or not. Only tests write such files.
func Encode(compress bool, arrays ...Stored) []byte {
	file := append(make([]byte, headerSize-4), 0, 1, 'I', 'M')
	element := func(b []byte, t Type, size int, data []byte) []byte {
		if size > 0 && size <= 4 { // inside the tag
			b = order.AppendUint32(b, uint32(size)<<16|uint32(t))
			return append(append(b, data...), make([]byte, 4-len(data))...)
		}
		b = order.AppendUint32(order.AppendUint32(b, uint32(t)), uint32(size))
		return append(append(b, data...), make([]byte, -len(data)&7)...)
	}
	for _, a := range arrays {
		class := uint32(9) // of bytes
		if a.Type == Double {
			class = 6
		}
		var dims []byte
		size := a.Type.Size()
		for _, d := range a.Dims {
			dims = order.AppendUint32(dims, uint32(d))
			size *= d
		}
		m := element(nil, typeUint32, 8, order.AppendUint32(order.AppendUint32(nil, class), 0))
		m = element(m, typeInt32, len(dims), dims)
		m = element(m, typeInt8, len(a.Name), []byte(a.Name))
		m = element(m, a.Type, size, a.Data)
		length := len(m) + max(0, size-len(a.Data)) // as stated
		m = append(order.AppendUint32(order.AppendUint32(nil, typeMatrix), uint32(length)), m...)
		if compress {
			var packed bytes.Buffer
			z := zlib.NewWriter(&packed)
			z.Write(m)
			z.Close()
			m = append(order.AppendUint32(order.AppendUint32(nil, typeCompressed), uint32(packed.Len())), packed.Bytes()...)
		}
		file = append(file, m...)
	}
	return file
}
