package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "longtail/"

func TestImportsGoDown(t *testing.T) {
	order := []string{}
	allowed := map[string][]string{}
	for _, a := range Allowed {
		order = append(order, a.Package)
		allowed[a.Package] = a.Imports
	}
	for i, a := range Allowed {
		for _, imported := range a.Imports {
			if slices.Index(order, imported) <= i {
				t.Errorf("the list itself: %s may import %s, which does not stand below it", a.Package, imported)
			}
		}
	}
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
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
		may, known := allowed[pkg]
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
			if name == "gorgonia.org/gorgonia" && pkg != "nn/objective" {
				t.Errorf("%s imports gorgonia; only nn/objective may", path)
			}
			ours, is := strings.CutPrefix(name, module)
			switch {
			case !is || ours == pkg || isTool || strings.HasPrefix(ours, "internal/") && !isInternal:
			case strings.HasPrefix(ours, pkg+"/internal/"): // its own
			case ours == "internal/testdata" && strings.HasSuffix(path, "_test.go"):
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
	for _, pkg := range order {
		if !seen[pkg] {
			t.Errorf("package %s is in the list but not in the repository", pkg)
		}
	}
}
