package wire

import (
	"syscall"
	"testing"
)

// BenchmarkMemory2000 measures the memory of a process that asks for 2,000 streams
// at once, from the conversation to the record, of 50 tokens/s each. The server is
// another process.
func BenchmarkMemory2000(b *testing.B) {
	const streams, tokens = 2000, 400
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		b.Fatal(err)
	}
	// While it connects, a stream has two descriptors.
	if files.Max < 2*streams+100 {
		b.Skipf("%d streams need %d files, the limit is %d (ulimit -Hn)", streams, 2*streams+100, files.Max)
	}
	var got clockResult
	for b.Loop() {
		got = clockRun(b, clientAsked, clockLoad{streams, tokens, tokenGap})
	}
	b.ReportMetric(got.Peak, "MiB-peak")
	b.ReportMetric(128, "MiB-bar")
	b.ReportMetric(got.Base, "MiB-before")
	b.ReportMetric((got.Peak-got.Base)*1024/streams, "KiB/stream")
	b.ReportMetric(got.CPU, "us/event")
	b.ReportMetric(0, "ns/op") // it is the length of the streams
}
