"""The timeline of a call's connection, recomputed from what both sides said of it while it ran."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple

Quality = Literal[1, 2, 3]


class Said(NamedTuple):
    """One side's word, true until its next."""

    at: datetime
    by: str
    quality: Quality


class Stretch(NamedTuple):
    start: datetime
    end: datetime
    quality: Quality | None


def timeline(segments: Sequence[tuple[datetime, datetime]], said: Sequence[Said]) -> list[Stretch]:
    """The connected time in stretches of one quality each: the worse of the two sides counts, None before either
    spoke. `said` is in order of time. Together the stretches are exactly the segments."""
    found: list[Stretch] = []
    for start, end in segments:
        marks = [start, *(word.at for word in said if start < word.at < end), end]
        opened = len(found)
        for begin, until in pairwise(marks):
            quality = _at(begin, said)
            if len(found) > opened and found[-1].quality == quality:
                found[-1] = found[-1]._replace(end=until)
            elif until > begin:
                found.append(Stretch(begin, until, quality))
    return found


def _at(moment: datetime, said: Sequence[Said]) -> Quality | None:
    latest = {word.by: word.quality for word in said if word.at <= moment}
    return min(latest.values(), default=None)
