package wire

// document collects one JSON object that arrives in pieces and notices the byte
// that closes it. It checks no more than strings and brackets: parsing is for
// the one who asked. Its zero value is ready.
type document struct {
	text     []byte
	depth    int
	inString bool
	escaped  bool
	closed   bool
}

// feed takes bytes and reports whether the object has closed; what comes after
// that is ignored.
func (d *document) feed(b []byte) (closed bool, err error) {
	for i, c := range b {
		if d.closed {
			break
		}
		if len(d.text)+i >= maxDocument {
			return false, tooLarge("the response", maxDocument)
		}
		switch {
		case d.escaped:
			d.escaped = false
		case d.inString && c == '\\':
			d.escaped = true
		case c == '"':
			d.inString = !d.inString
		case d.inString:
		case c == '{' || c == '[':
			d.depth++
		case c == '}' || c == ']':
			d.depth--
			if d.depth <= 0 {
				d.closed = true
				b = b[:i+1]
			}
		}
	}
	d.text = append(d.text, b...)
	return d.closed, nil
}
