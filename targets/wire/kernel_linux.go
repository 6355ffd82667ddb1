package wire

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// DialKernel connects as the dialer does, and has the kernel stamp what arrives:
// a stamp does not depend on when this program got to run. Where the kernel
// refuses, or a read came without its stamp, it is taken in user space, and says
// so.
//
// One loop reads every such connection of the process. With batch, it lets the
// pieces of a streamed response wait for their reader, for MaxHold at most, so
// that one waking serves several of them; stamps are not affected.
//
// Note: the socket is dialled by net, for its resolver, its racing of addresses
// and its errors, and then taken away from it. What is duplicated from a net.Conn
// stays registered in Go's own poller, which would wake for every packet, until
// the net.Conn is closed: so it is closed here.
func DialKernel(ctx context.Context, d *net.Dialer, network, address string, batch bool) (Stamped, error) {
	dialer := *d
	dialer.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
		if d.ControlContext != nil {
			if err := d.ControlContext(ctx, network, address, c); err != nil {
				return err
			}
		} else if d.Control != nil {
			if err := d.Control(network, address, c); err != nil {
				return err
			}
		}
		// A refusal is found out once connected.
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return stampKernel(conn, batch), nil
}

// KeepStamps has the kernel stamp what arrives until the returned function is
// called. It begins to stamp only a moment after the first socket of the machine
// asks for it, which would leave the first answers without: so this is called
// before they are asked for. Where it fails, nothing is lost but those stamps.
func KeepStamps() (release func()) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return func() {}
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	return sync.OnceFunc(func() { _ = unix.Close(fd) })
}

// stampKernel moves a connection to the kernel's clock if it can, else to the
// user's.
func stampKernel(conn net.Conn, batch bool) Stamped {
	fd, ok := detach(conn)
	if !ok {
		return StampUser(conn)
	}
	k := newKernelConn(fd, conn.LocalAddr(), conn.RemoteAddr(), batch)
	if err := kernelReads.add(k); err != nil {
		_ = unix.Close(fd)
		return StampUser(conn)
	}
	// The socket lives on in fd; what closing the other descriptor says of it
	// changes nothing.
	_ = conn.Close()
	return k
}

// detach duplicates the descriptor of a TCP connection whose socket stamps.
func detach(conn net.Conn) (fd int, ok bool) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return -1, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, false
	}
	fd = -1
	err = raw.Control(func(old uintptr) {
		if on, err := unix.GetsockoptInt(int(old), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS); err != nil || on == 0 {
			return
		}
		if dup, err := unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			fd = dup
		}
	})
	return fd, err == nil && fd >= 0
}

// stampOf finds the kernel's stamp among the control messages of a read.
func stampOf(control []byte) (time.Time, bool) {
	for len(control) >= unix.CmsgLen(0) {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return time.Time{}, false
		}
		if header.Level == unix.SOL_SOCKET && header.Type == unix.SCM_TIMESTAMPNS {
			switch len(data) { // two longs
			case 16:
				return time.Unix(int64(binary.NativeEndian.Uint64(data)), int64(binary.NativeEndian.Uint64(data[8:]))), true
			case 8:
				return time.Unix(int64(int32(binary.NativeEndian.Uint32(data))), int64(binary.NativeEndian.Uint32(data[4:]))), true
			}
		}
		control = rest
	}
	return time.Time{}, false
}
