package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// usageTemplate lays help out for a terminal of 80 columns. The exit codes stand
// where a script would look for them.
const usageTemplate = `Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} VERB{{else}}
  {{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Verbs:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

'{{.CommandPath}} VERB --help' says more about a verb.{{end}}{{if index .Annotations "exits"}}

` + exitHelp + `{{end}}
`

// exits marks the verbs whose exit code is a result.
var exits = map[string]string{"exits": "yes"}

// wayOut is the hint after a mistake in flags or arguments.
func wayOut(cmd *cobra.Command) string { return "see '" + cmd.CommandPath() + " --help'" }

// noArgs refuses arguments in words of this program's own.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(wayOut(cmd), "%s takes no arguments, but was given %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// oneRun wants exactly the reference of one run.
func oneRun(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 || args[0] == "":
		return usageError("'latest' is the last one, 'switchover results' lists them", "no run is named: %s RUN", cmd.CommandPath())
	case len(args) > 1:
		return usageError(wayOut(cmd), "%s takes one run, but was given %d arguments", cmd.CommandPath(), len(args))
	}
	return nil
}

// flagError says what is wrong with a flag, without the library's own words.
func flagError(cmd *cobra.Command, err error) error {
	text, _, _ := strings.Cut(err.Error(), ": strconv.")
	if text, _, ok := strings.Cut(text, ": time: "); ok {
		return usageError("write a time with its unit: 500ms, 30s, 2m", "%s", text)
	}
	return usageError(wayOut(cmd), "%s", text)
}

// unknownVerb is the error for a verb that does not exist.
func unknownVerb(root *cobra.Command, name string) error {
	hint := wayOut(root)
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = "did you mean '" + root.Name() + " " + near[0] + "'?"
	}
	return usageError(hint, "unknown verb %q", name)
}

// strict makes the verbs that the library adds refuse what they do not know.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Short, c.Long = "Help about any verb", "Print the help of a verb."
			c.Use = "help [VERB]"
			c.Run = nil
			c.RunE = func(_ *cobra.Command, args []string) error {
				about, rest, err := root.Find(args)
				if err != nil || about == nil || len(rest) > 0 {
					return unknownVerb(root, args[0])
				}
				return about.Help()
			}
		case "completion":
			c.Short = "Print the completion script of a shell"
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 {
					return cmd.Help()
				}
				return usageError("shells: bash, fish, powershell, zsh", "unknown shell %q", args[0])
			}
		}
	}
}
