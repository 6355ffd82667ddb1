package results

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchRun journals 4,000 answers of 100 tokens from two targets over 200 s.
func benchRun(b *testing.B) (dir string, bytes int64) {
	l := load{ttft: 0.3, tpot: 0.01, think: 1, tokens: 100}
	r := rand.New(rand.NewPCG(1, 2))
	d := steadyRun("open", 0, 200)
	for _, target := range []string{"inc", "cand"} {
		l.open(d, target, poisson(r, 5, 200))
	}
	j, err := Create(b.TempDir(), smallRun(), d.Conversations)
	if err != nil {
		b.Fatal(err)
	}
	for i := range d.Records {
		d.Records[i].Text = strings.Repeat("word ", 100)
		if err := j.Append(&d.Records[i]); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(j.Dir(), fileRequests))
	if err != nil {
		b.Fatal(err)
	}
	return j.Dir(), info.Size()
}

func BenchmarkRead(b *testing.B) {
	dir, size := benchRun(b)
	b.SetBytes(size)
	b.ReportAllocs()
	var records int
	for b.Loop() {
		d, err := Read(dir)
		if err != nil {
			b.Fatal(err)
		}
		records += len(d.Records)
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkSummarise(b *testing.B) {
	dir, size := benchRun(b)
	d, err := Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		Summarise(d)
	}
	b.ReportMetric(float64(len(d.Records)*b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkAppend(b *testing.B) {
	j, err := Create(b.TempDir(), smallRun(), nil)
	if err != nil {
		b.Fatal(err)
	}
	r := load{ttft: 0.3, tpot: 0.01, tokens: 100}.answer("inc", 0, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(&r); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
