"""Streams chat completions with Locust, as its users write it themselves.

Locust knows no tokens: a team that load tests an LLM with it stamps the events of
the stream in its locustfile. This one uses the faster of Locust's two HTTP clients,
reads each event as it comes, and at the end writes one line of JSON a request to
PEER_OUT: its X-Request-Id, the seconds from the call to the first event with
content, when that came by the clock, and the seconds between such events.
"""

import itertools
import json
import os
import time

from locust import FastHttpUser, constant, events, task

with open(os.environ["PEER_PROMPTS"], encoding="utf-8") as lines:
    PROMPTS = [json.loads(line)["prompt"] for line in lines]
MODEL = os.environ["PEER_MODEL"]
TOKENS = int(os.environ["PEER_TOKENS"])

number = itertools.count()
seen = []


class Reader(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        n = next(number)
        body = {
            "model": MODEL,
            "messages": [{"role": "user", "content": PROMPTS[n % len(PROMPTS)]}],
            "max_tokens": TOKENS,
            "stream": True,
        }
        stamps = []
        at = 0
        began = time.perf_counter()
        with self.client.post(
            "/chat/completions",
            json=body,
            headers={"X-Request-Id": str(n)},
            stream=True,
            catch_response=True,
        ) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
                return
            complete = False
            # Not iter_lines or iter_content: they wait until 1024 bytes have come,
            # which is several tokens.
            while event := response.stream.readline(b"\n\n"):
                clock, now = time.time(), time.perf_counter()
                data = event.strip().removeprefix(b"data: ")
                if data == b"[DONE]":
                    complete = True
                    continue
                choices = json.loads(data)["choices"]
                if choices and choices[0]["delta"].get("content"):
                    at = at or clock
                    stamps.append(now)
            if not complete or not stamps:
                response.failure("the stream broke off")
                return
        events.request.fire(
            request_type="TTFT",
            name="/chat/completions",
            response_time=1000 * (stamps[0] - began),
            response_length=0,
        )
        seen.append((n, began, at, stamps))


@events.quitting.add_listener
def write(**_):
    with open(os.environ["PEER_OUT"], "w", encoding="utf-8") as out:
        for n, began, at, stamps in seen:
            gaps = [b - a for a, b in itertools.pairwise(stamps)]
            out.write(json.dumps({"id": str(n), "first": stamps[0] - began, "at": at, "gaps": gaps}) + "\n")
