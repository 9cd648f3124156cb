package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"
	"github.com/yuin/goldmark"
	md "github.com/yuin/goldmark/ast"
	mdtext "github.com/yuin/goldmark/text"

	"longtail/bench"
	"longtail/dataset"
	"longtail/doctor"
	"longtail/experiments"
	"longtail/internal/neighbors"
	"longtail/own"
	"longtail/results"
	"longtail/score"
	"longtail/tables"
)

// This file and docs_*_test.go hold the documentation against the program:
// links, names, commands, fields and figures. Pages are README.md,
// CONTRIBUTING.md and docs/*.md.

var update = flag.Bool("update", false, "rewrite the generated blocks of the documentation")

var root = filepath.Join("..", "..")

// page is one file of the documentation.
type page struct {
	path   string // from the root, with slashes
	source []byte
	tree   md.Node
}

func readPage(t testing.TB, path string) page {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return page{path, source, goldmark.DefaultParser().Parse(mdtext.NewReader(source))}
}

func pages(t testing.TB) []page {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(found) < 10 {
		t.Fatal(len(found), " pages: ", err)
	}
	all := []page{readPage(t, "README.md"), readPage(t, "CONTRIBUTING.md")}
	for _, f := range found {
		all = append(all, readPage(t, "docs/"+filepath.Base(f)))
	}
	return all
}

// each calls f for every node of a kind.
func each[N md.Node](p page, f func(N)) {
	md.Walk(p.tree, func(n md.Node, entering bool) (md.WalkStatus, error) {
		if x, ok := n.(N); ok && entering {
			f(x)
		}
		return md.WalkContinue, nil
	})
}

// words is the text of a node without its marks.
func (p page) words(n md.Node) string {
	var b strings.Builder
	md.Walk(n, func(n md.Node, entering bool) (md.WalkStatus, error) {
		if t, ok := n.(*md.Text); ok && entering {
			b.Write(t.Segment.Value(p.source))
		}
		return md.WalkContinue, nil
	})
	return b.String()
}

// fence is a fenced block of a page.
type fence struct {
	language string
	lines    []string
}

func (p page) fences() []fence {
	var all []fence
	each(p, func(n *md.FencedCodeBlock) {
		f := fence{language: string(n.Language(p.source))}
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			f.lines = append(f.lines, strings.TrimRight(string(line.Value(p.source)), "\n"))
		}
		all = append(all, f)
	})
	return all
}

// anchors are the headings as GitHub names them.
func (p page) anchors() []string {
	var all []string
	each(p, func(h *md.Heading) {
		slug := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, p.words(h))
		name := slug
		for i := 1; slices.Contains(all, name); i++ {
			name = fmt.Sprint(slug, "-", i)
		}
		all = append(all, name)
	})
	return all
}

func TestDocsLinks(t *testing.T) {
	all := pages(t)
	known := map[string]page{}
	for _, p := range all {
		known[p.path] = p
	}
	links := 0
	leads := map[string][]string{} // by page, to other files
	for _, p := range all {
		check := func(to string) {
			if strings.Contains(to, "://") {
				return
			}
			links++
			file, anchor, anchored := strings.Cut(to, "#")
			target := p.path
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(p.path), file))
				leads[p.path] = append(leads[p.path], target)
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
				t.Errorf("%s: link %s: %v", p.path, to, err)
			} else if anchored && !slices.Contains(known[target].anchors(), anchor) {
				t.Errorf("%s: link %s: %s has no such heading; it has %q", p.path, to, target, known[target].anchors())
			}
		}
		each(p, func(l *md.Link) { check(string(l.Destination)) })
		each(p, func(i *md.Image) { check(string(i.Destination)) })
	}
	if links < 50 {
		t.Errorf("only %d links", links)
	}
	// The index leads to every page, or to one that does.
	reached := slices.Clone(leads["docs/README.md"])
	for _, page := range leads["docs/README.md"] {
		reached = append(reached, leads[page]...)
	}
	for _, p := range all[2:] {
		if !slices.Contains(reached, p.path) {
			t.Errorf("docs/README.md does not lead to %s", p.path)
		}
	}
}

