"""Every cell of the privacy matrix, an oracle that knows the rules from their description, and the people to ask about.

The enums come from the code; that they are all there are is compared with the database's CHECKs.
"""

import itertools
import uuid
from dataclasses import dataclass
from typing import Literal, get_args

from stagedoor.privacy import Audience, Visibility
from tests.conftest import Stage

Kind = Literal["none", "follow", "tip", "refunded_tip", "connected_call", "missed_call", "unfollowed"]
Block = Literal["none", "by_creator", "by_fan"]
Action = Literal["see", "message", "call"]
RELATING = {"follow", "tip", "connected_call"}


@dataclass(frozen=True)
class Cell:
    """One fan's settings, and what is between her and Mia. Between her and Noor there is nothing."""

    visibility: Visibility
    dm: Audience
    calls: Audience
    searchable: bool
    kind: Kind
    block: Block

    def towards(self, creator: str) -> "Cell":
        """The same fan as `creator` meets her."""
        if creator == "mia":
            return self
        return Cell(self.visibility, self.dm, self.calls, self.searchable, "none", "none")

    @property
    def related(self) -> bool:
        return self.kind in RELATING

    def refusal(self, action: Action) -> str | None:
        """Why not, by the rules as they are written for people."""
        if self.block != "none":
            return f"blocked_{self.block}"
        if self.visibility == "hidden":
            return "hidden"
        if self.visibility == "private" and not self.related:
            return "private_no_relationship"
        if action == "see":
            return None
        audience, word = (self.dm, "dm") if action == "message" else (self.calls, "calls")
        if audience == "nobody":
            return f"{word}_nobody"
        return f"{word}_no_relationship" if audience == "interacted" and not self.related else None

    def may(self, action: Action) -> bool:
        return self.refusal(action) is None


CELLS = [
    Cell(*values)
    for values in itertools.product(
        get_args(Visibility), get_args(Audience), get_args(Audience), (False, True), get_args(Kind), get_args(Block)
    )
]

_PEOPLE = """
INSERT INTO users (username, display_name, fan_privacy_visibility, fan_allow_dm, fan_allow_calls, fan_searchable)
SELECT to_char(n, '"cell"FM0000'), to_char(n, '"Cell "FM0000'), v, d, c, s
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::bool[]) AS t (n, v, d, c, s)
RETURNING id, username
"""
_CALL = """
CREATE FUNCTION a_call(creator uuid, fan uuid, connected boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE made uuid;
BEGIN
    INSERT INTO calls (creator_id, fan_id, call_type, tokens_per_minute, due_at)
    VALUES (creator, fan, 'voice', 6, clock_timestamp() + interval '2 minutes') RETURNING id INTO made;
    INSERT INTO call_invitations (call_id, expires_at) VALUES (made, clock_timestamp() + interval '2 minutes');
    INSERT INTO call_participants (call_id, role) VALUES (made, 'creator'), (made, 'fan');
    IF connected THEN
        UPDATE call_invitations SET state = 'accepted' WHERE call_id = made;
        UPDATE calls SET state = 'active' WHERE id = made;
        PERFORM call_settle(made, clock_timestamp(), 'fan_hung_up');
    ELSE
        UPDATE call_invitations SET state = 'expired' WHERE call_id = made;
    END IF;
END $$
"""
_FACTS = {
    "follow": "INSERT INTO follows (creator_id, fan_id) SELECT $1, unnest($2::uuid[])",
    "tip": "INSERT INTO tips (creator_id, fan_id, tokens) SELECT $1, unnest($2::uuid[]), 1",
    "connected_call": "SELECT a_call($1, fan, true) FROM unnest($2::uuid[]) AS fan",
    "missed_call": "SELECT a_call($1, fan, false) FROM unnest($2::uuid[]) AS fan",
    "refund": "UPDATE tips SET refunded_at = now() WHERE creator_id = $1 AND fan_id = ANY ($2::uuid[])",
    "unfollow": "DELETE FROM follows WHERE creator_id = $1 AND fan_id = ANY ($2::uuid[])",
    "by_creator": "INSERT INTO creator_blocked_users (creator_id, blocked_user_id) SELECT $1, unnest($2::uuid[])",
    "by_fan": "INSERT INTO fan_blocked_creators (creator_id, fan_id) SELECT $1, unnest($2::uuid[])",
}


def name_of(cell: Cell) -> str:
    return f"cell{CELLS.index(cell):04}"


async def people(stage: Stage) -> dict[Cell, uuid.UUID]:
    """One fan a cell. Facts are inserted as the host platform inserts them: the triggers do the rest."""
    columns = zip(*((n, c.visibility, c.dm, c.calls, c.searchable) for n, c in enumerate(CELLS)), strict=True)
    rows = await stage.sql(_PEOPLE, *columns)
    by_name = {row["username"]: row["id"] for row in rows}
    fans = {cell: by_name[name_of(cell)] for cell in CELLS}

    def those(**wanted: str) -> list[uuid.UUID]:
        return [fan for cell, fan in fans.items() if all(getattr(cell, k) == v for k, v in wanted.items())]

    mia = stage.mia.id
    await stage.sql(_CALL)
    for kind, fact in (("follow", "follow"), ("unfollowed", "follow"), ("tip", "tip"), ("refunded_tip", "tip")):
        await stage.sql(_FACTS[fact], mia, those(kind=kind))
    for kind in ("connected_call", "missed_call"):
        await stage.sql(_FACTS[kind], mia, those(kind=kind))
    await stage.sql(_FACTS["refund"], mia, those(kind="refunded_tip"))
    await stage.sql(_FACTS["unfollow"], mia, those(kind="unfollowed"))
    for block in ("by_creator", "by_fan"):
        await stage.sql(_FACTS[block], mia, those(block=block))
    await stage.sql("ANALYZE")
    return fans
