package targets

import (
	"fmt"
	"net/http"
	"strings"

	"switchover/targets/chat"
)

// encode makes the request that carries req, and notes what of it is lost. A strict
// target refuses to lose anything.
func (a *attempt) encode(req *chat.Request) (*http.Request, error) {
	r, losses, err := a.t.spec.Protocol.Encode(a.t.spec.Endpoint, *req)
	if len(losses) > 0 {
		a.rec.Losses = make([]string, len(losses))
		for i, l := range losses {
			a.rec.Losses[i] = l.String()
		}
	}
	if err != nil {
		return nil, err
	}
	if a.t.spec.Strict && len(losses) > 0 {
		return nil, fmt.Errorf("strict: the protocol cannot carry this request as asked: %s", strings.Join(a.rec.Losses, ", "))
	}
	return r, a.hash(r)
}
