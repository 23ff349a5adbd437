"""A person's tokens: the balance, every movement, and credits."""

import uuid
from datetime import datetime

from stagedoor.billing.model import EntryWire, WalletWire
from stagedoor.core import paging
from stagedoor.core.db import Connection, Database
from stagedoor.core.idempotency import Once
from stagedoor.events import Journal, Tell, to_fan

_ENTRIES = """
SELECT e.id, t.created_at, e.amount AS tokens, t.kind,
    CASE WHEN t.kind IN ('call', 'call_refund') THEN t.ref END AS call_id, t.memo
FROM (
    SELECT newest.* FROM ledger_accounts a CROSS JOIN LATERAL (
        SELECT * FROM ledger_entries WHERE account_id = a.id AND id < coalesce($2, 9223372036854775807::bigint)
        ORDER BY id DESC LIMIT $3) AS newest
    WHERE a.owner_id = $1 AND a.kind = 'user' ORDER BY newest.id DESC LIMIT $3) AS e
JOIN ledger_transactions t ON t.id = e.transaction_id
ORDER BY e.id DESC
"""


async def balance_of(db: Connection, owner: uuid.UUID) -> WalletWire:
    row = await db.fetchrow(
        "SELECT coalesce(sum(posted), 0)::bigint, coalesce(sum(held), 0)::bigint,"
        " coalesce(sum(posted - held), 0)::bigint FROM ledger_accounts WHERE owner_id = $1 AND kind = 'user'",
        owner,
    )
    assert row is not None
    return WalletWire(*row.values())


async def wallet_changed(db: Connection, owner: uuid.UUID) -> Tell:
    """What `owner`'s clients hear of their tokens, as they are in this transaction."""
    wallet = await balance_of(db, owner)
    return to_fan(owner, "wallet:changed", balance=wallet.balance, held=wallet.held, available=wallet.available)


class Wallets:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def balance(self, owner: uuid.UUID) -> WalletWire:
        async with self._database.connection() as connection:
            return await balance_of(connection, owner)

    async def entries(
        self, owner: uuid.UUID, cursor: str | None, limit: int | None
    ) -> tuple[list[EntryWire], str | None]:
        """A page of movements, newest first."""
        size = paging.page_size(limit)
        after = paging.decode_int(cursor)
        last = None if after is None else after[1]
        async with self._database.connection() as connection:
            rows = await connection.fetch(_ENTRIES, owner, last, size)
        entries = [EntryWire(*row.values()) for row in rows]
        following = paging.encode(entries[-1].created_at, entries[-1].id) if len(entries) == size else None
        return entries, following

    async def credit(
        self, owner: uuid.UUID, tokens: int, *, kind: str, memo: str, key: str | None, actor: uuid.UUID | None
    ) -> WalletWire:
        """Issue `tokens` to `owner`, once per `key`. `kind` is `credit` (by an operator) or `top_up`."""
        once = Once(owner, kind, key, [tokens])
        async with self._journal.transaction() as tx:
            if await once.answered(tx.db) is None:
                op_key = f"{kind}:{uuid.uuid4()}"
                await tx.db.execute(
                    "SELECT ledger_post($1, $2, NULL, $4,"
                    " ARRAY[house_account('issuance', $1), user_account($3)], ARRAY[-$5::bigint, $5])",
                    op_key,
                    kind,
                    owner,
                    memo,
                    tokens,
                )
                await once.answer(tx.db, {"at": datetime.now().astimezone().isoformat()})
                await tx.record(
                    f"wallet.{kind}",
                    await wallet_changed(tx.db, owner),
                    fan_id=owner,
                    actor_id=actor,
                    data={"tokens": tokens},
                )
            return await balance_of(tx.db, owner)
