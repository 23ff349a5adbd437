"""What the clients know: every request that was answered, and when; every event that reached them."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["creator", "fan"]


@dataclass(frozen=True)
class Asked:
    """One request that got its final answer: `first_sent` begins the first try, `sent` the one that was answered."""

    verb: str
    who: str
    subject: str
    first_sent: float
    sent: float
    answered: float
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))

    @property
    def ok(self) -> bool:
        return self.status < 300


@dataclass
class Known:
    """A call as its two clients knew it."""

    id: str
    creator: str
    fan: str
    tokens_per_minute: int
    max_tokens: int | None = None
    words: dict[Role, list[Asked]] = field(default_factory=lambda: {"creator": [], "fan": []})
    gone_at: dict[Role, float] = field(default_factory=dict)  # when a side fell silent for good, without a word
    end_asked_at: float | None = None  # the first time that somebody asked to hang up
    over_at: float | None = None  # the first time that a client saw it to be over


@dataclass
class Journal:
    """The whole run, as seen from outside."""

    acknowledged: list[Asked] = field(default_factory=list)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)  # by what went wrong
    faults: list[str] = field(default_factory=list)  # what must never happen
    calls: dict[str, Known] = field(default_factory=dict)
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # when each person's socket was up
    heard: dict[str, dict[int, float]] = field(default_factory=dict)  # event ids, by person
    slowest: float = 0.0  # the longest that anybody waited for a final answer

    def answered(self, asked: Asked) -> None:
        self.slowest = max(self.slowest, asked.answered - asked.first_sent)
        if asked.ok:
            self.acknowledged.append(asked)
        else:
            self.refused[asked.verb, asked.code] += 1

    def of(self, verb: str) -> list[Asked]:
        return [asked for asked in self.acknowledged if asked.verb == verb]

    def fault(self, words: str) -> None:
        self.faults.append(f"{time.strftime('%H:%M:%S')} {words}")
