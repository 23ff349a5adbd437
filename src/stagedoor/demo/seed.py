"""The cast: Mia and Noor, who are creators; Sam, Leo and Ines, who are fans; and an operator.

Idempotent: what is there stays as it is, also what people changed since.
"""

import asyncio
import uuid

from stagedoor.core.identity import hash_password
from stagedoor.events import Journal, Transaction

PASSWORD = "stagedoor-demo"  # noqa: S105  # the demo prints it

_CAST = [  # username, name, creator, operator, bio
    ("mia", "Mia", True, False, "Songs, late evenings, and a good ear. Ask me about the piano."),
    ("noor", "Noor", True, False, "I draw what you tell me, while you tell me."),
    ("sam", "Sam", False, False, ""),
    ("leo", "Leo", False, False, ""),
    ("ines", "Ines", False, False, ""),
    ("ops", "Operator", False, True, ""),
]
_FOLLOWS = [("ines", "noor"), ("leo", "mia"), ("sam", "mia")]  # the newest stands first in Mia's list
_CREDITS = [("sam", 245), ("leo", 60), ("ines", 500)]
_TIPS = [("sam", "noor", 5), ("ines", "mia", 20)]


async def seed(journal: Journal, *, password: str | None = None) -> list[str]:
    """Create who is missing; with `password`, they can sign in with it. Returns the names that were created."""
    hashed = None if password is None else await asyncio.to_thread(hash_password, password)
    created = []
    async with journal.transaction() as tx:
        for username, name, creator, operator, bio in _CAST:
            made = await tx.db.fetchval(
                "INSERT INTO users (username, display_name, bio, password_hash, is_creator, is_operator)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (username) DO NOTHING RETURNING id",
                username,
                name,
                bio,
                hashed,
                creator,
                operator,
            )
            if made is not None:
                created.append(username)
        people = {row["username"]: row["id"] for row in await tx.db.fetch("SELECT id, username FROM users")}
        await _relations(tx, people, set(created))
    return created


async def _relations(tx: Transaction, people: dict[str, uuid.UUID], created: set[str]) -> None:
    for fan, tokens in _CREDITS:
        await _post(tx, f"seed:{fan}", "credit", people[fan], None, people[fan], tokens)
    for fan, creator, tokens in _TIPS:
        if fan in created:
            tip = await tx.db.fetchval(
                "INSERT INTO tips (fan_id, creator_id, tokens) VALUES ($1, $2, $3) RETURNING id",
                people[fan],
                people[creator],
                tokens,
            )
            await _post(tx, f"tip:{tip}", "tip", tip, people[fan], people[creator], tokens)
    for fan, creator in _FOLLOWS:
        if fan in created:
            await tx.db.execute(
                "INSERT INTO follows VALUES ($1, $2) ON CONFLICT DO NOTHING", people[fan], people[creator]
            )


async def _post(
    tx: Transaction, key: str, kind: str, ref: uuid.UUID, source: uuid.UUID | None, target: uuid.UUID, tokens: int
) -> None:
    """Move `tokens` from `source` (None: issued) to `target`, once per `key`."""
    await tx.db.execute(
        "SELECT ledger_post($1, $2, $3, '', ARRAY[CASE WHEN $4::uuid IS NULL THEN house_account('issuance', $1)"
        " ELSE user_account($4) END, user_account($5)], ARRAY[-$6::bigint, $6])",
        key,
        kind,
        ref,
        source,
        target,
        tokens,
    )
