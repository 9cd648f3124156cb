// Package layout holds the one-way order of the packages. Its test reads every
// file of the repository and fails on an import that goes the other way. Another
// holds the Makefile's race run to the names of tests.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "longtail/"

// allowed lists, for every package but cmd/longtail (which may import any),
// which of our packages it may import; packages below internal/ may be
// imported by all and import none. Nothing may be imported by a package that
// stands further down in this list.
var allowed = []struct {
	Package string
	Imports []string
}{
	{"report", []string{"claims", "tables", "figures", "results/resultstest", "results", "stats", "paper"}},
	{"claims", []string{"results/resultstest", "results", "score", "stats", "paper"}},
	{"tables", []string{"results", "score", "stats", "paper"}},
	{"figures", []string{"results", "score", "stats", "paper"}},
	{"own", []string{"setup", "results", "score", "nn/train", "nn/objective", "nn", "nn/kernel", "dataset/batches", "dataset", "stats"}},
	{"bench", []string{"nn/train", "nn/objective", "nn", "nn/kernel", "dataset/batches", "dataset"}},
	{"doctor", []string{"results", "nn/checkpoint", "nn", "nn/kernel", "dataset"}},
	{"runner", []string{"tasks", "experiments/experimentstest", "experiments", "setup", "results", "score", "nn/train", "nn/objective", "nn/checkpoint", "nn", "nn/kernel", "dataset"}},
	{"tasks", []string{"experiments/experimentstest", "experiments", "setup", "results", "score", "nn/train", "nn/objective", "nn", "nn/kernel", "dataset/batches", "dataset", "paper"}},
	{"experiments/experimentstest", []string{"experiments", "results", "paper"}}, // for tests
	{"experiments", []string{"setup", "results", "score", "nn/train", "nn/objective", "nn", "dataset", "simulate", "theory", "paper"}},
	{"setup", []string{"results", "score", "nn/train", "nn/objective", "nn", "nn/kernel", "dataset/batches", "dataset"}},
	{"results/resultstest", []string{"results", "paper"}}, // for tests
	{"results", []string{"score", "theory", "paper"}},
	{"simulate", []string{"theory", "stats"}},
	{"nn/train", []string{"nn", "nn/objective", "nn/checkpoint", "nn/kernel"}},
	{"nn/objective", []string{"nn", "nn/kernel"}},
	{"nn/checkpoint", nil},
	{"nn", []string{"nn/kernel"}},
	{"nn/kernel", nil},
	{"dataset/batches", []string{"dataset"}},
	{"dataset", nil},
	{"score", nil},
	{"stats", nil},
	{"theory", nil},
	{"paper", nil},
}

func TestImportsGoDown(t *testing.T) {
	order := []string{}
	mayImport := map[string][]string{}
	for _, a := range allowed {
		order = append(order, a.Package)
		mayImport[a.Package] = a.Imports
	}
	for i, a := range allowed {
		for _, imported := range a.Imports {
			if slices.Index(order, imported) <= i {
				t.Errorf("the list itself: %s may import %s, which does not stand below it", a.Package, imported)
			}
		}
	}
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	used := map[[2]string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || path != root && strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if pkg == "cmd/longtail" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		isInternal := strings.HasPrefix(pkg, "internal/")
		isTool := strings.Contains(pkg, "/internal/") // generators beside what they generate
		may, known := mayImport[pkg]
		if !isInternal && !isTool && !known {
			t.Errorf("%s: package %s is not in the list", path, pkg)
			return nil
		}
		seen[pkg] = true
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if strings.HasPrefix(name, "gorgonia.org/") && pkg != "nn/objective" {
				t.Errorf("%s imports %s; only nn/objective may", path, name)
			}
			ours, is := strings.CutPrefix(name, module)
			used[[2]string{pkg, ours}] = true
			switch {
			case !is || ours == pkg || isTool || strings.HasPrefix(ours, "internal/") && !isInternal:
			case strings.HasPrefix(ours, pkg+"/internal/"): // its own
			case ours == "internal/testdata" && strings.HasSuffix(path, "_test.go"):
			case strings.HasSuffix(ours, "test") && !strings.HasSuffix(path, "_test.go"):
				t.Errorf("%s imports %s, which is for tests", path, ours)
			case isInternal:
				t.Errorf("%s imports %s: packages below internal/ import none of ours", path, ours)
			case !slices.Contains(may, ours):
				t.Errorf("%s imports %s: %s may import only %v", path, ours, pkg, may)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range allowed {
		if !seen[a.Package] {
			t.Errorf("package %s is in the list but not in the repository", a.Package)
		}
		for _, imported := range a.Imports {
			if !used[[2]string{a.Package, imported}] {
				t.Errorf("%s may import %s and does not: take it off the list", a.Package, imported)
			}
		}
	}
}

// A name that no test has any more takes what it was for out of the race run.
func TestRaceRunNamesTests(t *testing.T) {
	root := filepath.Join("..", "..")
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)
	lines := regexp.MustCompile(`(?m)^\t.*go test -race .*?(?:-run '(.*)' )?(\./.*)$`).FindAllStringSubmatch(string(makefile), -1)
	if len(lines) < 5 {
		t.Errorf("%d lines of the race run are found", len(lines))
	}
	for _, line := range lines {
		met := map[string]bool{}
		names := strings.Split(line[1], "|")
		for _, pkg := range strings.Fields(line[2]) {
			files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, test := range declared.FindAllSubmatch(text, -1) {
					for _, name := range names {
						if ok, err := regexp.MatchString(name, string(test[1])); err != nil {
							t.Fatal(err)
						} else if ok {
							met[name], met[pkg] = true, true
						}
					}
				}
			}
		}
		for _, what := range slices.Concat(names, strings.Fields(line[2])) {
			if !met[what] {
				t.Errorf("Makefile, race: %q runs no test", what)
			}
		}
	}
}
