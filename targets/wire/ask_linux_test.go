package wire_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

func init() { wire.Ask = ask }

// heard is a protocol that tells when an answer begins.
type heard struct {
	wire.OpenAI
	begun *sync.WaitGroup
}

func (h heard) Decoder(resp *http.Response) wire.Decoder {
	defer h.begun.Done()
	return h.OpenAI.Decoder(resp)
}

func ask(url string, streams, tokens int, begun func()) error {
	var began, ended sync.WaitGroup
	target, err := targets.Open(targets.Spec{Name: "t", Protocol: heard{begun: &began}, Endpoint: wire.Endpoint{URL: url, Model: "m"}})
	if err != nil {
		return err
	}
	defer target.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	zero := time.Now()
	failed := make(chan error, streams)
	began.Add(streams)
	for i := range streams {
		ended.Go(func() {
			rec := &results.Record{ID: fmt.Sprint(i), Attempt: 1}
			question := fmt.Sprintf("%d. %s", i, strings.Repeat("What would you do? ", 50))
			target.Ask(ctx, zero, chat.Request{ID: rec.ID, Messages: []chat.Message{{Role: chat.User, Content: question}}}, rec)
			if !rec.OK() || len(rec.Chunks) != tokens {
				failed <- fmt.Errorf("stream %d had %d tokens, want %d; error %+v", i, len(rec.Chunks), tokens, rec.Error)
			}
		})
	}
	all := make(chan struct{})
	go func() { began.Wait(); close(all) }()
	select {
	case <-all:
		begun()
		ended.Wait()
	case err = <-failed:
		return err
	}
	select {
	case err = <-failed:
	default:
	}
	return err
}
