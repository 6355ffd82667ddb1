package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unicode"

	"switchover/results"
)

// smiQuery are the columns asked of nvidia-smi. The name comes last: it is the
// only one that may hold a comma, and nvidia-smi quotes nothing. There is no
// column for energy.
const smiQuery = "uuid,utilization.gpu,memory.used,memory.total,power.draw,name"

// smiOutput bounds what nvidia-smi may write, bytes.
const smiOutput = 256 << 10

// smiSource reads devices by running nvidia-smi once for each sample.
//
// Note: not one nvidia-smi that repeats by itself (-lms): what it has buffered,
// whether it still lives and which instant a line belongs to cannot be known. A
// fresh process costs more CPU, which is why NVML comes first.
type smiSource struct {
	path    string
	devices int
}

// openSMI looks for nvidia-smi on PATH and takes a first reading.
func openSMI(ctx context.Context) (Source, error) {
	path, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return nil, errors.New("no nvidia-smi on PATH")
	}
	return openSMIAt(ctx, path)
}

func openSMIAt(ctx context.Context, path string) (Source, error) {
	s := &smiSource{path: path}
	samples, err := s.Sample(ctx)
	if err != nil {
		return nil, err
	}
	s.devices = len(samples)
	return s, nil
}

func (s *smiSource) Name() string { return "nvidia-smi" }
func (s *smiSource) Devices() int { return s.devices }
func (s *smiSource) Close()       {}

// Sample runs nvidia-smi and ends it with ctx. Should this process be killed
// meanwhile, nvidia-smi ends by itself: it runs for a moment, into a closed pipe.
func (s *smiSource) Sample(ctx context.Context) ([]Sample, error) {
	cmd := exec.CommandContext(ctx, s.path, "--query-gpu="+smiQuery, "--format=csv,noheader,nounits")
	cmd.Env = smiEnv()
	cmd.WaitDelay = time.Second // for a child of its own that keeps the pipe open
	out := &capped{most: smiOutput}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case out.over:
		return nil, fmt.Errorf("nvidia-smi wrote more than %d bytes", smiOutput)
	case err != nil:
		return nil, fmt.Errorf("nvidia-smi: %w%s", err, firstLine(out.buf.Bytes()))
	}
	return parseSMI(out.buf.Bytes())
}

// smiEnv is what nvidia-smi needs of the environment, which may hold keys that
// are none of its business.
func smiEnv() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// firstLine is what nvidia-smi said for itself, made fit for an error.
func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	if line == "" {
		return ""
	}
	if len(line) > 200 {
		line = line[:200]
	}
	return ": " + strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(line, "?")))
}

// capped keeps what is written to it, up to a bound, and refuses the rest.
type capped struct {
	buf  bytes.Buffer // not embedded: its ReadFrom would get round the bound
	most int
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	if c.buf.Len()+len(p) > c.most {
		c.over = true
		return 0, errors.New("too much output")
	}
	return c.buf.Write(p)
}

// parseSMI reads what nvidia-smi writes for smiQuery: a row for each device, and
// between them, unasked, its warnings. Those are passed over as long as there is
// a row; where there is none they say why.
func parseSMI(out []byte) ([]Sample, error) {
	var samples []Sample
	for line := range bytes.Lines(out) {
		row := string(bytes.TrimSpace(line))
		if !strings.HasPrefix(row, "GPU-") && !strings.HasPrefix(row, "MIG-") {
			continue
		}
		s, err := parseSMIRow(row)
		if err != nil {
			return nil, fmt.Errorf("nvidia-smi, device %d: %w", len(samples)+1, err)
		}
		samples = append(samples, s)
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("nvidia-smi shows no device%s", firstLine(out))
	}
	return samples, nil
}

func parseSMIRow(row string) (Sample, error) {
	columns := strings.Split(smiQuery, ",")
	cells := strings.SplitN(row, ",", len(columns))
	if len(cells) != len(columns) {
		return Sample{}, fmt.Errorf("%d columns where %d were asked for", len(cells), len(columns))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	s := Sample{Device: cells[0], Name: cells[5]}
	const mib = 1.0 / 1024 // GiB
	for _, v := range []struct {
		column      int
		scale, most float64
		into        *results.Opt[float64]
	}{
		{1, 0.01, 100, &s.Util},
		{2, mib, math.MaxFloat64, &s.MemGiB},
		{3, mib, math.MaxFloat64, &s.TotalGiB},
		{4, 1, math.MaxFloat64, &s.PowerW},
	} {
		cell := cells[v.column]
		if absent(cell) {
			continue
		}
		n, err := strconv.ParseFloat(cell, 64)
		if err != nil || !(n >= 0 && n <= v.most) { // the negation holds for NaN too
			return Sample{}, fmt.Errorf("%s is not a number that can be", columns[v.column])
		}
		*v.into = results.Known(n * v.scale)
	}
	return s, nil
}

// absent recognises what nvidia-smi writes where it has no value: [N/A],
// [Not Supported], [Unknown Error] and their kin, with and without brackets.
func absent(cell string) bool {
	if strings.HasPrefix(cell, "[") && strings.HasSuffix(cell, "]") {
		return true
	}
	return cell == "N/A"
}
