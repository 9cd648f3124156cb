package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	htmltemplate "html/template"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"longtail/figures"
	"longtail/internal/plural"
	"longtail/results"
	"longtail/tables"
)

//go:embed report.gohtml
var htmlText string

//go:embed report.gomd
var markdownText string

//go:embed style.css
var css string

var (
	htmlForm = htmltemplate.Must(htmltemplate.New("report.html").Funcs(htmltemplate.FuncMap{
		"rich": rich, "image": image, "grid": grid, "claim": claimAnchor, "from": links, "count": plural.Of[int], "first": first, "further": further,
		"css": func() htmltemplate.CSS { return htmltemplate.CSS(css) },
	}).Parse(htmlText))
	markdownForm = template.Must(template.New("report.md").Funcs(template.FuncMap{
		"cell": markdownCell, "table": markdownTable, "texts": texts, "from": links,
	}).Parse(markdownText))
)

// Write writes dir/report.html, which is self-contained and loads nothing, and
// dir/report.md, which refers to dir/figures and dir/tables.
func Write(dir string, in Input) error {
	p := newPage(in)
	var page bytes.Buffer
	if err := htmlForm.Execute(&page, p); err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	var text bytes.Buffer
	if err := markdownForm.Execute(&text, p); err != nil {
		return fmt.Errorf("report.md: %w", err)
	}
	if err := results.WriteFile(filepath.Join(dir, "report.html"), page.Bytes()); err != nil {
		return err
	}
	return results.WriteFile(filepath.Join(dir, "report.md"), text.Bytes())
}

var (
	strong     = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	emphasis   = regexp.MustCompile(`\*([^*\s][^*]*)\*`)
	code       = regexp.MustCompile("`([^`]+)`")
	subscripts = regexp.MustCompile(`(^|[^\pL\pN_/.])([ρDπn])_(U|L|max|c)($|[^\pL\pN_])`)
)

// rich returns s as HTML with the few marks of claims and names rendered: emphasis,
// code and subscripts. Everything else is escaped.
func rich(s string) htmltemplate.HTML {
	s = html.EscapeString(s)
	s = strong.ReplaceAllString(s, "<strong>$1</strong>")
	s = emphasis.ReplaceAllString(s, "<em>$1</em>")
	s = code.ReplaceAllString(s, "<code>$1</code>")
	for range 2 { // a match consumes the space that the next symbol needs before it
		s = subscripts.ReplaceAllString(s, "$1$2<sub>$3</sub>$4")
	}
	return htmltemplate.HTML(s)
}

// image returns a figure as a data URI, so that the page loads nothing.
func image(f *figures.Figure) (htmltemplate.URL, error) {
	svg, err := f.SVG()
	if err != nil {
		return "", err
	}
	return htmltemplate.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)), nil
}

// markdownCell returns s safe for a cell of a Markdown table.
func markdownCell(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(s)
}

// markdownTable returns a table as in its own Markdown file, with headings one
// level lower.
func markdownTable(t tables.Table) string {
	lines := strings.Split(t.Markdown(), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "#") {
			lines[i] = "#" + l
		}
	}
	return strings.Join(lines, "\n")
}

// furtherPage matches the names of a figure's second and later pages.
var furtherPage = regexp.MustCompile(`-\d+$`)

// first returns the first pages of figures. further returns the others, which the
// page folds.
func first(all []*figures.Figure) []*figures.Figure {
	return slices.DeleteFunc(slices.Clone(all), func(f *figures.Figure) bool { return furtherPage.MatchString(f.Name) })
}

func further(all []*figures.Figure) []*figures.Figure {
	return slices.DeleteFunc(slices.Clone(all), func(f *figures.Figure) bool { return !furtherPage.MatchString(f.Name) })
}

// texts joins the texts of links, for report.md, which has no anchors.
func texts(links []link) string {
	var all []string
	for _, l := range links {
		all = append(all, l.Text)
	}
	return strings.Join(all, "; ")
}
