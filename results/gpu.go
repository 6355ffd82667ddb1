package results

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// gpuKeys are the figures from telemetry.
var gpuKeys = []struct {
	key, unit string
	of        func(*Telemetry) Opt[float64]
	mean      bool // over devices; else their sum
}{
	{"gpu_util", "share", func(t *Telemetry) Opt[float64] { return t.Util }, true},
	{"gpu_mem_gib", "GiB", func(t *Telemetry) Opt[float64] { return t.MemGiB }, false},
	{"gpu_power_w", "W", func(t *Telemetry) Opt[float64] { return t.PowerW }, false},
}

// gpuFigures average the samples of a target's GPUs over its steady window.
// Samples of this host count for a target only when its server stands here.
func (c *cell) gpuFigures(samples []Telemetry, into map[string]Figure) {
	none, shared := c.noGPU()
	var mine []*Telemetry
	for i := range samples {
		t := &samples[i]
		if (t.Target == c.target.Name || t.Target == "" && none == "") && find(c.spans, t.Segment, t.T) >= 0 {
			mine = append(mine, t)
		}
	}
	if len(mine) == 0 && none == "" {
		none = c.run.Host.GPUs
		if none == "" || len(samples) > 0 {
			none = "no GPU samples in the steady window"
		}
	}
	for _, k := range gpuKeys {
		v, n := deviceMean(mine, k.of, k.mean)
		if n == 0 {
			reason := none
			if reason == "" {
				reason = "the GPU does not report it"
			}
			into[k.key] = Unknown(k.unit, 0, reason)
			continue
		}
		into[k.key] = Figure{Value: &v, Unit: k.unit, N: n, Source: shared,
			Reason: "no interval: samples of one device follow on each other"}
	}
}

// deviceMean is the mean of each device's samples, summed or averaged over
// devices, and the number of samples.
func deviceMean(samples []*Telemetry, of func(*Telemetry) Opt[float64], mean bool) (v float64, n int) {
	type acc struct {
		sum float64
		n   int
	}
	var order []string
	by := map[string]*acc{}
	for _, t := range samples {
		x, ok := of(t).Get()
		if !ok {
			continue
		}
		a := by[t.Device]
		if a == nil {
			a = &acc{}
			by[t.Device] = a
			order = append(order, t.Device)
		}
		a.sum += x
		a.n++
		n++
	}
	for _, d := range order {
		v += by[d].sum / float64(by[d].n)
	}
	if mean && len(order) > 0 {
		v /= float64(len(order))
	}
	return v, n
}

// noGPU says why this host's GPUs tell nothing of the target; where they do,
// shared names the targets that were on them at the same time.
func (c *cell) noGPU() (none, shared string) {
	switch {
	case c.target.Simulated:
		return "simulated: there is no GPU behind it", ""
	case !onThisHost(c.target.URL):
		return "its server is on another host: no GPU to read", ""
	}
	var local []string
	for _, t := range c.run.Candidates() {
		if !t.Simulated && onThisHost(t.URL) {
			local = append(local, t.Name)
		}
	}
	if len(local) > 1 {
		shared = fmt.Sprintf("host, shared by %s", strings.Join(local, ", "))
	}
	return "", shared
}

func onThisHost(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
