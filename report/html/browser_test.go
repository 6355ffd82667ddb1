package html

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a headless browser, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no chromium or google-chrome on this machine: the report is not opened in a browser")
	}
	profile, err := os.MkdirTemp("", "switchover-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { forget(t, profile) })
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // containers have no user namespaces; the pages are this test's own
		chromedp.UserDataDir(profile),
		chromedp.WSURLReadTimeout(90*time.Second),
		chromedp.WindowSize(1280, 1000))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	return ctx
}

// forget removes a browser's profile. Its processes may write for a moment after
// the browser has ended.
func forget(t *testing.T, profile string) {
	for range 50 {
		if os.RemoveAll(profile) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("the browser's profile %s is still being written and stays", profile)
}

// watched is what a page did besides showing itself.
type watched struct {
	mu       sync.Mutex
	requests []string
	problems []string
}

func (w *watched) listen(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(ev any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(ev.Request.URL, "data:") {
				w.requests = append(w.requests, ev.Request.URL)
			}
		case *runtime.EventExceptionThrown:
			w.problems = append(w.problems, ev.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			w.problems = append(w.problems, "console: "+string(ev.Type))
		case *log.EventEntryAdded:
			w.problems = append(w.problems, ev.Entry.Text)
		}
	})
}

// Opened from a file in a browser, the report shows its verdict and its matrix,
// asks for nothing else, complains of nothing, and runs nothing that names and
// answers bring along.
func TestReportInABrowser(t *testing.T) {
	ctx := browser(t)
	var w watched
	w.listen(ctx)
	for _, tt := range []struct {
		name     string
		headline string
	}{{"demo", "Move to medium-13b"}, {"hostile", "Move to a-very-long-name"}} {
		file := filepath.Join(t.TempDir(), tt.name+".html")
		if err := os.WriteFile(file, []byte(render(t, fixtures()[tt.name])), 0o600); err != nil {
			t.Fatal(err)
		}
		address := (&url.URL{Scheme: "file", Path: file}).String()
		var title, headline string
		var rows, width int
		var heat string
		err := chromedp.Run(ctx, network.Enable(), log.Enable(),
			chromedp.EmulateViewport(400, 800),
			chromedp.Navigate(address),
			chromedp.WaitVisible(".headline", chromedp.ByQuery),
			chromedp.WaitVisible("table.matrix", chromedp.ByQuery),
			chromedp.WaitVisible("figure svg", chromedp.ByQuery),
			chromedp.Evaluate("document.documentElement.scrollWidth", &width),
			chromedp.Text(".headline", &headline, chromedp.ByQuery),
			chromedp.Title(&title),
			chromedp.Evaluate("document.querySelectorAll('table.matrix tbody tr').length", &rows),
			chromedp.Evaluate("getComputedStyle(document.querySelector('td.heat')).backgroundColor", &heat))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if !strings.HasPrefix(headline, tt.headline) || rows != 4 {
			t.Errorf("%s: headline %q, %d rows", tt.name, headline, rows)
		}
		if title == "owned" {
			t.Errorf("%s: a name or an answer was executed", tt.name)
		}
		if heat == "rgba(0, 0, 0, 0)" {
			t.Errorf("%s: the style sheet was not applied", tt.name)
		}
		if width > 400 {
			t.Errorf("%s: the page is %d pixels wide on a screen of 400", tt.name, width)
		}
		w.mu.Lock()
		if len(w.requests) != 1 || w.requests[0] != address {
			t.Errorf("%s: requests %q", tt.name, w.requests)
		}
		if len(w.problems) > 0 {
			t.Errorf("%s: the browser complains: %q", tt.name, w.problems)
		}
		w.requests, w.problems = nil, nil
		w.mu.Unlock()
	}
}
