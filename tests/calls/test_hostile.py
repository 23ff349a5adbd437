"""A client that lies, of either side: it gains what docs/billing.md says, and no more.

The stories of the table in docs/billing.md ("What a lying client can gain") are told here; the numbers are there.
"""

import itertools
import re
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stagedoor.calls import media_queries
from stagedoor.calls.media_queries import Word
from tests.laws.expected import price
from tests.laws.stopped_clock import Theatre

DOC = Path(__file__).parents[2] / "docs/billing.md"
RATE = 12  # a video minute of Mia's
ROW = re.compile(
    r"^\| (fan|creator) \| ([^|]+) \| ([\d.]+) s \| ([\d.]+) s \| ([+-]?\d+) s \| (\d+) \| (\w+) \|$", re.M
)
SILENCE = 5  # the longest that is believed


class Hostile:
    """A call of which somebody lies. `together` counts how long both really had media."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        self.call_id = ""
        self.together = 0.0

    async def accepted(self) -> None:
        self.call_id = await self.theatre.ring()
        await self.theatre.sam.post("/api/calls/accept", {"callId": self.call_id, "deviceId": "phone"})

    async def says(self, who: str, state: str, silent: float = 0) -> Any:
        body = {"state": state, "silentSeconds": silent}
        return await self.theatre.people[who].ask("POST", f"/api/calls/{self.call_id}/media", body)

    async def alive(self, *who: str) -> None:
        async with self.theatre.house.database.connection() as connection:
            for name in who:
                await media_queries.beat(connection, [Word(uuid.UUID(self.call_id), self.theatre.people[name].id)])

    async def hangs_up(self, who: str) -> None:
        await self.theatre.people[who].post("/api/calls/end", {"callId": self.call_id})

    @property
    def runs(self) -> Awaitable[bool]:
        return self.theatre.value("SELECT ended_at IS NULL FROM calls WHERE id = $1", uuid.UUID(self.call_id))

    async def passes(self, seconds: float, *alive: str, media: bool = True) -> None:
        """Second by second, with the sweeper at work, as long as the call runs."""
        for _ in range(int(seconds)):
            if not await self.runs:
                return
            await self.theatre.later(1)
            self.together += media
            await self.alive(*alive)
            await self.theatre.sweep()

    async def connects(self) -> None:
        await self.accepted()
        await self.says("mia", "connected")
        await self.says("sam", "connected")


async def never_has_media(it: Hostile) -> None:
    await it.accepted()
    await it.says("mia", "connected")
    await it.passes(200)


async def lost_once(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    await it.says("sam", "lost")
    await it.passes(200, "mia")


async def lost_again_and_again(it: Hostile) -> None:
    await it.connects()
    for _ in range(20):
        await it.says("sam", "lost")
        await it.passes(29, "mia")
        if not await it.runs:
            break
        await it.says("sam", "connected")
        await it.passes(1, "mia", "sam")


async def claims_silence(it: Hostile) -> None:
    """Every five seconds: nothing arrived for five seconds, and now it does again."""
    await it.connects()
    for _ in range(25):
        await it.passes(SILENCE, "mia", "sam")
        if not await it.runs:
            break
        await it.says("sam", "lost", SILENCE)
        await it.says("sam", "connected")


async def changes_devices(it: Hostile) -> None:
    await it.connects()
    for device in itertools.chain(*itertools.repeat(["laptop", "phone"], 10)):
        await it.theatre.sam.ask("POST", f"/api/calls/{it.call_id}/join", {"deviceId": device})
        await it.passes(29, "mia")
        if not await it.runs:
            break
        await it.says("sam", "connected")
        await it.passes(1, "mia", "sam")


async def falls_silent(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    await it.passes(200, "mia")


async def falls_silent_and_comes_back(it: Hostile) -> None:
    await it.connects()
    for _ in range(5):
        await it.passes(29, "mia")
        await it.passes(1, "mia", "sam")
    await it.hangs_up("sam")


async def all_of_it(it: Hostile) -> None:
    await it.accepted()
    await it.says("mia", "connected")
    await it.passes(29)
    await it.says("sam", "connected")
    for _ in range(3):
        await it.passes(1, "mia", "sam")
        await it.says("sam", "lost")
        await it.passes(29, "mia")
        await it.says("sam", "connected")
    await it.passes(1, "mia", "sam")
    await it.says("sam", "lost")
    await it.passes(2, "mia")
    await it.says("sam", "connected")
    await it.passes(1, "mia", "sam")
    await it.passes(29, "mia")
    await it.hangs_up("sam")


async def tips_her_tokens_away(it: Hostile) -> None:
    """All that is not held, as soon as the call runs, and then again whatever is left."""
    await it.connects()
    for _ in range(30):
        wallet = (await it.theatre.sam.get("/api/wallet"))["wallet"]
        if wallet["balance"] > wallet["held"]:
            await it.theatre.sam.post("/api/creators/noor/tip", {"tokens": wallet["balance"] - wallet["held"]})
        await it.passes(10, "mia", "sam")
        if not await it.runs:
            return


async def has_media_before_the_fan(it: Hostile) -> None:
    await it.accepted()
    for _ in range(20):
        await it.says("mia", "connected")
        await it.passes(1, media=False)
    await it.says("sam", "connected")
    await it.passes(10, "mia", "sam")
    await it.hangs_up("mia")


async def goes_on_without_the_fan(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    for _ in range(40):
        await it.says("mia", "connected")
        await it.passes(1, "mia", media=False)


async def hangs_up_while_the_fan_may_be_there(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    await it.passes(3, "mia", media=False)
    await it.hangs_up("mia")


async def hangs_up_with_a_fan_who_speaks_http_alone(it: Hostile) -> None:
    await it.connects()
    await it.passes(20)
    await it.says("sam", "connected")
    await it.passes(30, "mia", media=False)
    await it.hangs_up("mia")


async def goes_on_while_the_fan_is_cut_off(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    await it.passes(20, "mia", media=False)
    await it.says("sam", "lost", SILENCE)  # back, and says what it knows
    await it.says("sam", "connected")
    await it.hangs_up("mia")


async def goes_on_while_the_fan_is_cut_off_and_says_nothing_of_it(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    await it.passes(29, "mia", media=False)
    await it.alive("sam")
    await it.hangs_up("mia")


async def replays(it: Hostile) -> None:
    await it.connects()
    await it.passes(60, "mia", "sam")
    await it.hangs_up("sam")
    for who, verb in itertools.product(("mia", "sam"), ("accept", "decline", "cancel", "end")):
        await it.theatre.people[who].ask("POST", f"/api/calls/{verb}", {"callId": it.call_id, "deviceId": "phone"})
    for who, state in itertools.product(("mia", "sam"), ("connected", "lost")):
        assert (await it.says(who, state)).status_code == 410
    await it.alive("mia", "sam")
    await it.theatre.tick(60)


STORIES: dict[str, Callable[[Hostile], Awaitable[None]]] = {
    "never says that media arrives, and watches": never_has_media,
    "says `lost` and watches on": lost_once,
    "says `lost` for 29 s, again and again": lost_again_and_again,
    "claims 5 s of silence every 5 s": claims_silence,
    "changes devices every 29 s": changes_devices,
    "falls silent and watches on": falls_silent,
    "falls silent for 29 s, again and again": falls_silent_and_comes_back,
    "all of these, one after another": all_of_it,
    "tips away what is not held": tips_her_tokens_away,
    "replays every request after the end": replays,
    "says that media arrives before it does": has_media_before_the_fan,
    "goes on saying it when the fan has gone": goes_on_without_the_fan,
    "hangs up 3 s after the fan had gone": hangs_up_while_the_fan_may_be_there,
    "the same, of a fan whose client speaks HTTP alone, after 30 s": hangs_up_with_a_fan_who_speaks_http_alone,
    "goes on while the fan is cut off for 20 s": goes_on_while_the_fan_is_cut_off,
    "the same for 29 s, of a fan whose client hides it": goes_on_while_the_fan_is_cut_off_and_says_nothing_of_it,
}
TABLE = {row[1].strip(): row for row in ROW.findall(DOC.read_text())}


def test_every_story_is_in_the_table_and_none_other() -> None:
    assert set(TABLE) == set(STORIES)


@pytest.mark.parametrize("story", STORIES)
async def test_a_lying_client_gains_what_the_table_says(theatre: Theatre, story: str) -> None:
    it = Hostile(theatre)
    await STORIES[story](it)
    call = await theatre.call(it.call_id)
    who, _, together, billed, gain, tokens, reason = TABLE[story]
    seconds = it.together - call["billableSeconds"]
    said = (float(together), float(billed), int(gain), reason)
    assert (it.together, call["billableSeconds"], seconds if who == "fan" else -seconds, call["endReason"]) == said
    assert abs(price(round(it.together), RATE) - call["tokensCharged"]) == int(tokens)
    assert await theatre.value("SELECT count(*) FROM ledger_holds WHERE closed_at IS NULL") == 0
    await theatre.audit()


async def test_one_word_alone_starts_no_clock(theatre: Theatre) -> None:
    it = Hostile(theatre)
    await it.accepted()
    for who in ("mia", "mia"):
        assert (await it.says(who, "connected")).json()["call"]["state"] == "connecting"
    await it.says("mia", "lost")
    assert (await it.says("sam", "connected")).json()["call"]["state"] == "connecting"


async def test_media_before_the_answer_is_refused(theatre: Theatre) -> None:
    it = Hostile(theatre)
    it.call_id = await theatre.ring()
    for who in ("mia", "sam"):
        assert (await it.says(who, "connected")).json()["code"] == "CALL_NOT_LIVE"
        joined = await theatre.people[who].ask("POST", f"/api/calls/{it.call_id}/join", {"deviceId": "x"})
        assert joined.json()["code"] == "CALL_NOT_LIVE"


async def test_a_silence_is_believed_for_five_seconds(theatre: Theatre) -> None:
    it = Hostile(theatre)
    await it.connects()
    await it.passes(20, "mia", "sam")
    for claimed in (SILENCE + 0.001, 20, 1e308, -1, "x", None):
        assert (await it.says("sam", "lost", claimed)).status_code == 422  # type: ignore[arg-type]
    assert (await it.says("sam", "lost", SILENCE)).json()["call"]["billableSeconds"] == 15


async def test_toggling_fast_changes_no_bill_and_breaks_nothing(theatre: Theatre) -> None:
    it = Hostile(theatre)
    await it.connects()
    await it.passes(10, "mia", "sam")
    for state in ["lost", "connected"] * 15:
        assert (await it.says("sam", state)).status_code == 200
    await it.passes(10, "mia", "sam")
    await it.hangs_up("sam")
    assert (await theatre.call(it.call_id))["billableSeconds"] == 20
    await theatre.audit()


async def test_a_heartbeat_speaks_for_its_sender_alone(theatre: Theatre) -> None:
    it = Hostile(theatre)
    await it.connects()
    await theatre.later(2)
    people = [theatre.leo.id, theatre.noor.id, theatre.mia.id]
    async with theatre.house.database.connection() as connection:
        await media_queries.beat(connection, [Word(uuid.UUID(it.call_id), person) for person in people])
    rows = await theatre.sql("SELECT role, at - seen_at AS ago FROM call_participants, stopped_clock")
    assert {row["role"]: row["ago"].total_seconds() for row in rows} == {"creator": 0, "fan": 2}


async def test_anothers_call_does_not_exist(theatre: Theatre) -> None:
    """Whatever the verb, and whether or not there is such a call."""
    call_id = await theatre.connect()
    for some in (call_id, str(uuid.uuid4())):
        for who in (theatre.leo, theatre.noor):
            asked = [
                await who.ask("POST", f"/api/calls/{verb}", {"callId": some})
                for verb in ("accept", "decline", "cancel", "end")
            ]
            asked.append(await who.ask("POST", f"/api/calls/{some}/media", {"state": "lost", "silentSeconds": 5}))
            asked.append(await who.ask("POST", f"/api/calls/{some}/join", {"deviceId": "x"}))
            asked.append(await who.ask("GET", f"/api/calls/{some}"))
            assert {(reply.status_code, reply.json()["code"]) for reply in asked} == {(404, "CALL_NOT_FOUND")}
    assert (await theatre.call(call_id))["state"] == "active"


async def test_after_the_end_there_is_nothing_to_get(theatre: Theatre) -> None:
    it = Hostile(theatre)
    await it.connects()
    await it.hangs_up("sam")
    for who in (theatre.mia, theatre.sam):
        refused = [
            await who.ask("POST", f"/api/calls/{it.call_id}/join", {"deviceId": "phone"}),
            await who.ask("POST", f"/api/calls/{it.call_id}/media", {"state": "connected"}),
        ]
        assert {(reply.status_code, reply.json()["code"]) for reply in refused} == {(410, "CALL_ENDED")}
        token = await who.ask("GET", f"/api/agora/token?channel=call-{it.call_id}")
        assert token.status_code in (404, 503)


async def test_an_epoch_of_ones_own_is_no_matter_to_the_server(theatre: Theatre) -> None:
    """It is the server's number for a side's device; a client's own goes no further than the other client."""
    it = Hostile(theatre)
    await it.connects()
    before = await theatre.sql("SELECT role, epoch FROM call_participants ORDER BY role")
    join = f"/api/calls/{it.call_id}/join"
    for extra in ({"epoch": 99}, {"epoch": -1}, {"role": "creator"}):
        await theatre.sam.ask("POST", join, {"deviceId": "phone", **extra})
        await theatre.sam.ask("POST", f"/api/calls/{it.call_id}/media", {"state": "connected", **extra})
    assert await theatre.sql("SELECT role, epoch FROM call_participants ORDER BY role") == before
    assert (await theatre.call(it.call_id))["state"] == "active"
