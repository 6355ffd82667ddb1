//go:build !linux

package wire

import (
	"context"
	"net"
)

// KeepStamps does nothing: there are no stamps to keep.
func KeepStamps() (release func()) { return func() {} }

// DialKernel connects as the dialer does. The kernel of this system is asked for
// no stamps: they are taken in user space, and say so.
func DialKernel(ctx context.Context, d *net.Dialer, network, address string, _ bool) (Stamped, error) {
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return StampUser(conn), nil
}
