package dialect

import "switchover/targets/chat"

// readAnthropic reads a request of Anthropic's Messages API.
func readAnthropic(top *object, req *chat.Request) {
	req.Model = top.take("model").text()
	top.keep()
}