// declared are the names of the repository's Go files: "name", "pkg.Name",
// "Type.Member", and of types "type Name" as well.
var declared = sync.OnceValues(func() (map[string]bool, error) {
	names := map[string]bool{}
	return names, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		add := func(name string) {
			names[name], names[file.Name.Name+"."+name] = true, true
		}
		for _, decl := range file.Decls {
			switch x := decl.(type) {
			case *ast.FuncDecl:
				add(x.Name.Name)
				if x.Recv != nil {
					of := x.Recv.List[0].Type
					if star, ok := of.(*ast.StarExpr); ok {
						of = star.X
					}
					if generic, ok := of.(*ast.IndexExpr); ok {
						of = generic.X
					}
					names[fmt.Sprint(of, ".", x.Name.Name)] = true
				}
			case *ast.GenDecl:
				for _, spec := range x.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						add(s.Name.Name)
						names["type "+s.Name.Name] = true
						members(s, func(member string) { names[s.Name.Name+"."+member], names[member] = true, true })
					case *ast.ValueSpec:
						for _, n := range s.Names {
							add(n.Name)
						}
					}
				}
			}
		}
		return nil
	})
})

func members(s *ast.TypeSpec, f func(string)) {
	if st, ok := s.Type.(*ast.StructType); ok {
		for _, field := range st.Fields.List {
			for _, n := range field.Names {
				f(n.Name)
			}
		}
	}
}

var (
	qualified = regexp.MustCompile(`^([a-zA-Z]\w*)\.([a-zA-Z]\w*)$`)
	goName    = regexp.MustCompile(`^([A-Z][a-z]\w*|[a-z]+[A-Z]\w*)$`)
	fileName  = regexp.MustCompile(`^[\w.\-]+(/[\w.\-]+)+/?$`)
	ours      = regexp.MustCompile(`^[a-z]+\.(ckpt|csv|html|json|jsonl|md|npy|npz|pth|txt)$`) // what the program writes
	longFlag  = regexp.MustCompile(`--[a-z][a-z0-9-]+`)
)

// Files, Go names, flags and commands that the text names are there.
func TestDocsNames(t *testing.T) {
	names, err := declared()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{} // by the worked examples
	for _, e := range examples(t) {
		made[e.path] = true
	}
	flags := map[string]bool{"--help": true}
	model := commandLine(t, new(cli)).Model
	kong.Visit(model, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			flags["--"+f.Name] = true
		}
		return next(nil)
	})
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	top := map[string]bool{}
	for _, e := range entries {
		top[e.Name()] = e.Name() != "out" && e.Name() != "runs" && e.Name() != "bin"
	}
	seen := map[string]int{}
	for _, p := range pages(t) {
		output := map[string]bool{} // fields of the program's, held against it elsewhere
		for _, m := range marker.FindAllString(string(p.source), -1) {
			for _, name := range p.table(m) {
				output[name] = true
			}
		}
		each(p, func(n *md.CodeSpan) {
			s := p.words(n)
			first, rest, _ := strings.Cut(s, "/")
			switch m := qualified.FindStringSubmatch(s); {
			case strings.Contains(s, "NAME"), strings.Contains(s, "…"), output[s], ours.MatchString(s):
			case fileName.MatchString(s) && top[first] && rest != "":
				seen["file"]++
				if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(s))); err != nil && !made[s] {
					t.Errorf("%s: there is no file %s", p.path, s)
				}
			case m != nil && (names["type "+m[1]] || unicode.IsUpper(rune(m[2][0]))):
				seen["name"]++
				if !names[s] {
					t.Errorf("%s: nothing is called %s", p.path, s)
				}
			case goName.MatchString(s):
				seen["name"]++
				if !names[s] {
					t.Errorf("%s: nothing is called %s", p.path, s)
				}
			case strings.HasPrefix(s, "longtail ") || strings.HasPrefix(s, "bin/longtail "):
				seen["command"]++
				node := model.Node
				for _, word := range strings.Fields(s)[1:] {
					for _, child := range node.Children {
						if child.Name == word {
							node = child
						}
					}
				}
				if node == model.Node && !strings.Contains(s, " --help") && !strings.Contains(s, " --version") {
					t.Errorf("%s: there is no command %s", p.path, s)
				}
			}
			for _, f := range longFlag.FindAllString(s, -1) {
				seen["flag"]++
				if !flags[f] && !strings.HasPrefix(s, "go ") {
					t.Errorf("%s: no command has the flag %s", p.path, f)
				}
			}
		})
	}
	for _, kind := range []string{"file", "name", "command", "flag"} {
		if seen[kind] < 10 {
			t.Errorf("only %d names of kind %s were checked", seen[kind], kind)
		}
	}
}

