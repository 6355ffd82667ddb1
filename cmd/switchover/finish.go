package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"switchover/report"
	"switchover/report/chart"
	"switchover/report/html"
	"switchover/report/terminal"
	"switchover/results"
	"switchover/results/gate"
)

// outcome is what a run's folder shows.
type outcome struct {
	run     *results.Run
	summary *results.Summary
	doc     *report.Doc
}

// summarise computes a run's figures and its report from nothing but its folder.
func summarise(dir string) (*outcome, error) {
	defer lean()()
	data, err := results.Skim(dir)
	if err != nil {
		return nil, err
	}
	s, _ := results.Summarise(data)
	doc := report.New(data.Run, s)
	if err := doc.AddDialogues(data); err != nil {
		return nil, err
	}
	return &outcome{data.Run, s, doc}, nil
}

// finish prints the matrix, then writes the summary, the report and the charts
// into the run's folder, and returns the run's exit code. The matrix comes first:
// a full disk must not keep it from the user.
func (a *app) finish(dir string, found *outcome, o runOptions) (int, error) {
	code := runCode(found.run, found.summary, o.formal)
	if err := a.show(found, o); err != nil && !errors.Is(err, syscall.EPIPE) { // who reads no further has seen enough
		return code, err
	}
	if err := found.write(dir); err != nil {
		return code, &exitError{exitInvalid, err, "what was recorded is kept; once this is mended: switchover report " + reference(o.root, dir)}
	}
	if !o.json {
		a.printFiles(dir, found.doc)
	}
	return code, nil
}

func (a *app) show(found *outcome, o runOptions) error {
	if o.json {
		return writeJSON(a.out, found.summary)
	}
	return terminal.Matrix(a.out, found.doc, a.terminal(a.out))
}

// write writes everything that is rebuilt from a run's records.
func (f *outcome) write(dir string) error {
	if err := f.summary.Write(dir); err != nil {
		return err
	}
	for _, file := range []struct {
		name   string
		render func(io.Writer) error
	}{
		{"report.html", func(w io.Writer) error { return html.Render(w, f.doc) }},
		{"matrix.png", func(w io.Writer) error { return writeChart(w, f.doc, chart.Matrix) }},
		{"latency.png", func(w io.Writer) error { return writeChart(w, f.doc, chart.Latency) }},
		{"load.png", func(w io.Writer) error { return writeChart(w, f.doc, chart.Load) }},
	} {
		if file.name == "load.png" && len(f.doc.Curves) == 0 {
			continue // nothing was tried at several loads
		}
		var b bytes.Buffer
		if err := file.render(&b); err != nil {
			return fmt.Errorf("render %s of %s: %w", file.name, f.run.ID, err)
		}
		if err := replaceFile(filepath.Join(dir, file.name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func writeChart(w io.Writer, d *report.Doc, draw func(*report.Doc) ([]byte, error)) error {
	png, err := draw(d)
	if err != nil {
		return err
	}
	_, err = w.Write(png)
	return err
}

// replaceFile writes a whole file or nothing.
func replaceFile(path string, b []byte) error {
	tmp := path + ".tmp"
	err := os.WriteFile(tmp, b, 0o600)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp) // what there is of it
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// printFiles says where the report is and what to try next.
func (a *app) printFiles(dir string, d *report.Doc) {
	fmt.Fprintf(a.out, "\nReport:  %s\nCharts:  %s\n         %s\n", filepath.Join(dir, "report.html"), filepath.Join(dir, "matrix.png"), filepath.Join(dir, "latency.png"))
	if len(d.Curves) > 0 {
		fmt.Fprintf(a.out, "         %s\n", filepath.Join(dir, "load.png"))
	}
}

// runCode is the exit code of a run that ended by itself.
//
//	invalid                                              -> 4
//	no candidate qualifies, or the recommended one
//	misses an objective                                  -> 1
//	a decision was asked for and something is unknown    -> 3
func runCode(run *results.Run, s *results.Summary, formal bool) int {
	if !s.Valid {
		return exitInvalid
	}
	m := s.Matrix
	if m == nil {
		return exitOK
	}
	switch m.Verdict.Kind {
	case results.NoneQualifies:
		return exitFailed
	case results.NoVerdict:
		if formal {
			return exitInconclusive
		}
	}
	for _, row := range gate.Check(run, s).Rows {
		if row.Target == m.Verdict.Target && row.Verdict == gate.Missed {
			return exitFailed
		}
	}
	return exitOK
}

// writeJSON prints JSON as files of a run hold it: the same bytes.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
