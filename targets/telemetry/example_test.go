package telemetry_test

import (
	"context"
	"fmt"
	"time"

	"switchover/results"
	"switchover/targets/telemetry"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	src, err := telemetry.Detect(ctx)
	if err != nil {
		fmt.Println(err) // no GPU on this host (...): a finding, the run goes on
		return
	}
	defer src.Close()
	telemetry.Run(ctx, src, time.Second, time.Now(), 0, func(l results.Telemetry) {
		fmt.Println(time.Duration(l.T), l.Device, l.Util.Or(0))
	}, func(err error) {
		fmt.Println("warning:", err)
	})
}
