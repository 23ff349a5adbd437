"""What the team and the users are told of a roll-out: texts to send as they are, from the templates beside this file.

Each text stands in the event of its step, and `stagedoor rollout status` shows the last. rollout/team.py sends the
team's; the users' is what rollout/announcement.py tells them.
"""

from collections.abc import Mapping
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent


def compose(name: str, fields: Mapping[str, object], *, users: str | None = None) -> dict[str, str]:
    """The team's text `name`, and the users' text `users` where there is one to send."""
    told = {"team": _fill(f"{name}.team.txt", fields)}
    if users is not None:
        told["users"] = _fill(f"{users}.users.txt", fields)
    return told


def _fill(file: str, fields: Mapping[str, object]) -> str:
    return Template((_FOLDER / file).read_text(encoding="utf-8")).substitute(fields).strip()


def duration(seconds: float) -> str:
    """`90` as `2 min`, `3` as `3 s`, `86400` as `24 h`: what a person wants to know."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
