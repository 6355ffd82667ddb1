package catalog_test

import (
	"fmt"

	"switchover/targets/catalog"
)

// What is known of a model at an address: the facts with their sources. What is not
// there is unknown.
func Example() {
	c, err := catalog.Load()
	if err != nil {
		panic(err)
	}
	provider, model := c.ProviderAt("https://api.anthropic.com/v1"), c.Model("claude-sonnet-4-5-20250929")
	for _, f := range c.Facts(provider, model) {
		switch f.Name {
		case "model.retires", "data.retention_days", "data.region":
			fmt.Println(f.Name, f.Value)
		}
	}
	fmt.Println("next:", model.Successor)
	// Output:
	// model.retires 2026-11-30
	// data.retention_days 30
	// next: claude-sonnet-5-5
}
