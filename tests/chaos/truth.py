"""How long a call can have had media, at least and at most, by what its two clients said and were told.

At most: from the first try to say so until the loss was acknowledged, the call was seen to be over, or a side had
fallen silent for good. At least: from an acknowledged word while the other side was surely there, until the last
acknowledged word, before anybody asked to end or to stop, of the side that spoke least: nothing is billed past it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.chaos.journal import Asked, Known, Role

PRESENCE_SECONDS = 2.5  # the server allows three; half a second is the way there
NEVER = float("inf")


@dataclass(frozen=True)
class Stretch:
    """A side's media, from its first word to the word that it is lost, or to the end."""

    words: tuple[Asked, ...]
    lost: Asked | None

    @property
    def acknowledged(self) -> list[Asked]:
        return [word for word in self.words if word.ok]

    def there_at(self, other: Asked) -> bool:
        """Was its last word before the other side's recent enough, whenever between asking and answer that counted?"""
        before = [word.sent for word in self.acknowledged if word.answered <= other.sent]
        return bool(before) and other.answered - before[-1] <= PRESENCE_SECONDS

    def surely_until(self, end: float) -> float:
        return max((word.sent for word in self.acknowledged if word.answered <= end), default=0.0)


def stretches(call: Known, role: Role) -> list[Stretch]:
    found: list[Stretch] = []
    words: list[Asked] = []
    for word in call.words[role]:
        if word.verb == "connected":
            words.append(word)
        elif words:
            found.append(Stretch(tuple(words), word))
            words = []
    return [*found, Stretch(tuple(words), None)] if words else found


def at_most(call: Known, presence: Mapping[Role, float]) -> float:
    """Seconds. `presence`: how long after a side fell silent for good something may have been billed."""
    over = min((call.over_at or NEVER, *(gone + presence[role] for role, gone in call.gone_at.items())))
    seconds = 0.0
    for a in stretches(call, "creator"):
        for b in stretches(call, "fan"):
            began = max(a.words[0].first_sent, b.words[0].first_sent)
            ended = min(over, *(NEVER if side.lost is None else side.lost.answered for side in (a, b)))
            seconds += max(0.0, ended - began)
    return seconds


def at_least(call: Known, *, hung_up: bool) -> float:
    """Seconds that were surely media. `hung_up`: somebody ended the call, rather than time."""
    asked = (call.end_asked_at or NEVER) if hung_up else NEVER
    return sum(_surely(a, b, asked) for a in stretches(call, "creator") for b in stretches(call, "fan"))


def _surely(a: Stretch, b: Stretch, over: float) -> float:
    end = min([over, *(side.lost.first_sent for side in (a, b) if side.lost is not None)])
    until = min(a.surely_until(end), b.surely_until(end))
    words = [(word, b) for word in a.acknowledged] + [(word, a) for word in b.acknowledged]
    began = min((word.answered for word, other in words if other.there_at(word)), default=NEVER)
    return max(0.0, until - began)
