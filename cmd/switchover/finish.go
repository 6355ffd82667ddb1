package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"switchover/report"
	"switchover/report/chart"
	"switchover/report/html"
	"switchover/report/terminal"
	"switchover/results"
	"switchover/results/gate"
)

// finish rebuilds everything a run's folder can show, prints the matrix, and
// returns the run's exit code. It reads nothing but the folder.
func (a *app) finish(dir string, o runOptions) (int, error) {
	run, summary, err := rebuild(dir)
	if err != nil {
		return 0, err
	}
	if o.json {
		err = writeJSON(a.out, summary)
	} else {
		err = a.printMatrix(run, summary)
		a.printFiles(dir)
	}
	return runCode(run, summary, o.formal), err
}

// rebuild reads a run's folder, computes its summary, and writes the summary,
// the report and the charts.
func rebuild(dir string) (*results.Run, *results.Summary, error) {
	data, err := results.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	summary, _ := results.Summarise(data)
	if err := summary.Write(dir); err != nil {
		return nil, nil, err
	}
	doc := report.New(data.Run, summary)
	doc.AddDialogues(data.Run, data.Conversations, data.Records, data.Verdicts)
	for name, render := range map[string]func(io.Writer) error{
		"report.html": func(w io.Writer) error { return html.Render(w, doc) },
		"matrix.png":  func(w io.Writer) error { return writeChart(w, doc, chart.Matrix) },
		"latency.png": func(w io.Writer) error { return writeChart(w, doc, chart.Latency) },
	} {
		var b bytes.Buffer
		if err := render(&b); err != nil {
			return nil, nil, fmt.Errorf("render %s of %s: %w", name, data.Run.ID, err)
		}
		if err := replaceFile(filepath.Join(dir, name), b.Bytes()); err != nil {
			return nil, nil, err
		}
	}
	return data.Run, summary, nil
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
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

func (a *app) printMatrix(run *results.Run, s *results.Summary) error {
	return terminal.Matrix(a.out, report.New(run, s), a.terminal(a.out))
}

// printFiles says where the report is and what to try next.
func (a *app) printFiles(dir string) {
	fmt.Fprintf(a.out, "\nReport:  %s\nCharts:  %s, %s\n", filepath.Join(dir, "report.html"), filepath.Join(dir, "matrix.png"), filepath.Join(dir, "latency.png"))
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

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
