"""Several workers behind one port count as one: any answers a scrape for all, and a dead one leaves its counts."""

import os
import re
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.cli.command import Desk
from tests.cli.test_serving import answers, assert_ended, free_port
from tests.redis_server import RedisServer, redis_server

__all__ = ["redis_server"]
WORKERS = 2
VISITORS = 12


def counted(http: httpx.Client) -> int:
    text = http.get("/metrics").text
    sessions = re.findall(r'stagedoor_http_requests_total\{.*route="/api/session",status="200"\} ([\d.]+)', text)
    return int(float(sessions[0])) if sessions else 0


def pools(http: httpx.Client) -> float:
    return sum(map(float, re.findall(r'pool_connections\{state="most"\} ([\d.]+)', http.get("/metrics").text)))


def test_any_worker_answers_a_scrape_for_all(tmp_path: Path, dsn: str, redis_server: RedisServer) -> None:
    (tmp_path / "tmp").mkdir()
    desk = Desk(tmp_path / "data", dsn)
    port = free_port()
    said = {"REDIS_URL": redis_server.url, "TMPDIR": str(tmp_path / "tmp"), "DATABASE_POOL_SIZE": "4"}
    process = desk.starts("serve", "--port", str(port), "--workers", str(WORKERS), **said)
    url = f"http://127.0.0.1:{port}"
    try:
        answers(url, process)
        (folder,) = (tmp_path / "tmp").glob("stagedoor-metrics-*")
        with ExitStack() as stack:
            visitors: list[httpx.Client] = []
            until = time.monotonic() + 60
            asked = 0
            while len(workers_in(folder)) < WORKERS or asked < VISITORS:  # until every worker has served somebody
                assert time.monotonic() < until, "one worker takes everything"
                visitors.append(stack.enter_context(httpx.Client(base_url=url, timeout=20)))
                assert visitors[-1].get("/api/session").status_code == 200
                asked += 1
            assert {counted(visitor) for visitor in visitors} == {asked}
            comes_to(visitors[0], 4 * WORKERS, until)
            dead = workers_in(folder).pop()
            os.kill(int(dead), signal.SIGKILL)
        with httpx.Client(base_url=url, timeout=20) as http:
            while len(workers_in(folder)) == WORKERS:  # until the one that takes its place has served somebody
                assert time.monotonic() < until, "the supervisor starts no other"
                answers(url, process)
            assert counted(http) == asked, "what a dead worker counted stays"
            comes_to(http, 4 * WORKERS, until)
            assert not list(folder.glob(f"gauge_live*_{dead}.db")), "its connections count no more"
    finally:
        process.send_signal(signal.SIGTERM)
        assert_ended(process, desk.data, within=40)
    assert not list((tmp_path / "tmp").glob("stagedoor-metrics-*"))


def comes_to(http: httpx.Client, most: float, until: float) -> None:
    """A pool is told from its worker's first look at it on."""
    while pools(http) != most:
        assert time.monotonic() < until, f"pools of {pools(http)} in all"
        time.sleep(0.1)  # a scrape is asked for, nobody announces it


def workers_in(folder: Path) -> set[str]:
    """The processes that have counted a request."""
    return {file.stem.rpartition("_")[2] for file in folder.glob("counter_*.db")}