// command is a line of a block for a shell.
type command struct {
	words   []string
	console bool     // from a block that shows the output
	output  []string // the output shown
}

// commands lists the commands of a page's blocks in their order.
func (p page) commands(t testing.TB) []command {
	t.Helper()
	var all []command
	for _, f := range p.fences() {
		switch f.language {
		case "", "sh":
			whole := strings.ReplaceAll(strings.Join(f.lines, "\n"), "\\\n", " ")
			for _, line := range strings.Split(whole, "\n") {
				w := shellWords(t, line)
				if end := slices.IndexFunc(w, func(word string) bool { return slices.Contains([]string{">", "|", "||", "&&"}, word) }); end >= 0 {
					w = w[:end]
				}
				if len(w) > 0 {
					all = append(all, command{words: w})
				}
			}
		case "console":
			for _, line := range f.lines {
				if c, is := strings.CutPrefix(line, "$ "); is {
					all = append(all, command{words: shellWords(t, c), console: true})
				} else if n := len(all); n > 0 {
					all[n-1].output = append(all[n-1].output, line)
				}
			}
		case "go", "python", "diff", "csv", "bibtex": // read by tests of their own
		default:
			t.Errorf("%s: a block of language %q, which no test knows", p.path, f.language)
		}
	}
	return all
}

// shellWords divides a line as a shell does, quotes and comments understood.
func shellWords(t testing.TB, line string) []string {
	var words []string
	var word strings.Builder
	in, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, in = r, true
		case unicode.IsSpace(r):
			if in {
				words = append(words, word.String())
			}
			word.Reset()
			in = false
		case r == '#' && !in:
			return words
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 {
		t.Errorf("%s: a quote does not end", line)
	}
	if in {
		words = append(words, word.String())
	}
	return words
}

// Every command that the pages show is one that the program, or make, takes.
func TestDocsCommands(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := declared()
	if err != nil {
		t.Fatal(err)
	}
	parsed := 0
	for _, p := range pages(t) {
		for _, c := range p.commands(t) {
			line := strings.Join(c.words, " ")
			args := c.words[1:]
			if name, _, assigned := strings.Cut(c.words[0], "="); assigned && !strings.ContainsAny(name, "/-") {
				continue
			}
			switch c.words[0] {
			case "make":
				if args = makeArgs(t, string(makefile), args); args == nil {
					continue
				}
			case "go":
				if i := slices.Index(args, "-run"); i > 0 {
					for _, name := range strings.Split(args[i+1], "|") {
						if !names[name] {
							t.Errorf("%s: %s: there is no test %q", p.path, line, name)
						}
					}
				}
				continue
			case "git", "cd", "cp", "export", "python", "grep", "exit":
				continue
			case "longtail", "bin/longtail":
			default:
				t.Errorf("%s: %s: a command that no test knows", p.path, line)
				continue
			}
			parsed++
			if err := takes(t, args); err != nil {
				t.Errorf("%s: %s: %v", p.path, line, err)
			}
		}
	}
	if parsed < 50 {
		t.Errorf("only %d commands", parsed)
	}
}

// So are the examples of --help, of which every command has some.
func TestDocsHelpExamples(t *testing.T) {
	found := 0
	kong.Visit(commandLine(t, new(cli)).Model, func(n kong.Visitable, next kong.Next) error {
		node, ok := n.(*kong.Node)
		if !ok {
			return next(nil)
		}
		if node.Parent != nil && !strings.Contains(node.Detail, "Example") {
			t.Errorf("%s --help has no example", node.FullPath())
		}
		if theorem := strings.Trim(node.Name, "123") == ""; theorem && !strings.Contains(node.Flags[0].Help, several) {
			t.Errorf("%s --help does not say what a range is", node.FullPath())
		}
		for _, line := range strings.Split(strings.ReplaceAll(node.Detail, "\\\n", " "), "\n") {
			example, is := strings.CutPrefix(line, "  longtail ")
			if !is {
				continue
			}
			found++
			example, _, _ = strings.Cut(regexp.MustCompile(`\S  +\S`).ReplaceAllStringFunc(example, func(s string) string {
				if strings.HasSuffix(s, "-") { // an option on the next line of the same command
					return s
				}
				return s[:1] + "#"
			}), "#")
			if err := takes(t, shellWords(t, example)); err != nil {
				t.Errorf("%s --help: longtail %s: %v", node.FullPath(), example, err)
			}
		}
		return next(nil)
	})
	if found < 25 {
		t.Errorf("only %d examples", found)
	}
}

