package wire

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestStampUserStampsEveryReadThatBringsBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		conn := StampUser(near)
		if got := conn.LastRead(); got != (Stamp{}) {
			t.Errorf("a stamp before any read: %+v", got)
		}
		begin := time.Now()
		go func() {
			for range 2 {
				time.Sleep(time.Second)
				_, _ = far.Write([]byte("x"))
			}
			time.Sleep(time.Second)
			_ = far.Close()
		}()
		buf := make([]byte, 8)
		for i := range 2 {
			if _, err := conn.Read(buf); err != nil {
				t.Fatal(err)
			}
			got := conn.LastRead()
			if got.At.Sub(begin) != time.Duration(i+1)*time.Second || got.Read != uint64(i+1) || got.Source != StampSourceUser {
				t.Errorf("read %d is stamped %v after the beginning, number %d, by %s", i+1, got.At.Sub(begin), got.Read, got.Source)
			}
		}
		last := conn.LastRead()
		if _, err := conn.Read(buf); err == nil || conn.LastRead() != last {
			t.Error("the end of the connection was stamped as an arrival")
		}
	})
}
