package results

import (
	"encoding/binary"
	"math/bits"
)

// A cursor reads what an encoder wrote.
type cursor struct {
	b []byte
	i int
}

func (c *cursor) uint() uint64 {
	if x := c.b[c.i]; x < 0x80 {
		c.i++
		return uint64(x)
	}
	return c.long()
}

// long reads up to eight bytes at once: lengths vary so much that a processor
// guesses the end of a loop over them wrong.
func (c *cursor) long() (x uint64) {
	if c.i+8 <= len(c.b) {
		x = binary.LittleEndian.Uint64(c.b[c.i:])
		if last := ^x & 0x8080808080808080; last != 0 {
			n := bits.TrailingZeros64(last) + 1 // bits, of whole bytes
			c.i += n / 8
			x &= ^uint64(0) >> (64 - n) & 0x7f7f7f7f7f7f7f7f
			x = x&0x007f007f007f007f | x&0x7f007f007f007f00>>1
			x = x&0x00003fff00003fff | x&0x3fff00003fff0000>>2
			return x&0x000000000fffffff | x&0x0fffffff00000000>>4
		}
		x = 0
	}
	for shift := 0; ; shift += 7 {
		b := c.b[c.i]
		c.i++
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return x
		}
	}
}

func (c *cursor) int() int64 {
	u := c.uint()
	return int64(u>>1) ^ -int64(u&1)
}

func (c *cursor) bytes() []byte {
	n := int(c.uint())
	c.i += n
	return c.b[c.i-n : c.i : c.i]
}
