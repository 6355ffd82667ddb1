package main

import (
	"slices"

	"github.com/spf13/cobra"

	"switchover/scenarios/prompts"
	"switchover/targets/catalog"
	"switchover/targets/wire"
)

// askable are the protocols that --protocol takes: one that asks by a template of the
// user's needs a scenario file.
func askable() []string {
	return slices.DeleteFunc(wire.Names(), func(name string) bool { return name == "http" })
}

// completeRunFlags lets a shell offer the words that flags of run take.
func completeRunFlags(cmd *cobra.Command) {
	words := []string{}
	for _, p := range catalog.Presets() {
		words = append(words, p.Name)
	}
	for flag, known := range map[string][]string{
		"url": words, "judge-url": words, "protocol": askable(), "from": slices.Concat(prompts.Formats, prompts.TraceFormats),
		"redact": {"on", "with-ip", "off"}, "salt": {"on", "off"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
	}
}

// completeScenarios offers the scenarios that come with the program, and files.
func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return bundledNames(), cobra.ShellCompDirectiveDefault
}
