package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"switchover/scenarios"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of the scenario file",
		Example: "  switchover schema > scenario.schema.json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := scenarios.Schema()
			if err != nil {
				return fmt.Errorf("build the schema: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", b)
			return err
		},
	}
}

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenario files; every mistake at once",
		Long: `Check scenario files and what they name: variables, keys, prompts, workloads.
Every mistake of every file is printed with its place; nothing is sent. Exit
code 2 when there is one. A model that its vendor ends is a warning.`,
		Example: "  switchover validate scenario.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(wayOut(cmd), "no scenario file to check")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := false
			for _, file := range args {
				p, err := a.plan(file)
				if err != nil {
					failed = true
					a.explain(cmd.ErrOrStderr(), err)
					continue
				}
				for _, line := range warningText(p) {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", file, line)
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", file); err != nil {
					return err
				}
			}
			if failed {
				return &exitError{code: exitUsage}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&a.catalogFile, "catalog", "", "take prices and facts from this `FILE` before the program's own")
	return cmd
}

// explain prints an error of a scenario; Problems bring their own excerpts.
func (a *app) explain(w io.Writer, err error) {
	fmt.Fprintf(w, "%v\n", err)
}
