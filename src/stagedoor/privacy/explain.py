"""Why a creator may, or may not, see, message or call a fan: every rule, what it looked at, and what it says.

For operators. The verdicts are those of why_not_see, why_not_message and why_not_call; the rules beside them are
checked against these every time, so that the two cannot come to disagree unnoticed.
"""

from dataclasses import dataclass
from typing import Any

from stagedoor.core.db import Database

_FACTS = """
SELECT c.username AS creator, coalesce(c.is_creator, false) AS is_creator, f.username AS fan, c.id = f.id AS same,
    f.fan_privacy_visibility AS visibility, f.fan_allow_dm AS allow_dm, f.fan_allow_calls AS allow_calls,
    cb.created_at AS creator_blocked_at, fb.created_at AS fan_blocked_at,
    coalesce(r.related, false) AS related, coalesce(r.follows, false) AS follows, coalesce(r.tips, 0) AS tips,
    coalesce(r.calls, 0) AS calls, r.forgotten_at,
    extract(epoch FROM cd.until - clock_timestamp())::integer AS cooldown_seconds,
    EXISTS (SELECT 1 FROM calls x WHERE x.creator_id = c.id
        AND x.state IN ('ringing', 'connecting', 'active', 'reconnecting')) AS creator_busy,
    EXISTS (SELECT 1 FROM calls x WHERE x.fan_id = f.id
        AND x.state IN ('connecting', 'active', 'reconnecting')) AS fan_busy,
    why_not_see(c.id, f.id) AS see, why_not_message(c.id, f.id) AS message, why_not_call(c.id, f.id) AS call
FROM (SELECT $1::text AS creator, $2::text AS fan) q
LEFT JOIN users c ON c.username = q.creator
LEFT JOIN users f ON f.username = q.fan
LEFT JOIN creator_blocked_users cb ON cb.creator_id = c.id AND cb.blocked_user_id = f.id
LEFT JOIN fan_blocked_creators fb ON fb.fan_id = f.id AND fb.creator_id = c.id
LEFT JOIN creator_fan_relationships r ON r.creator_id = c.id AND r.fan_id = f.id
LEFT JOIN call_cooldowns cd ON cd.creator_id = c.id AND cd.fan_id = f.id AND cd.until > clock_timestamp()
"""
ACTIONS = ("see", "message", "call")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: which actions it decides over, what it looked at, and whether it refuses."""

    name: str
    actions: tuple[str, ...]
    looked_at: str
    refuses: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reasons` is by action the reason of the refusal, None for yes; `rules` stand in the order they are asked.
    `moment` are the rules about this moment alone, asked after permission when a call is to ring."""

    creator: str
    fan: str
    rules: list[Rule]
    moment: list[Rule]
    reasons: dict[str, str | None]


class RulesDisagreeError(Exception):
    """The rules listed here and the permission functions came to different answers: one of them is wrong."""


class Explainer:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def explain(self, creator: str, fan: str) -> Explanation:
        """By usernames. Raises RulesDisagreeError."""
        async with self._database.connection() as connection:
            facts = await connection.fetchrow(_FACTS, creator.lower(), fan.lower())
        assert facts is not None
        found = Explanation(creator, fan, _rules(facts), _moment(facts), {name: facts[name] for name in ACTIONS})
        for action, reason in found.reasons.items():
            first = next((rule.name for rule in found.rules if rule.refuses and action in rule.actions), None)
            if first != reason:
                raise RulesDisagreeError(f"{action}: the rules say {first or 'yes'}, the database {reason or 'yes'}")
        return found


def _rules(facts: Any) -> list[Rule]:
    related = facts["related"]
    tie = f"follows: {_yes(facts['follows'])}, tips: {facts['tips']}, connected calls: {facts['calls']}"
    if facts["forgotten_at"] is not None:
        tie += f", forgotten at {facts['forgotten_at']:%Y-%m-%d %H:%M}"
    visibility, dm, calls = facts["visibility"], facts["allow_dm"], facts["allow_calls"]
    message, call = ("message",), ("call",)
    return [
        Rule("unknown_fan", ACTIONS, "the fan's account", facts["fan"] is None),
        Rule("not_a_creator", ACTIONS, "the creator's account", not facts["is_creator"]),
        Rule("self", ACTIONS, "one and the same person", facts["same"] is True),
        _block("blocked_by_creator", "the creator's block list", facts["creator_blocked_at"]),
        _block("blocked_by_fan", "the fan's block list", facts["fan_blocked_at"]),
        Rule("hidden", ACTIONS, f"visibility: {visibility}", visibility == "hidden"),
        Rule(
            "private_no_relationship",
            ACTIONS,
            f"visibility: {visibility}; {tie}",
            visibility == "private" and not related,
        ),
        Rule("dm_nobody", message, f"allowDm: {dm}", dm == "nobody"),
        Rule("dm_no_relationship", message, f"allowDm: {dm}; {tie}", dm == "interacted" and not related),
        Rule("calls_nobody", call, f"allowCalls: {calls}", calls == "nobody"),
        Rule("calls_no_relationship", call, f"allowCalls: {calls}; {tie}", calls == "interacted" and not related),
    ]


def _moment(facts: Any) -> list[Rule]:
    call = ("call",)
    left = facts["cooldown_seconds"]
    return [
        Rule("creator_busy", call, f"rings or is in a call: {_yes(facts['creator_busy'])}", facts["creator_busy"]),
        Rule("fan_busy", call, f"is in a call: {_yes(facts['fan_busy'])}", facts["fan_busy"]),
        Rule("cooldown", call, "none" if left is None else f"{left} s left", left is not None),
    ]


def _block(name: str, where: str, at: Any) -> Rule:
    return Rule(name, ACTIONS, where if at is None else f"{where}, since {at:%Y-%m-%d %H:%M}", at is not None)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
