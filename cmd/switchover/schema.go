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
		Args:    cobra.NoArgs,
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
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenario files; every mistake at once",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := false
			for _, file := range args {
				if _, err := a.plan(file); err != nil {
					failed = true
					a.explain(cmd.ErrOrStderr(), err)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", file)
			}
			if failed {
				return &exitError{code: exitUsage}
			}
			return nil
		},
	}
}

// explain prints an error of a scenario; Problems bring their own excerpts.
func (a *app) explain(w io.Writer, err error) {
	fmt.Fprintf(w, "%v\n", err)
}
