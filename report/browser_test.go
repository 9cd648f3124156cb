package report

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"longtail/internal/testdata"
	"longtail/results"
)

// browser starts a headless Chromium; where there is none the test is skipped, or fails
// as one without its data does.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		testdata.Missing(t, "no chromium or google-chrome on PATH: the page is not looked at in a browser")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	// The page is our own, and in a container there may be no sandbox to have.
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(chromedp.ExecPath(path), chromedp.NoSandbox))
	t.Cleanup(cancel)
	return ctx
}

// heard collects what a page should not do: complain or ask for anything.
func heard(t *testing.T, ctx context.Context, page string) func() []string {
	t.Helper()
	var mu sync.Mutex
	var all []string
	add := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, s)
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, page) {
				add("asks for " + u)
			}
		case *network.EventLoadingFailed:
			add("does not load: " + e.ErrorText)
		case *runtime.EventConsoleAPICalled:
			add("console: " + string(e.Type))
		case *runtime.EventExceptionThrown:
			add("exception: " + e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			add("log: " + e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), all...)
	}
}

// look is a JavaScript expression that lists what is wrong with the page as it
// is shown: pictures, anchors, overflow, and contrast below WCAG 2.1 AA
// (success criterion 1.4.3) of every text on what lies behind it.
const look = `(() => {
	const wrong = [];
	for (const i of document.images) {
		if (!i.complete || i.naturalWidth === 0) wrong.push("a picture does not load: " + i.alt);
		if (i.alt.trim().length < 30) wrong.push("alternative text says little: " + JSON.stringify(i.alt));
	}
	for (const a of document.querySelectorAll('a[href]')) {
		const h = a.getAttribute('href');
		if (!h.startsWith('#')) wrong.push("a link leaves the page: " + h);
		else if (!document.getElementById(h.slice(1))) wrong.push("nothing is at " + h);
	}
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) {
		const far = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.scroll, pre'));
		wrong.push("wider than the screen, " + document.documentElement.scrollWidth + ": " + far.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(" | "));
	}
	const rgba = s => { const n = s.match(/[\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
	const over = (f, b) => [0, 1, 2].map(i => f[i] * f[3] + b[i] * (1 - f[3])).concat(1);
	const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const behind = e => {
		const layers = [];
		for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break; }
		return layers.reduceRight((b, f) => over(f, b), [255, 255, 255, 1]);
	};
	const seen = new Set();
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let looked = 0;
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (!texts.currentNode.textContent.trim() || !e.getClientRects().length) continue;
		looked++;
		const s = getComputedStyle(e), b = behind(e), f = over(rgba(s.color), b);
		const [l1, l2] = [light(f), light(b)].sort((x, y) => y - x), ratio = (l1 + .05) / (l2 + .05);
		const size = parseFloat(s.fontSize), large = size >= 24 || size >= 18.66 && s.fontWeight >= 700;
		const key = s.color + b + large;
		if (ratio < (large ? 3 : 4.5) && !seen.has(key)) { seen.add(key); wrong.push("contrast " + ratio.toFixed(2) + " of " + s.color + " on " + b + ": " + texts.currentNode.textContent.trim().slice(0, 60)); }
	}
	if (looked < 500) wrong.push("only " + looked + " texts are shown");
	return wrong;
})()`

// unfold opens what is folded, so that everything is looked at.
const unfold = `document.querySelectorAll('details').forEach(d => d.open = true)`

// target tells of the place that the last click led to.
const target = `(() => { const e = document.querySelector(':target'); if (!e) return ['']; const r = e.getBoundingClientRect();
	return [r.height > 0 && r.bottom > 0 && r.top < innerHeight ? e.textContent : '']; })()`

// folded lists what a fold hides, records of single numbers aside.
const folded = `[...document.querySelectorAll('section:not([aria-labelledby=cells]) details:not([open]) > *:not(summary)')].filter(e => !e.checkVisibility() || !e.getBoundingClientRect().height).map(e => e.outerHTML.slice(0, 80))`

func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	ctx := browser(t)
	in := madeUp(results.GradePaper, 3)
	for task := range in.Results {
		if strings.HasPrefix(task, "twice2") {
			in.Results[task] = nil
			in.Failures[task] = "loss is NaN at epoch 3"
		}
	}
	page := "file://" + filepath.ToSlash(filepath.Join(writeFiles(t, in), "report.html"))
	complaints := heard(t, ctx, page)
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	show := func(width int64, kind, scheme string) {
		t.Helper()
		do(chromedp.EmulateViewport(width, 900))
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(expression string) []string {
		t.Helper()
		all, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](expression))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	// click follows a link and returns the words of the place it leads to.
	click := func(link string) string {
		t.Helper()
		do(chromedp.Evaluate[chromedp.Void](link+".click()"), chromedp.Sleep(100*time.Millisecond))
		return list(target)[0]
	}

	// The claims come first, after what failed, and their table begins on the first screen.
	show(1280, "screen", "light")
	do(chromedp.Navigate(page))
	if first := list(`[...document.querySelectorAll('section:not(.warning)')].slice(0, 1).map(s => s.getAttribute('aria-labelledby') + (s.querySelector('tbody tr').getBoundingClientRect().top < innerHeight ? '' : ' too low'))`); !slices.Equal(first, []string{"claims"}) {
		t.Errorf("the page begins with %q", first)
	}

	// A number leads to its setting, and that to its file.
	if words := click(`document.querySelector('#table1 ~ * .grid a')`); !strings.Contains(words, "200 epochs of batch 128") || !strings.Contains(words, "90 epochs of batch 32") {
		t.Errorf("the first number of Table 1 leads to %q, not to how it was made in print and here", words)
	}
	if words := click(`document.querySelector(':target a')`); !strings.Contains(words, "results/committed/ce0") {
		t.Errorf("from there a click leads to %q, not to the file", words)
	}
	if words := click(`[...document.querySelectorAll('.grid a')].find(a => a.textContent == 'not run')`); !strings.Contains(words, "not among the cells") {
		t.Errorf("a number that is not run leads to %q", words)
	}

	// Nothing stands beside a fold, and a wide table's heads wrap.
	for what, expression := range map[string]string{
		"stands beside others": `[...document.querySelectorAll('.beside > .block:has(> details)')].filter(e => e.getBoundingClientRect().width < e.parentElement.clientWidth - 1).map(e => e.textContent.trim().slice(0, 60))`,
		"does not wrap":        `[...document.querySelectorAll('.grid th')].filter(e => getComputedStyle(e).whiteSpace != 'normal').map(e => e.textContent)`,
		"is missing":           `['.beside > .block > details', '.grid th'].filter(s => !document.querySelector(s))`,
	} {
		if all := list(expression); len(all) > 0 {
			t.Errorf("%q %s", all, what)
		}
	}

	// On paper everything but the records is unfolded.
	show(1280, "print", "light")
	if hidden := list(folded); len(hidden) > 0 {
		t.Errorf("%d folded parts are not printed, the first %s", len(hidden), hidden[0])
	}

	do(chromedp.Evaluate[chromedp.Void](unfold))
	for _, width := range []int64{1280, 360} {
		for _, scheme := range []string{"light", "dark"} {
			show(width, "screen", scheme)
			for _, w := range list(look) {
				t.Errorf("%d px, %s: %s", width, scheme, w)
			}
		}
	}
	for _, c := range complaints() {
		t.Errorf("the page %s", c)
	}
}
