package wire_test

import (
	"fmt"
	"net/http"
	"time"

	"switchover/targets/wire"
)

// A stream that closes without its terminal marker is no answer, however cleanly
// it closed.
func ExampleDecoder() {
	protocol, _ := wire.Lookup("openai")
	d := protocol.Decoder(&http.Response{Header: http.Header{"Content-Type": {"text/event-stream"}}})
	event := `data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}` + "\n\n"
	err := d.Feed(300*time.Millisecond, []byte(event), func(c wire.Chunk) { fmt.Println(c.At, c.Kind, c.Text) })
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(d.Close(nil).Failure)
	// Output:
	// 300ms c Hello
	// interrupted: the stream ended cleanly but without finish_reason and [DONE] after 1 event with content
}
