package dataset

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"longtail/internal/plural"
)

// openCSV opens the images of a CSV file with path,label or path,label,split ("train"
// or "test"). Paths are relative to the file's folder.
func (f Files) openCSV(name string) (*Set, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines, notes, err := csvLines(b, name, besideFile(name))
	if err != nil {
		return nil, err
	}
	rows, err := csvRows(lines, name)
	if err != nil {
		return nil, err
	}
	names, ids, err := classesOf(rows, name)
	if err != nil {
		return nil, err
	}
	notes = append(notes, severalLabels(names, ids)...)
	var lists [3]listed
	for _, r := range rows {
		i := 0
		if r.test {
			i = 1
		}
		lists[i].paths = append(lists[i].paths, r.path)
		lists[i].labels = append(lists[i].labels, ids[r.label])
	}
	return withRoot(filepath.Dir(name), func(root *os.Root) (*Set, error) {
		for _, r := range rows {
			if err := f.checkExists(r.path, name, r.line); err != nil {
				return nil, err
			}
		}
		skipped, err := f.readable(root, &lists, &notes)
		if err != nil {
			return nil, err
		}
		if !rows[0].divided {
			notes = f.divide(lists[0], &lists, notes)
		}
		empty, err := f.checkClasses(name, names, lists, skipped)
		if err != nil {
			return nil, err
		}
		return f.ownSet(root, bare(name), names, lists, append(notes, empty...), skipped)
	})
}

// severalLabels returns a note on a label that consists of labels of other lines.
func severalLabels(names []string, ids map[string]int32) []string {
	for _, label := range names {
		parts := strings.FieldsFunc(label, func(r rune) bool { return r == ';' || r == '|' })
		if len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { _, is := ids[strings.TrimSpace(p)]; return !is }) {
			return []string{fmt.Sprintf("%.80q is taken as one label, although other lines have its parts: an image has one class", label)}
		}
	}
	return nil
}

// bare returns a file's name without folder and extension.
func bare(name string) string {
	return strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
}

type csvLine struct {
	fields []string
	line   int
}

// csvLines reads the lines of a CSV file, without a byte order mark, blanks around paths
// and a heading. The first line is a heading if it names paths. Otherwise it is one, with a
// note, if its first field is no image's name or existing file, and no other line has
// its label.
func csvLines(b []byte, name string, there func(path string) bool) (lines []csvLine, notes []string, err error) {
	if err := isUTF8(b, name); err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		if path := strings.TrimSpace(fields[0]); path != fields[0] && !there(fields[0]) {
			fields[0] = path // as labels are, unless the file's name ends so
		}
		line, _ := r.FieldPos(0)
		lines = append(lines, csvLine{fields, line})
	}
	if len(lines) == 0 {
		return nil, nil, nil
	}
	first := lines[0].fields
	switch {
	case namesPaths(first[0]):
		return lines[1:], nil, nil
	case first[0] == "" || isImage(first[0]) || there(first[0]):
		return lines, nil, nil
	}
	for _, l := range lines[1:] {
		if len(first) > 1 && len(l.fields) > 1 && strings.TrimSpace(l.fields[1]) == strings.TrimSpace(first[1]) {
			return lines, nil, nil
		}
	}
	return lines[1:], []string{fmt.Sprintf("%s: line %d, %.80q, is taken as the heading: there is no such file", name, lines[0].line, strings.Join(first, ","))}, nil
}

// isUTF8 returns an error for the first line that is not UTF-8. JSON and .pth files,
// which hold class names, allow nothing else.
func isUTF8(b []byte, name string) error {
	line := 0
	for row := range bytes.Lines(b) {
		line++
		if !utf8.Valid(row) {
			return fmt.Errorf("%s: line %d is not UTF-8: %.80q: save the list as UTF-8 (in Excel: CSV UTF-8)", name, line, bytes.TrimSpace(row))
		}
	}
	return nil
}

// besideFile returns a function that reports whether a path exists below a CSV file's
// folder. It is true for a path out of the folder, which has its own error.
func besideFile(name string) func(path string) bool {
	return func(p string) bool {
		p = filepath.FromSlash(p)
		_, err := os.Stat(filepath.Join(filepath.Dir(name), p))
		return !filepath.IsLocal(p) || err == nil
	}
}

