"""One call can be followed by its id: through its events, the log of every request that moved it, and the metrics."""

import json
import re
import uuid
from collections import Counter
from pathlib import Path

import httpx
import pytest

from stagedoor.settings import Settings
from tests.core.test_logs import lines
from tests.live import Live, serving
from tests.ops.command_line import stagedoor
from tests.ops.conftest import until

SAMPLE = re.compile(r"^(\S+) ([\d.e+]+)$", re.MULTILINE)


async def scrape(live: Live) -> Counter[str]:
    async with httpx.AsyncClient(base_url=live.url) as inside:
        text = (await inside.get("/metrics")).text
    return Counter({name: int(float(value)) for name, value in SAMPLE.findall(text) if "_bucket" not in name})


async def a_call(live: Live) -> tuple[str, dict[str, str]]:
    """From ring to receipt; its id, and the requestId of each request by what it asked for."""
    ids = {verb: f"request-{verb}-{uuid.uuid4().hex[:8]}" for verb in ("initiate", "accept", "mia", "sam", "end")}
    call = {"fanId": str(live.sam.id), "callType": "voice"}
    rang = await live.mia.post("/api/calls/initiate", call, X_Request_Id=ids["initiate"])
    call_id = str(rang["call"]["id"])
    await live.sam.post("/api/calls/accept", {"callId": call_id}, X_Request_Id=ids["accept"])
    for person in ("mia", "sam"):
        path = f"/api/calls/{call_id}/media"
        await live.people[person].post(path, {"state": "connected"}, X_Request_Id=ids[person])
    await live.mia.post("/api/calls/end", {"callId": call_id}, X_Request_Id=ids["end"])
    return call_id, ids


async def test_one_call_is_followed_through_events_log_and_metrics(
    settings: Settings, dsn: str, log: Path, tmp_path: Path
) -> None:
    async with serving(settings, dsn) as live:
        other, _ = await a_call(live)
        await live.sql("DELETE FROM call_cooldowns")
        await live.house.relay.drain()
        before = await scrape(live)
        call_id, ids = await a_call(live)

        async def told() -> bool:
            return any(line.get("callId") == call_id and line["event"] == "call.ended" for line in lines(log))

        await until(told)
        rise = await scrape(live)
        rise.subtract(before)
    shown = await stagedoor("follow", call_id, "--json", dsn=dsn, data_dir=tmp_path)
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.output)
    caused = {event["type"]: event["request_id"] for event in found["events"]}
    assert caused["call.ringing"] == ids["initiate"] and caused["call.connecting"] == ids["accept"]
    assert caused["call.active"] in (ids["mia"], ids["sam"]) and caused["call.ended"] == ids["end"]
    logged = [line["event"] for line in found["log"]]
    assert [name for name in logged if name in caused] == [event["type"] for event in found["events"]]
    assert {line["request_id"] for line in found["log"]} <= set(ids.values())
    counted = Counter(sample for event in found["events"] for sample in event["counted"])
    assert counted['stagedoor_calls_total{call_type="voice",state="ended"}'] == 1
    for sample, times in counted.items():
        if sample != "stagedoor_call_tokens_total":
            assert rise[sample] == times, sample
    for_people = await stagedoor("follow", call_id, dsn=dsn, data_dir=tmp_path)
    assert ids["end"] in for_people.output and "call.ended" in for_people.output and other not in for_people.output


@pytest.mark.parametrize(("said", "why"), [("sam", "is no id"), (str(uuid.UUID(int=4)), "Nothing was ever recorded")])
async def test_what_is_no_call_is_one_sentence(dsn: str, tmp_path: Path, said: str, why: str) -> None:
    shown = await stagedoor("follow", said, dsn=dsn, data_dir=tmp_path)
    assert shown.exit_code == 2 and why in shown.output
