"""A whole deploy, from two processes of the old code to two of the new, under clients that never stop."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.test_listening import listening
from tests.integration.test_speaking import accept, eventually, messages

from .shop import Client, Shop, open_shop

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif("TEST_POSTGRES_PORT" not in os.environ, reason="It takes tests/with-postgres."),
]

GROUPS = "drf:///api/groups/"


class Crowd:
    """Clients of each kind, each of which does one thing again and again until all are told to stop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.is_over = threading.Event()
        self.done: Counter[str] = Counter()
        self.made: list[int] = []
        self.running: list[Future[None]] = []
        self.session = Client(shop.server, capabilities={"elicitation": {}}).open()

    def list_tools(self) -> None:
        """Read a list to its end; where a place in it is gone, begin again."""
        client = Client(self.shop.server, "2025-06-18")
        cursor: dict[str, str] = {}
        while True:
            answer = client.ask("tools/list", cursor)
            if "error" in answer:
                assert "ask for the list again" in answer["error"]["message"]
                self.done["lists begun again"] += 1
                return
            if "nextCursor" not in answer["result"]:
                return
            cursor = {"cursor": answer["result"]["nextCursor"]}

    def answer(self) -> None:
        """Be asked in an answer, and call again."""
        client = Client(self.shop.server, "2026-07-28", {"elicitation": {"form": {}}})
        asked = client.result("sell", {"size": 3})
        more = {"requestState": asked["requestState"]}
        more["inputResponses"] = {key: accept(name="Ann") for key in asked["inputRequests"]}
        assert client.result("sell", {"size": 3}, more=more)["structuredContent"] == {"for": "Ann", "size": 3}

    def answer_in_session(self) -> None:
        """Be asked on a stream, and answer with another request, in the one session of the whole deploy."""
        with self.session.call("sell", {"size": 3}, progressToken=1) as response:
            heard = messages(response)
            question = next(message for message in heard if message.get("method") == "elicitation/create")
            assert self.session.reply(question["id"], accept(name="Ann")) == 202
            assert next(heard)["result"]["structuredContent"] == {"for": "Ann", "size": 3}
        assert self.session.ask("ping", {})["result"] == {}

    def create(self) -> None:
        client = Client(self.shop.server, "2025-06-18")
        made = client.result("create_auth_group", {"name": uuid.uuid4().hex})["structuredContent"]
        self.made.append(made["id"])
        assert client.result("retrieve_auth_group", {"id": str(made["id"])})["structuredContent"] == made

    def listen(self) -> None:
        """Hear of groups until the stream ends, which it does where its process is stopped."""
        with listening(Client(self.shop.server, "2026-07-28"), resourceSubscriptions=[GROUPS]) as response:
            for message in messages(response):
                self.done[message.get("method", "stream ended")] += 1
                if self.is_over.is_set():
                    return

    def at_work(self) -> tuple[Callable[[], None], ...]:
        return self.list_tools, self.answer, self.answer_in_session, self.create, self.listen

    @contextmanager
    def working(self) -> Iterator[None]:
        """Begin, and raise at the end what went wrong with any of them."""

        def work(act: Callable[[], None]) -> None:
            while not self.is_over.is_set():
                act()
                self.done[act.__name__] += 1

        with ThreadPoolExecutor(len(self.at_work())) as pool:
            self.running = [pool.submit(work, act) for act in self.at_work()]
            try:
                yield
            finally:
                self.is_over.set()
                Client(self.shop.server, "2025-06-18").result("create_auth_group", {"name": "wakes who listens"})
            self.look()

    def look(self) -> None:
        """Raise what went wrong."""
        for each in self.running:
            if self.is_over.is_set() or each.done():
                each.result()

    def go_on(self) -> None:
        """Wait until each has done something more; who listens, until something was heard."""
        names = [act.__name__ for act in self.at_work() if act != self.listen] + ["notifications/resources/updated"]
        seen = self.done.copy()
        deadline = time.monotonic() + 30
        while not all(self.done[name] > seen[name] + 2 for name in names):
            self.look()
            assert time.monotonic() < deadline, (seen, self.done)
            time.sleep(0.05)


def test_a_deploy_fails_no_call_and_ends_no_session(tmp_path: Path, demo_database: Path) -> None:
    with open_shop(tmp_path, demo_database) as shop:
        shop.migrate("before")
        old = [shop.start("before"), shop.start("before")]
        shop.serve(*old)
        crowd = Crowd(shop)
        with crowd.working():
            crowd.go_on()
            shop.migrate("after")
            crowd.go_on()
            new = [shop.start("after")]
            shop.serve(new[0], old[1])
            old[0].stop()
            crowd.go_on()
            new.append(shop.start("after"))
            shop.serve(*new)
            old[1].stop()
            crowd.go_on()
        print(dict(crowd.done))  # for benchmarks/README.md
        client = Client(shop.server, "2025-06-18")
        assert len(crowd.made) == len(set(crowd.made)) > 10
        for number in crowd.made:
            assert client.result("retrieve_auth_group", {"id": str(number)})["structuredContent"]["id"] == number

        def recorded() -> Counter[str]:
            each = (
                client.result("recorded", {"of": str(number)})["structuredContent"]["names"] for number in crowd.made
            )
            return Counter(name for names in each for name in names)

        eventually(lambda: recorded()["create_auth_group"], len(crowd.made))