// takes reports whether the program would begin to work on a command line.
func takes(t testing.TB, args []string) error {
	var c cli
	parsed, err := commandLine(t, &c).Parse(args)
	if err != nil {
		return err
	}
	for _, ours := range []string{"kmnist", "brier", "controls:CE, class-aware"} {
		if slices.Contains(args, ours) {
			return nil // of the worked examples, which TestDocsExamples runs
		}
	}
	first, _, _ := strings.Cut(parsed.Command(), " ")
	switch first {
	case "reproduce":
		_, _, err = c.Reproduce.plan()
	case "plan":
		_, _, err = c.Plan.plan()
	case "report":
		_, _, err = c.Report.plan()
	case "train":
		err = c.Train.check()
	}
	return err
}

// makeArgs are the arguments that a target gives to the program; nil: it does
// not call it, or there is no such target.
func makeArgs(t testing.TB, makefile string, words []string) []string {
	var args, more []string
	for _, w := range words {
		name, value, set := strings.Cut(w, "=")
		switch {
		case !set:
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(w) + `:`).MatchString(makefile) {
				t.Errorf("make %s: there is no such target", w)
				return nil
			}
			switch w {
			case "reproduce", "report":
				args = []string{w}
			case "theory":
				args = []string{"reproduce", "--only", "theory"}
			}
		case name == "PROFILE":
			more = append(more, "--profile", value)
		case name == "DATA_DIR":
			more = append(more, "--data-dir", value)
		case name == "ARGS":
			more = append(more, shellWords(t, value)...)
		default:
			t.Errorf("make: no variable %s is known", name)
		}
	}
	if args == nil {
		return nil
	}
	return append(args, more...)
}

// table reads the first column of the table that follows a marker.
func (p page) table(marker string) []string {
	_, after, found := strings.Cut(string(p.source), marker+"\n")
	if !found {
		return nil
	}
	var first []string
	for i, line := range strings.Split(after, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if i >= 2 {
			first = append(first, strings.Trim(strings.Split(line, "|")[1], " `"))
		}
	}
	return first
}

var marker = regexp.MustCompile(`<!-- (fields|columns|output): (.+) -->`)

