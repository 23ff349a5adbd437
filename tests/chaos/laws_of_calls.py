"""Every call: what was acknowledged of it is so, it is over, and it cost what its clients know it may."""

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from stagedoor.calls.model import ALIVE_SECONDS
from tests.chaos.journal import Asked, Journal
from tests.chaos.truth import at_least, at_most

if TYPE_CHECKING:
    from tests.chaos.verdict import Verdict

Row = dict[str, Any]
ROUNDING_SECONDS = 1.0
LATE_SECONDS = 30.0  # what the platform promises of an expiry, while somebody is up
# A side that fell silent is billed until its last word, which a busy server may have read a little late. A socket
# alone counts for twelve seconds, and a client that no beat was written of yet for thirty; its row says which.
LATE_WORD_SECONDS = 2.0
TERMINAL = ("ended", "declined", "cancelled", "missed", "failed")


def judge(verdict: "Verdict", journal: Journal, calls: dict[str, Row]) -> None:
    about_calls = [asked for asked in journal.acknowledged if asked.verb in _DONE]
    lost = [f"{asked.verb} of {asked.subject}, answered at {asked.answered:.1f}: {calls.get(_call(asked))}"
            for asked in about_calls if not _DONE[asked.verb](calls.get(_call(asked)) or {})]  # fmt: skip
    verdict.hold("what was acknowledged of a call is in the database", len(about_calls), lost)
    rung = {_call(asked) for asked in journal.of("initiate")}
    verdict.hold("one key, one ring: no call that nobody rang", len(calls), sorted(calls.keys() ^ rung))
    running = [str(row) for row in calls.values() if row["state"] not in TERMINAL]
    verdict.hold("every call is over", len(calls), running)
    missed = [row for row in calls.values() if row["end_reason"] == "expired"]
    latest = LATE_SECONDS + journal.slowest  # so long nobody may have been up
    late = [f"{row['id']}: {row['late']:.1f} s" for row in missed if not 0 <= row["late"] <= latest]
    verdict.hold("a ring that nobody answered expired on time", len(missed), late)
    jumps = [f"{row['id']}: {row['told']}" for row in calls.values() if row["told"] != [*range(1, row["version"] + 1)]]
    verdict.hold("every change of a call is on record once", sum(row["version"] for row in calls.values()), jumps)
    _judge_bills(verdict, journal, calls)
    verdict.figures |= {"calls by how they ended": _endings(calls), "latest expiry of a ring": _latest(missed)}


def _judge_bills(verdict: "Verdict", journal: Journal, calls: dict[str, Row]) -> None:
    over, under, wrong = [], [], []
    billed, owed, allowed, furthest = 0, 0.0, 0.0, 0.0
    talked = [journal.calls[key] for key in calls if key in journal.calls and calls[key]["accepted_at"]]
    for known in talked:
        row = calls[known.id]
        least = at_least(known, hung_up=row["end_reason"] in ("creator_hung_up", "fan_hung_up"))
        most = at_most(known, {"creator": _presence(row["creator_presence"]), "fan": _presence(row["fan_presence"])})
        if known.max_tokens is not None:
            least = min(least, known.max_tokens * 60 // row["rate"])
        billed, owed, allowed = billed + row["seconds"], owed + least, allowed + most
        furthest = max(furthest, least - row["seconds"])
        if row["seconds"] > math.ceil(most) + ROUNDING_SECONDS:
            over.append(f"{known.id} {row['end_reason']}: {row['seconds']} s billed, at most {most:.1f}")
        if row["seconds"] < least - ROUNDING_SECONDS:
            under.append(f"{known.id} {row['end_reason']}: {row['seconds']} s billed, at least {least:.1f}")
        if row["tokens"] != -(-row["seconds"] * row["rate"] // 60) or row["tokens"] > (known.max_tokens or 10**9):
            wrong.append(f"{known.id}: {row['tokens']} tokens for {row['seconds']} s at {row['rate']}")
    verdict.hold("nobody was billed for more than the clients can have had", len(talked), over)
    verdict.hold("no acknowledged second is missing from a bill", len(talked), under)
    verdict.hold("every charge is its seconds times the price, within the fan's limit", len(talked), wrong)
    verdict.figures["seconds billed"] = f"{billed}; the clients' truth is from {owed:.0f} to {allowed:.0f}; " + (
        f"furthest below it {furthest:.2f} s" if furthest > 0 else "no call below it"
    )


def _presence(seconds: int) -> float:
    return LATE_WORD_SECONDS if seconds <= ALIVE_SECONDS else seconds + LATE_WORD_SECONDS


def _call(asked: Asked) -> str:
    return str(asked.body["call"]["id"]) if asked.verb == "initiate" else asked.subject


def _endings(calls: dict[str, Row]) -> str:
    counted: dict[str, int] = defaultdict(int)
    for row in calls.values():
        counted[row["end_reason"] or row["state"]] += 1
    return ", ".join(f"{why} {count}" for why, count in sorted(counted.items(), key=lambda item: -item[1]))


def _latest(missed: list[Row]) -> str:
    return f"{max((row['late'] for row in missed), default=0):.2f} s after its time"


_DONE: dict[str, Any] = {
    "initiate": bool,
    "accept": lambda row: row.get("accepted_at") is not None,
    "join": lambda row: row.get("accepted_at") is not None,
    "connected": lambda row: row.get("accepted_at") is not None,
    "lost": lambda row: row.get("accepted_at") is not None,
    "decline": lambda row: row.get("end_reason") == "declined",
    "cancel": lambda row: row.get("end_reason") == "cancelled",
    "end": lambda row: row.get("state") in TERMINAL,
}
