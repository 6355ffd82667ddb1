package wire

import (
	"bytes"
	"time"
)

// arrived takes one event of the running stream.
func (d *openAIDecoder) arrived(name string, data []byte) error {
	data = bytes.TrimSpace(data)
	if d.done || len(data) == 0 {
		return nil
	}
	if string(data) == "[DONE]" {
		d.done, d.doneAt = true, d.at
		return nil
	}
	if name != "error" && !suspect(data) {
		d.backlog.add(d.at, data)
		return nil
	}
	if err := d.drain(); err != nil {
		return err
	}
	if name == "error" {
		return streamError(data)
	}
	_, err := d.event(data)
	return err
}

// suspect reports whether an event may be an error, or no JSON object. It may be
// wrong either way: then an error is found later, or an event decoded sooner.
func suspect(data []byte) bool {
	if data[0] != '{' || data[len(data)-1] != '}' {
		return true
	}
	const name, none = `"error"`, `:null`
	for {
		i := bytes.Index(data, []byte(name))
		if i < 0 {
			return false
		}
		if data = data[i+len(name):]; !bytes.HasPrefix(data, []byte(none)) {
			return true
		}
	}
}

// drain decodes the events that have come before.
func (d *openAIDecoder) drain() error {
	now := d.at
	var before alike
	err := d.backlog.drain(func(at time.Duration, data []byte, front, behind int) error {
		d.at = at
		if text, ok := before.text(data, front, behind); ok {
			if err := d.add(before.kind, text); err != nil {
				return err
			}
			d.tally.event(at, true)
			return nil
		}
		e, err := d.event(data)
		if err == nil {
			before.learn(data, e)
		}
		return err
	})
	d.at = now
	return d.fail(err)
}

// last takes the event that the body ended in.
func (d *openAIDecoder) last(name string, data []byte) error {
	if err := d.arrived(name, data); err != nil {
		return err
	}
	return d.drain()
}