// The pages list the fields of every file, in their order, and no others. What a
// theorem's table lists is not listed again of its other flags.
func TestDocsFields(t *testing.T) {
	types := map[string]any{
		"results.Plan": results.Plan{}, "results.Cell": results.Cell{}, "results.Task": results.Task{}, "results.Shared": results.Shared{},
		"results.Settings": results.Settings{}, "results.Metrics": results.Metrics{}, "results.Result": results.Result{}, "results.Cost": results.Cost{},
		"results.PoolLabels": results.PoolLabels{}, "score.LabelQuality": score.LabelQuality{}, "results.Embedding": results.Embedding{},
		"results.Grid": results.Grid{}, "results.Finding": results.Finding{},
		"neighbors.Separation": neighbors.Separation{}, "neighbors.Class": neighbors.Class{}, "own.Settings": own.Settings{}, "own.Result": own.Result{}, "own.Unlabeled": own.Unlabeled{},
		"own.Comparison": own.Comparison{}, "own.Compared": own.Compared{}, "own.Gain": own.Gain{},
		"main.reproduced": reproduced{}, "main.estimate": estimate{}, "experiments.Estimate": experiments.Estimate{}, "experiments.Speed": experiments.Speed{}, "experiments.TaskEstimate": experiments.TaskEstimate{}, "main.reason": reason{},
		"own.Evaluation": own.Evaluation{}, "dataset.Skipped": dataset.Skipped{}, "main.description": description{}, "main.unlabeledDescription": unlabeledDescription{},
		"main.places": places{}, "dataset.Place": dataset.Place{}, "main.fetchedSet": fetchedSet{}, "dataset.Fetched": dataset.Fetched{}, "main.verifiedSet": verifiedSet{}, "dataset.Checked": dataset.Checked{},
		"main.diagnosis": diagnosis{}, "doctor.Check": doctor.Check{}, "bench.Measurement": bench.Measurement{}, "bench.KernelRows": bench.KernelRows{}, "bench.KernelRow": bench.KernelRow{},
	}
	for _, p := range pages(t) {
		listed := map[string]bool{} // a command of two words, a field
		for _, m := range marker.FindAllStringSubmatch(string(p.source), -1) {
			var want []string
			switch kind, name := m[1], m[2]; kind {
			case "fields":
				x, ok := types[name]
				if !ok {
					t.Errorf("%s: no type %s is known", p.path, name)
					continue
				}
				want = jsonNames(reflect.TypeOf(x))
				delete(types, name)
			case "columns":
				want = withoutLogs(header(t, name))
			case "output":
				out, err := exec.Command(program, strings.Fields(name)...).Output()
				if err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(string(out)) {
					if key := strings.Fields(line)[0]; key != "theorem" && !strings.HasPrefix(key, "parameters.") {
						want = append(want, key)
					}
				}
				command := strings.Join(strings.Fields(name)[:2], " ") + " "
				want = slices.DeleteFunc(withoutLogs(want), func(name string) bool { return listed[command+name] })
				for _, name := range want {
					listed[command+name] = true
				}
			}
			if got := p.table(m[0]); !slices.Equal(got, want) {
				t.Errorf("%s: %s %s:\nthe page has %q\nthe program  %q", p.path, m[1], m[2], got, want)
			}
		}
	}
	for name := range types {
		t.Errorf("no page lists the fields of %s", name)
	}
}

// withoutLogs leaves out the log to base 10 of what is there, which the pages explain
// once for all.
func withoutLogs(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		of := strings.TrimPrefix(strings.TrimSuffix(name, "_log10"), "log10_")
		return of != name && slices.Contains(names, of)
	})
}

// header is the first line of a file below out/, in a report of what ships.
func header(t *testing.T, name string) []string {
	t.Helper()
	_, plan := expanded(t, "quick", results.Selection{})
	shipped, err := results.Committed()
	if err != nil {
		t.Fatal(err)
	}
	if plan, err = experiments.WithCommitted(plan); err != nil {
		t.Fatal(err)
	}
	var first string
	switch stem := strings.TrimSuffix(filepath.Base(name), ".csv"); stem {
	case "results":
		first, _, _ = strings.Cut(tables.ResultsCSV(plan, shipped), "\n")
	case "table1":
		for _, table := range []tables.Table{tables.Table1(plan, shipped), tables.Table2(plan, shipped), tables.Table3(plan, shipped), tables.Table4(plan, shipped), tables.Controls(plan, shipped)} {
			before := first
			if first, _, _ = strings.Cut(table.CSV(), "\n"); before != "" && before != first {
				t.Errorf("%s has other columns than the tables before it: %s", table.Name, first)
			}
		}
	default:
		n, wrong := strconv.Atoi(strings.TrimPrefix(stem, "theorem"))
		if wrong != nil {
			t.Fatalf("no file %s is known", name)
		}
		first, _, _ = strings.Cut(tables.Theorem(plan, shipped, n).CSV(), "\n")
	}
	return strings.Split(first, ",")
}

