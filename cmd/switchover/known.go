package main

import (
	"fmt"

	"switchover/scenarios"
	"switchover/targets/catalog"
)

// catalog is what the program knows of models and those who serve them: the file of
// --catalog over what comes with it.
func (a *app) catalog() (*catalog.Catalog, error) {
	all, err := catalog.Load()
	if err != nil || a.catalogFile == "" {
		return all, err
	}
	b, err := scenarios.ReadFile(a.catalogFile)
	if err != nil {
		return nil, fmt.Errorf("--catalog: read the file: %w", err)
	}
	own, err := catalog.Read(b)
	if err != nil {
		return nil, fmt.Errorf("--catalog %s is no catalog: %w; 'switchover catalog import' makes one of a published list", a.catalogFile, err)
	}
	return own.Over(all), nil
}

// pricedText says which prices are the catalog's.
func pricedText(p *scenarios.Plan) []string {
	var out []string
	for _, line := range p.Scenario.FromCatalog() {
		out = append(out, "Price of "+line+".")
	}
	return out
}

// warningText is what should be known before a run and is no mistake.
func warningText(p *scenarios.Plan) []string {
	var out []string
	for _, w := range p.Scenario.Read.Warnings {
		out = append(out, "warning: "+w)
	}
	return out
}
