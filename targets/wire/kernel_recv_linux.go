package wire

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// message is what one recvmsg after another is asked with. Note: unix.Recvmsg
// would leave an address to be collected behind, for each of many arrivals.
type message struct {
	header       unix.Msghdr
	vector       unix.Iovec
	buf, control []byte
}

func newMessage() *message {
	m := &message{buf: make([]byte, readSize), control: make([]byte, 256)}
	m.vector.Base = &m.buf[0]
	m.header.Iov = &m.vector
	m.header.SetIovlen(1)
	m.header.Control = &m.control[0]
	return m
}

// receive takes at most limit bytes, above 0, from a socket, and returns them with
// their control messages; both are valid until the next call. It never waits.
func (m *message) receive(fd, limit int) (data, control []byte, err error) {
	m.vector.SetLen(min(limit, len(m.buf)))
	m.header.SetControllen(len(m.control))
	// It does not block, so the scheduler need not be told.
	n, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.header)), unix.MSG_DONTWAIT)
	ordered(fd)
	if errno != 0 {
		return nil, nil, errno
	}
	return m.buf[:n], m.control[:m.header.Controllen], nil
}