// jsonNames are the names of a struct's fields in a file.
func jsonNames(x reflect.Type) []string {
	var names []string
	for i := range x.NumField() {
		f := x.Field(i)
		if f.Anonymous {
			names = append(names, jsonNames(f.Type)...)
		} else if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// What README and --help say of profiles and speed is what the program and the
// engine's page say.
func TestDocsNumbers(t *testing.T) {
	readme := string(readPage(t, "README.md").source)
	quick, err := experiments.ProfileNamed("quick")
	if err != nil {
		t.Fatal(err)
	}
	desktop, err := experiments.ProfileNamed("desktop")
	if err != nil {
		t.Fatal(err)
	}
	minutes := fmt.Sprintf("%.0f minutes", quick.Budget.Minutes())
	for _, want := range []string{"After " + minutes + " it stops", "on stand-in data; " + minutes, fmt.Sprintf("n_max %d", desktop.Sets["CIFAR-10-LT"].NMax)} {
		if !strings.Contains(readme, want) {
			t.Errorf("README.md does not say %q", want)
		}
	}
	for _, help := range []string{reproduceCmd{}.Help()} {
		if !strings.Contains(help, minutes) {
			t.Errorf("--help does not say %q: %s", minutes, help)
		}
	}
	for _, machine := range []string{"Zen 5", "Zen 4", "Sapphire Rapids", "Zen 3"} {
		ours, ratio := engineSpeed(t, machine)
		m := regexp.MustCompile(`some ([\d,]+) images/s on two cores of a ` + machine + `, ([\d.]+) times as fast as PyTorch`).FindStringSubmatch(readme)
		if m == nil {
			t.Fatalf("README.md does not say how fast it trains on a %s", machine)
		}
		// Rounded numbers there, the measured ones here.
		if got := parsed(t, m[1]); math.Abs(got-ours) > ours/10 {
			t.Errorf("README.md says %s images/s on a %s, docs/engine.md %g", m[1], machine, ours)
		}
		if m[2] != fmt.Sprintf("%.1f", ratio) {
			t.Errorf("README.md says %s times as fast on a %s, docs/engine.md %g", m[2], machine, ratio)
		}
	}
	for _, c := range []struct {
		says          string
		profile, only string
		seeds         int
		least, most   float64 // hours
	}{
		{"a replicate of the first block in two to eight minutes", "quick", "block1", 1, 2. / 60, 8. / 60},
		{"all of it in three to twelve hours", "quick", "", 3, 3, 12},
		{"the first block in a day", "desktop", "block1", 1, 12, 30},
		{"some four days on two cores", "desktop", "table1", 1, 80, 110},
		{"takes about a day\non two cores", "paper", "table2:CB-CE + SSP", 1, 18, 30},
		{"months on two cores", "paper", "", 3, 1000, 4000},
	} {
		if h := cost(t, c.profile, c.only, c.seeds).Time() / 3600; !strings.Contains(readme, c.says) || h < c.least || h > c.most {
			t.Errorf("README.md: %q, of profile %s %s: it takes %.1f hours", c.says, c.profile, c.only, h)
		}
	}
	blocks := readPage(t, "README.md").fences()
	if first := strings.Join(blocks[0].lines, "; "); first != "git clone ADDRESS-OF-THIS-REPOSITORY longtail; cd longtail; make reproduce" {
		t.Errorf("README.md begins with %s", first)
	}
}

// engineSpeed reads images a second of training on a machine, and how many times as fast
// as the faster row of PyTorch that is, from docs/engine.md.
func engineSpeed(t testing.TB, machine string) (ours, ratio float64) {
	t.Helper()
	_, engine, there := strings.Cut(string(readPage(t, "docs/engine.md").source), "### "+machine)
	if !there {
		t.Fatalf("docs/engine.md has no section on a %s", machine)
	}
	for pattern, to := range map[string]*float64{`(?m)^\| longtail, Winograd \| ([\d,]+)`: &ours, `(?m)^\| PyTorch, torch.compile[^|]*\|[^|]*\| \*\*([\d.]+)`: &ratio} {
		m := regexp.MustCompile(pattern).FindStringSubmatch(engine)
		if m == nil {
			t.Fatalf("docs/engine.md has no line %s", pattern)
		}
		*to = parsed(t, m[1])
	}
	return ours, ratio
}

// parsed reads a number that may have commas between its thousands.
func parsed(t testing.TB, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// pairSpeed reads from docs/engine.md how many images two tasks of a ResNet-32
// train on together in a second, as reproduce runs them on two cores.
func pairSpeed(t testing.TB) (speed float64) {
	t.Helper()
	m := regexp.MustCompile(`two tasks on one each [\d,\s]+\(median (\d+)\)`).FindSubmatch(readPage(t, "docs/engine.md").source)
	if m == nil {
		t.Fatal("docs/engine.md does not say how fast two tasks at once are")
	}
	fmt.Sscan(string(m[1]), &speed)
	return speed
}
