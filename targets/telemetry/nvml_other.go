//go:build !cgo || !linux

package telemetry

import (
	"context"
	"errors"
)

// openNVML says that this program cannot: NVML is a C library.
func openNVML(context.Context) (Source, error) {
	return nil, errors.New("built without NVML")
}
