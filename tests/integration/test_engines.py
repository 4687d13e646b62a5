"""Redis between processes."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from drf_mcp.engines import RedisEngine
from tests.servers import ROOT

from .test_listening import own_redis, redis  # noqa: F401  (fixtures)

pytestmark = pytest.mark.live

FORKED = """
import os, sys, time, django
django.setup()
from drf_mcp.engines import RedisEngine

engine = RedisEngine(sys.argv[1])
listens, hears = os.pipe(), os.pipe()
if os.fork() == 0:
    engine.begin({"tools"})
    os.write(listens[1], b"1")
    until = time.monotonic() + 5
    while not (heard := engine.receive(lambda: {"tools"})) and time.monotonic() < until:
        pass
    os.write(hears[1], repr(heard).encode())
    os._exit(0)
os.read(listens[0], 1)
engine.send({"tools": False})
print(os.read(hears[0], 100).decode())
"""


def test_processes_that_were_forked_hear_each_other(redis):  # noqa: F811
    command = [sys.executable, "-c", FORKED, redis]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout.strip() == "{'tools': False}"


def test_many_changes_are_heard_at_once(redis):  # noqa: F811
    here, there = RedisEngine(redis), RedisEngine(redis)
    there.begin({"app.model"})
    for number in range(100):
        here.send({"app.model": False, f"app.model:{number}": False})
    time.sleep(0.2)
    topics = {"app.model", "app.model:0", "app.model:99"}
    assert there.receive(lambda: topics) == dict.fromkeys(topics, False)
    assert there.receive(lambda: topics) == {}
