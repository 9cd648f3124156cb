package dataset

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"
)

// withExif puts an Exif block with an orientation behind a JPEG file's start,
// after another tag and another APP1 block, as cameras do.
func withExif(file []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	block := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		block = []byte("MM\x00*")
	}
	block = order.AppendUint32(block, 8)
	block = order.AppendUint16(block, 2)
	for _, tag := range []struct{ tag, value uint16 }{{0x0100, 7}, {0x0112, orientation}} {
		block = order.AppendUint16(block, tag.tag)
		block = order.AppendUint16(block, 3)
		block = order.AppendUint32(block, 1)
		block = order.AppendUint16(block, tag.value)
		block = order.AppendUint16(block, 0)
	}
	out := []byte{0xff, 0xd8}
	for _, content := range []string{"http://ns.adobe.com/xap/1.0/\x00<x/>", "Exif\x00\x00" + string(block)} {
		out = append(out, 0xff, 0xe1)
		out = binary.BigEndian.AppendUint16(out, uint16(2+len(content)))
		out = append(out, content...)
	}
	return append(out, file[2:]...)
}

// arrows is a picture of w×h whose four corners differ.
func arrows(t testing.TB, w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetGray(x, y, color.Gray{uint8(40 + 60*(2*y/h) + 120*(2*x/w))})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Photographs are turned as the camera was held, in all eight ways; corners are
// those that PIL's ImageOps.exif_transpose gives.
func TestOrientation(t *testing.T) {
	file := arrows(t, 32, 16) // corners 40 and 160 above, 100 and 220 below
	for held, want := range map[uint16][4]int{
		0: {40, 160, 100, 220}, 1: {40, 160, 100, 220}, 2: {160, 40, 220, 100}, 3: {220, 100, 160, 40}, 4: {100, 220, 40, 160},
		5: {40, 100, 160, 220}, 6: {100, 40, 220, 160}, 7: {220, 160, 100, 40}, 8: {160, 220, 40, 100}, 9: {40, 160, 100, 220},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			b := withExif(file, order, held)
			dir := t.TempDir()
			put(t, dir, "a.jpg", b)
			s, err := Files{Side: 16}.OpenUnlabeled(dir, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			px := s.Train.Image(0)
			for i, at := range []int{0, 15, 15 * 16, 15*16 + 15} {
				if got := int(px[at]); got < want[i]-6 || got > want[i]+6 {
					t.Errorf("orientation %d, corner %d is %d, want %d", held, i, got, want[i])
				}
			}
			plain := make([]uint8, 3*16*16) // official lists are read as the reference does
			if err := decodeImage(file, 1, 16, 16, plain); err != nil || held < 2 && !slices.Equal(plain, px) {
				t.Errorf("orientation %d: an upright photograph is changed, %v", held, err)
			}
		}
	}
}