// checkExists returns an error if a path of a CSV file does not exist, unless
// SkipBroken is set.
func (f Files) checkExists(p, name string, line int) error {
	if f.SkipBroken || besideFile(name)(p) {
		return nil
	}
	hint := separator(p)
	if strings.Contains(p, `\`) {
		hint += `; folders are separated by /, not by \`
	}
	return fmt.Errorf("%s: line %d: there is no file %s: paths are relative to the folder of the list%s; --skip-broken leaves out what cannot be read", name, line, filepath.Join(filepath.Dir(name), filepath.FromSlash(p)), hint)
}

// separator returns the end of an error for a field that looks like several fields.
func separator(field string) string {
	for _, s := range []string{";", "\t"} {
		if strings.Contains(field, s) {
			return fmt.Sprintf("; fields are separated by commas, not by %q", s)
		}
	}
	return ""
}

type csvRow struct {
	path, label   string
	line          int
	divided, test bool
}

// csvRows parses lines of path,label or path,label,split.
func csvRows(lines []csvLine, name string) (rows []csvRow, err error) {
	seen := map[string]int{}
	for _, l := range lines {
		record, line := l.fields, l.line
		if len(record) < 2 || len(record) > 3 {
			return nil, fmt.Errorf("%s: line %d has %s: path,label or path,label,split is expected%s", name, line, plural.Of(len(record), "field"), separator(record[0]))
		}
		row := csvRow{label: strings.TrimSpace(record[1]), line: line}
		if row.path, err = localPath(record[0], name, line); err != nil {
			return nil, err
		}
		if isImage(row.label) && !isImage(row.path) {
			return nil, fmt.Errorf("%s: line %d: %.80q is called like an image, and %.80q is not: the path stands first, then the label", name, line, row.label, row.path)
		}
		if err := checkUnique(seen, row.path, name, line); err != nil {
			return nil, err
		}
		if row.label == "" {
			return nil, fmt.Errorf("%s: line %d: the label is empty", name, line)
		}
		if len(record) == 3 {
			row.divided = true
			switch strings.ToLower(strings.TrimSpace(record[2])) {
			case "train":
			case "test":
				row.test = true
			default:
				return nil, fmt.Errorf("%s: line %d: the split %.40q is neither train nor test", name, line, record[2])
			}
		}
		if len(rows) > 0 && rows[0].divided != row.divided {
			return nil, fmt.Errorf("%s: line %d: either every line has a split or none", name, line)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no line of path,label", name)
	}
	return rows, nil
}

// namesPaths reports whether the first field of a CSV file is the heading of a column
// of paths.
func namesPaths(field string) bool {
	return slices.Contains([]string{"path", "file", "filename", "image"}, strings.ToLower(field))
}

// localPath returns the path in a line of a CSV file, with slashes. A path out of the
// folder is an error.
func localPath(field, name string, line int) (string, error) {
	p := filepath.ToSlash(field)
	if path.IsAbs(p) || filepath.IsAbs(field) {
		return "", fmt.Errorf("%s: line %d: the path %.80q is absolute: paths are relative to the folder of the file and stay below it", name, line, field)
	}
	if !filepath.IsLocal(filepath.FromSlash(p)) {
		return "", fmt.Errorf("%s: line %d: the path %.80q leaves the folder of the file: paths are relative to it and stay below it", name, line, field)
	}
	return p, nil
}

// checkUnique returns an error if an earlier line has the same path. The image would
// be in training and test, or have two labels.
func checkUnique(seen map[string]int, p, name string, line int) error {
	p = path.Clean(p)
	if before, twice := seen[p]; twice {
		return fmt.Errorf("%s: line %d: %.80q stands in line %d already: an image stands once, with one label", name, line, p, before)
	}
	seen[p] = line
	return nil
}

// classesOf returns the class names in order and the number of each. If all labels
// are whole numbers, they are sorted by value, so that 0, 1, … without a gap keep
// their number. Otherwise they are sorted as text. Two spellings of one number are an
// error.
func classesOf(rows []csvRow, name string) ([]string, map[string]int32, error) {
	ids, value, whole := map[string]int32{}, map[string]int{}, true
	for _, r := range rows {
		v, err := strconv.Atoi(r.label)
		whole = whole && err == nil
		ids[r.label], value[r.label] = 0, v
	}
	names := slices.Sorted(maps.Keys(ids))
	if whole {
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(value[a], value[b]) })
	}
	for i, n := range names {
		if whole && i > 0 && value[n] == value[names[i-1]] {
			return nil, nil, fmt.Errorf("%s: the labels %s and %s are one number: write it in one way", name, names[i-1], n)
		}
		ids[n] = int32(i)
	}
	return names, ids, nil
}
