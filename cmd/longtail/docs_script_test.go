package main

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"longtail/internal/stream"
)

// The walks of testdata/script: a newcomer, a theorist with own parameters,
// someone with a folder of photographs. Beside testscript's own commands they
// have
//
//	longtail ARG…            the program
//	page FILE [COMMAND…]     every command of longtail that a page of the
//	                         documentation shows (or those named), with its
//	                         output where the page has one; long runs are cut
//	                         short, and what needs official files is left out
//	photographs FOLDER       generated JPEG and PNG files of odd sizes, three
//	                         imbalanced classes; others in folders of other names
//	squares FILE.npz SIDE N… black images, so many of each class
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"longtail": func(ts *testscript.TestScript, neg bool, args []string) {
				err := ts.Exec(program, args...)
				if neg != (err != nil) {
					ts.Fatalf("longtail %s: %v", strings.Join(args, " "), err)
				}
			},
			"page": func(ts *testscript.TestScript, _ bool, args []string) {
				runPage(t, ts, readPage(t, args[0]), args[1:])
			},
			"photographs": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(photographs(ts.MkAbs(args[0])))
			},
			"squares": func(ts *testscript.TestScript, _ bool, args []string) {
				side, err := strconv.Atoi(args[1])
				ts.Check(err)
				var labels []int64
				for c, a := range args[2:] {
					n, err := strconv.Atoi(a)
					ts.Check(err)
					labels = append(labels, slices.Repeat([]int64{int64(c)}, n)...)
				}
				writeArrays(t, ts.MkAbs(args[0]), make([]byte, len(labels)*side*side*3), side, side, labels)
			},
		},
	})
}

// runPage runs the commands of a page that are cheap or can be made so.
func runPage(t *testing.T, ts *testscript.TestScript, p page, only []string) {
	ran := 0
	for _, c := range p.commands(t) {
		if c.words[0] != "longtail" && c.words[0] != "bin/longtail" || len(only) > 0 && !slices.Contains(only, c.words[1]) {
			continue
		}
		args := slices.Clone(c.words[1:])
		if slices.Contains(args, "--data-dir") {
			continue
		}
		switch args[0] {
		case "theory":
		case "simulate":
			if !c.console {
				args = append(args, "--trials", "10000")
			}
		case "train":
			args = append(args, "--arch", "resnet8", "--epochs", "2", "--batch", "8")
		case "eval", "compare", "data":
		default:
			continue
		}
		ran++
		if err := ts.Exec(program, args...); err != nil {
			ts.Fatalf("%s: longtail %s: %v", p.path, strings.Join(args, " "), err)
		}
		if c.console {
			matches(ts, strings.Join(c.words, " "), c.output, strings.Split(strings.TrimRight(ts.ReadFile("stdout"), "\n"), "\n"))
		}
	}
	if ran == 0 {
		ts.Fatalf("%s: no command was run", p.path)
	}
}

// matches compares shown output with a command's: a line "…" stands for any
// lines.
func matches(ts *testscript.TestScript, command string, shown, got []string) {
	at, gap := 0, false
	for _, line := range shown {
		if line == "…" {
			gap = true
			continue
		}
		i := -1
		for j := at; j < len(got) && (gap || j == at); j++ {
			if strings.TrimRight(got[j], " ") == strings.TrimRight(line, " ") {
				i = j
				break
			}
		}
		if i < 0 {
			ts.Fatalf("%s: the page shows %q, the program prints\n%s", command, line, strings.Join(got[at:], "\n"))
		}
		at, gap = i+1, false
	}
	if !gap && at < len(got) {
		ts.Fatalf("%s: the page ends before the output:\n%s", command, strings.Join(got[at:], "\n"))
	}
}

// photographs writes images of odd sizes in three imbalanced classes.
func photographs(dir string) error {
	r := stream.New("photographs", filepath.Base(dir)) // others in every folder
	for c, class := range []struct {
		name string
		n    int
	}{{"cats", 20}, {"dogs", 7}, {"owls", 2}} {
		for i := range class.n {
			m := image.NewRGBA(image.Rect(0, 0, 20+r.IntN(100), 20+r.IntN(100)))
			for j := range m.Pix {
				m.Pix[j] = byte(60*c + r.IntN(60))
			}
			name := filepath.Join(dir, class.name, fmt.Sprint(i, []string{".png", ".jpg"}[i%2]))
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				return err
			}
			f, err := os.Create(name)
			if err != nil {
				return err
			}
			if i%2 == 0 {
				err = png.Encode(f, m)
			} else {
				err = jpeg.Encode(f, m, nil)
			}
			if err := f.Close(); err != nil {
				return err
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
