"""The receipt's timeline of the connection: exactly the connected time, each moment by the worse side's last word."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stagedoor.billing.quality import Said, timeline
from tests.laws.stopped_clock import Theatre

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_worse_side_counts_and_gaps_are_left_out() -> None:
    said = [Said(at(2), "fan", 3), Said(at(10), "creator", 1), Said(at(45), "creator", 3), Said(at(50), "fan", 2)]
    found = timeline([(at(0), at(20)), (at(40), at(60))], said)
    assert found == [
        (at(0), at(2), None),
        (at(2), at(10), 3),
        (at(10), at(20), 1),
        (at(40), at(45), 1),
        (at(45), at(50), 3),
        (at(50), at(60), 2),
    ]


words = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["fan", "creator"]), st.sampled_from([1, 2, 3])))
marks = st.lists(st.integers(0, 100), min_size=2, max_size=8, unique=True).map(sorted)


@given(words, marks)
def test_together_the_stretches_are_exactly_the_segments(spoken: list[tuple[int, str, Any]], edges: list[int]) -> None:
    segments = [(at(start), at(end)) for start, end in list(pairwise(edges))[::2]]
    said = sorted(Said(at(second), by, quality) for second, by, quality in spoken)
    found = timeline(segments, said)
    covered = {
        second
        for start, end in segments
        for second in range(int((start - NOON).total_seconds()), int((end - NOON).total_seconds()))
    }
    seen = [
        second
        for stretch in found
        for second in range(int((stretch.start - NOON).total_seconds()), int((stretch.end - NOON).total_seconds()))
    ]
    assert len(seen) == len(set(seen)) and set(seen) == covered
    for one, following in pairwise(found):
        assert (
            one.end < following.start
            or one.quality != following.quality
            or (one.end, following.start) in [(before[1], after[0]) for before, after in pairwise(segments)]
        )


async def test_what_both_sides_said_is_on_the_receipt_and_changes_no_bill(theatre: Theatre) -> None:
    call_id = await theatre.ring()
    early = await theatre.sam.ask("POST", f"/api/calls/{call_id}/quality", {"quality": 3})
    assert (early.status_code, early.json()["code"]) == (409, "CALL_NOT_LIVE")
    await theatre.sam.post("/api/calls/accept", {"callId": call_id})
    for who in (theatre.mia, theatre.sam):
        await who.post(f"/api/calls/{call_id}/media", {"state": "connected"})
    await theatre.sam.post(f"/api/calls/{call_id}/quality", {"quality": 3})
    await theatre.later(10)
    await theatre.mia.post(f"/api/calls/{call_id}/quality", {"quality": 2})
    await theatre.later(5)
    await theatre.mia.post(f"/api/calls/{call_id}/quality", {"quality": 2})
    await theatre.later(5)
    await theatre.sam.post("/api/calls/end", {"callId": call_id})
    receipt = (await theatre.sam.get(f"/api/calls/{call_id}/receipt"))["receipt"]
    spans = [(span["quality"], round(span["seconds"])) for span in receipt["quality"]]
    assert [span for span in spans if span[1]] == [(3, 10), (2, 10)]
    assert receipt["tokensCharged"] == 4 and receipt["billableSeconds"] == 20
    assert (await theatre.mia.get(f"/api/calls/{call_id}/receipt"))["receipt"]["quality"] == receipt["quality"]
    recorded = await theatre.sql("SELECT data ->> 'by' AS by FROM events WHERE type = 'call.quality'")
    assert sorted(row["by"] for row in recorded) == ["creator", "fan"], "only changes are recorded"
    over = await theatre.sam.ask("POST", f"/api/calls/{call_id}/quality", {"quality": 1})
    assert over.json()["code"] == "CALL_ENDED"
