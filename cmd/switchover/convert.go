package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchover/report"
	"switchover/report/terminal"
	"switchover/targets/catalog"
	"switchover/targets/convert"
	"switchover/targets/dialect"
	"switchover/targets/wire"
)

type convertOptions struct {
	from, to, model, url, out string
	strict, json              bool
}

// shownRefusals is how many requests are named that could not be converted.
const shownRefusals = 20

func (a *app) convertCommand() *cobra.Command {
	var o convertOptions
	cmd := &cobra.Command{
		Use:   "convert --from FORM --to PROTOCOL FILE",
		Short: "Write requests in the form of another API, and what is lost",
		Long: `Convert requests that were made for one API to the form of another, exactly as a
run would send them, and say for each field what becomes of it: lossless,
approximate (said in another way), dropped, or rejected (the request cannot be
asked there). Nothing is sent.

FILE holds a request a line, alone or as a line of a batch file (custom_id with
params or body; it becomes one of the other API's), or one request over several
lines; - is standard input. The new requests go to --out, or to standard output
with the losses on standard error.
Many servers speak openai: --url openai says what OpenAI itself takes.
Requests that no API would take are left out and named with the path to their
mistake. Exit code 1 says that some were left out.`,
		Example: `  switchover convert --from anthropic --to openai prod.jsonl --out openai.jsonl
  switchover convert --from openai --to bedrock --strict old.jsonl > new.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(wayOut(cmd), "convert takes one file, or - for standard input")
			}
			return nil
		},
		Annotations: exits,
		RunE:        func(cmd *cobra.Command, args []string) error { return a.convert(cmd, args[0], &o) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.from, "from", "", "the `FORM` of the requests: "+strings.Join(dialect.Names(), ", "))
	fs.StringVar(&o.to, "to", "", "the `PROTOCOL` they are converted to: "+strings.Join(convertible(), ", "))
	fs.StringVar(&o.model, "model", "", "ask for this `MODEL` instead of the request's own")
	fs.StringVar(&o.url, "url", "", "the server's `URL`, or its word: whose it is decides what is taken")
	fs.StringVar(&o.out, "out", "", "write the new requests to this `FILE`")
	fs.BoolVar(&o.strict, "strict", false, "leave out requests that would lose or change a field")
	fs.BoolVar(&o.json, "json", false, "print the losses as JSON")
	for flag, words := range map[string][]string{"from": dialect.Names(), "to": convertible()} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// convertible are the protocols with a form of their own; that of http is its
// scenario's.
func convertible() []string {
	return slices.DeleteFunc(wire.Names(), func(name string) bool { return name == "http" })
}

func (a *app) convert(cmd *cobra.Command, file string, o *convertOptions) error {
	if !slices.Contains(dialect.Names(), o.from) {
		return usageError("for instance --from anthropic", "--from %q is none of %s", o.from, strings.Join(dialect.Names(), ", "))
	}
	if !slices.Contains(convertible(), o.to) {
		return usageError("for instance --to openai", "--to %q is none of %s", o.to, strings.Join(convertible(), ", "))
	}
	protocol, _ := wire.Lookup(o.to)
	url, err := o.address()
	if err != nil {
		return err
	}
	in := cmd.InOrStdin()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return usageError("", "read the requests: %v", err)
		}
		defer f.Close()
		if o.overwrites(f) {
			return usageError("", "--out %s is the file that is read: name another", o.out)
		}
		in = f
	}
	bodies, table, done, err := o.outputs(cmd)
	if err != nil {
		return err
	}
	c := &convert.Converter{From: o.from, Protocol: protocol, Model: o.model, URL: url, Strict: o.strict}
	tally, err := convertAll(cmd.ErrOrStderr(), in, bodies, c)
	if err == nil && tally.Requests == 0 {
		err = errors.New("there is no request in it")
	}
	if failed := done(); err == nil { // of two the first says why
		err = failed
	}
	if err != nil {
		return &exitError{code: exitUsage, err: fmt.Errorf("convert %s: %w", file, err)}
	}
	if err := a.printTally(table, tally, o); err != nil {
		return err
	}
	if tally.Converted < tally.Requests {
		return &exitError{code: exitFailed}
	}
	return nil
}

// address is the server's, which a word can stand for; empty where none is named.
func (o *convertOptions) address() (string, error) {
	preset, ok := catalog.LookupPreset(o.url)
	switch {
	case ok:
		address, err := preset.Address(o.to)
		if err != nil {
			return "", usageError("", "--url %s: %v", o.url, err)
		}
		return strings.NewReplacer("{region}", "us-east-1", "{resource}", "resource").Replace(address), nil
	case o.url != "" && !strings.Contains(o.url, "://"):
		return "", usageError("for instance --url openai", "--url %q is neither an address nor a word for one", o.url)
	}
	return o.url, nil
}

// overwrites reports whether the new requests would go to the file that is read, which
// is emptied before it is.
func (o *convertOptions) overwrites(in *os.File) bool {
	from, err := in.Stat()
	if err != nil || o.out == "" || !from.Mode().IsRegular() {
		return false
	}
	to, err := os.Stat(o.out)
	return err == nil && os.SameFile(from, to)
}

// outputs are where the bodies and the losses go; done writes out what is left.
func (o *convertOptions) outputs(cmd *cobra.Command) (bodies, table io.Writer, done func() error, err error) {
	to, table, closed := cmd.OutOrStdout(), cmd.ErrOrStderr(), func() error { return nil }
	if o.out != "" {
		f, err := os.OpenFile(o.out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // requests hold what users wrote
		if err != nil {
			return nil, nil, nil, usageError("", "write the new requests: %v", err)
		}
		to, table, closed = f, cmd.OutOrStdout(), f.Close
	}
	b := bufio.NewWriter(to)
	return b, table, func() error { return errors.Join(b.Flush(), closed()) }, nil
}

// convertAll converts what is in a file and names on stderr what is left out.
func convertAll(stderr io.Writer, in io.Reader, bodies io.Writer, c *convert.Converter) (*convert.Tally, error) {
	tally := &convert.Tally{Fields: []convert.FieldCount{}}
	left := 0
	for r, err := range convert.Requests(in) {
		if err != nil {
			return tally, err
		}
		done := c.Convert(r.JSON)
		tally.Add(done)
		if done.Refused != nil {
			if left++; left <= shownRefusals {
				fmt.Fprintf(stderr, "line %d: left out: %s\n", r.Line, report.Clean(done.Refused.Error()))
			}
			continue
		}
		if _, err := bodies.Write(append(done.Body, '\n')); err != nil {
			return tally, err
		}
	}
	if left > shownRefusals {
		fmt.Fprintf(stderr, "and %d more\n", left-shownRefusals)
	}
	return tally, nil
}

func (a *app) printTally(w io.Writer, t *convert.Tally, o *convertOptions) error {
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(t)
	}
	fmt.Fprintf(w, "%s from %s to %s: %d converted", plural(t.Requests, "request"), o.from, o.to, t.Converted)
	if t.Invalid > 0 {
		fmt.Fprintf(w, ", %d invalid", t.Invalid)
	}
	if t.Refused > 0 {
		fmt.Fprintf(w, ", %d refused", t.Refused)
	}
	fmt.Fprintln(w)
	if t.Addressed > 0 {
		fmt.Fprintf(w, "The model stands in the address there, not in the request: %s.\n", plural(t.Addressed, "request"))
	}
	if t.Unnamed > 0 {
		fmt.Fprintf(w, "No model is named, which most servers refuse: %s; --model NAME names one.\n", plural(t.Unnamed, "request"))
	}
	if len(t.Fields) == 0 {
		return nil
	}
	rows := make([][]string, len(t.Fields))
	for i, f := range t.Fields {
		rows[i] = []string{f.Field, string(f.Fate), fmt.Sprint(f.Requests), report.Clean(f.Why)}
	}
	return terminal.Table(w, []string{"Field", "Becomes", "Requests", "How"}, rows, a.terminal(w))
}
