package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchover/scenarios"
	"switchover/targets/catalog"
)

// defaultCatalog is where an imported catalog is written.
const defaultCatalog = "switchover-catalog.json"

func (a *app) catalogCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "Show what is known of prices, licences, models and GPUs",
		Long: `What the program knows of models, of those who serve them and of what they
run on. Every entry names the document it was read from, and the day; what is
not there is unknown. Runs take prices from it where a scenario gives none, and
the facts that decision.require names. It is no legal advice.`,
		Example: `  switchover catalog list
  switchover catalog show claude-sonnet-4-5
  switchover catalog import genai-prices data.json
  switchover run --catalog switchover-catalog.json FILE`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(a.catalogShowCommand(), a.catalogListCommand(), a.catalogImportCommand())
	return cmd
}

func (a *app) catalogFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.catalogFile, "catalog", "", "look into this `FILE` before the program's own catalog")
}

func (a *app) catalogShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   "Print everything known of a model, a provider, a licence or a GPU",
		Long:    "Print everything known of a model, a provider, a licence or a GPU, and what a\nword for an address stands for, as --url and url: take it.",
		Example: "  switchover catalog show mistral-7b\n  switchover catalog show groq\n  switchover catalog show bedrock --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("'switchover catalog list' prints the names", "show takes one name, but was given %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.catalog()
			if err != nil {
				return usageError("", "%w", err)
			}
			shown := c.Show(args[0])
			if len(shown) == 0 {
				hint := "'switchover catalog list' prints the names"
				if near := c.Suggest(args[0]); len(near) > 0 {
					hint = "did you mean " + strings.Join(near, ", ") + "?"
				}
				return usageError(hint, "the catalog knows no %.60q", args[0])
			}
			if asJSON {
				return writeJSON(a.out, shown)
			}
			for i, entry := range shown {
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				if err := a.printEntry(entry); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the entries as JSON")
	a.catalogFlag(cmd)
	return cmd
}

// printEntry prints one entry: what is known, with where it was read, then what is not.
func (a *app) printEntry(e catalog.Entry) error {
	width := a.terminal(a.out).Width
	longest := 0
	for _, f := range e.Facts {
		longest = max(longest, len(f.Name))
	}
	indent := strings.Repeat(" ", longest+4)
	var sources []string
	fmt.Fprintf(a.out, "%s %s\n", e.Kind, e.ID)
	for _, f := range e.Facts {
		said := strings.TrimPrefix(f.Said(), "catalog, ")
		n := slices.Index(sources, said)
		if n < 0 {
			n, sources = len(sources), append(sources, said)
		}
		value := wrapped(fmt.Sprintf("%s [%d]", f.Value, n+1), max(width-len(indent), 20))
		fmt.Fprintf(a.out, "  %-*s  %s\n", longest, f.Name, strings.ReplaceAll(value, "\n", "\n"+indent))
	}
	for i, s := range sources {
		fmt.Fprintln(a.out, wrapped(fmt.Sprintf("[%d] %s", i+1, s), width))
	}
	if len(e.Unknown) > 0 {
		fmt.Fprintln(a.out, wrapped("Unknown: "+strings.Join(e.Unknown, ", ")+".", width))
	}
	return nil
}

func (a *app) catalogListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "Print the names that the catalog has",
		Example: "  switchover catalog list",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.catalog()
			if err != nil {
				return usageError("", "%w", err)
			}
			for _, kind := range catalog.Kinds {
				fmt.Fprintln(a.out, wrapped(kind+": "+strings.Join(c.Names(kind), ", "), a.terminal(a.out).Width))
			}
			_, err = fmt.Fprintf(a.out, "prices: %d\n", len(c.Prices))
			return err
		},
	}
	a.catalogFlag(cmd)
	return cmd
}

func (a *app) catalogImportCommand() *cobra.Command {
	var out, checked string
	var force bool
	cmd := &cobra.Command{
		Use:   "import FORMAT FILE",
		Short: "Make a catalog of a list of prices that others publish",
		Long: `Make a catalog of a list of prices that others publish and you downloaded:

  genai-prices  data.json of https://github.com/pydantic/genai-prices (MIT)
  models.dev    https://models.dev/api.json (MIT)

Their notices are kept in the file. Runs read it with --catalog FILE, scenarios
with catalog: FILE. What was left out is counted and named. These lists say of
few prices when they were read: the day recorded is the file's, or --checked.`,
		Example: "  switchover catalog import genai-prices data.json\n  switchover catalog import models.dev api.json --out prices.json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError(wayOut(cmd), "import takes a format and a file, but was given %s", plural(len(args), "argument"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			err := scenarios.CheckFile(args[1]) // no pipe, which could last forever
			if err != nil {
				return usageError("", "open the list: %w", err)
			}
			f, err := os.Open(args[1])
			if err != nil {
				return usageError("", "open the list: %w", err)
			}
			defer f.Close()
			day, err := importDay(f, checked)
			if err != nil {
				return err
			}
			in, err := catalog.ImportFrom(args[0], f, day)
			if err != nil {
				return usageError("the formats are "+strings.Join(catalog.Formats, ", "), "%s: %w", args[1], err)
			}
			var b bytes.Buffer
			if err := in.Catalog.Write(&b); err != nil {
				return err
			}
			if err := writeNew(out, b.Bytes(), force); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s\nwritten to %s; use it with: %s run --catalog %s ...\n", in.Text(), out, a.call, out)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", defaultCatalog, "write the catalog to this `FILE`")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if there is one")
	cmd.Flags().StringVar(&checked, "checked", "", "the `DAY` of the list, as 2026-11-23 (default: the file's)")
	return cmd
}

// importDay is the day that prices are recorded with: the one that is named, or the
// one on which the list was last written.
func importDay(f *os.File, checked string) (time.Time, error) {
	if checked == "" {
		info, err := f.Stat()
		if err != nil {
			return time.Time{}, fmt.Errorf("open the list: %w", err)
		}
		return info.ModTime(), nil
	}
	day, err := time.Parse(time.DateOnly, checked)
	if err != nil || day.After(time.Now()) {
		return time.Time{}, usageError("write it as 2026-11-23", "--checked: %q is no day until today", checked)
	}
	return day, nil
}

// writeNew writes a file that is not there yet, or replaces it.
func writeNew(path string, b []byte, replace bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if replace {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usageError("--force replaces it, --out names another", "%s is there already", path)
	}
	if err != nil {
		return fmt.Errorf("write the catalog: %w", err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}
