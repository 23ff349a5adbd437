"""One creator and one fan, driven by the service's own verbs against a stopped clock, without HTTP."""

import asyncio
import uuid
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from stagedoor.app import House
from stagedoor.billing import Wallets
from stagedoor.calls import CallMedia, CallReader, Calls, Sweeper, media_queries
from stagedoor.core.identity import Person
from stagedoor.media import WebRtc
from stagedoor.settings import Settings
from tests.laws.expected import Role

T = TypeVar("T")
_PRICE = "INSERT INTO creator_call_prices VALUES ($1, $2, $2)"
_CREDIT = """
SELECT ledger_post('test:' || $1::uuid, 'credit', $1::uuid, '',
    ARRAY[house_account('issuance', 'test:' || $1::uuid), user_account($1)], ARRAY[-$2::bigint, $2])
"""


class World:
    """A house that was never started: its verbs work, its background tasks do not run."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self._runner = asyncio.Runner()
        self.house = House(replace(settings, pool_size=2), dsn)
        self.run(self.house.database.open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self.house.database.close())
        self._runner.close()

    def sql(self, statement: str, *args: Any) -> list[Any]:
        async def work() -> list[Any]:
            async with self.house.database.connection() as connection:
                return list(await connection.fetch(statement, *args))

        return self.run(work())

    def value(self, statement: str, *args: Any) -> Any:
        rows = self.sql(statement, *args)
        return rows[0][0] if rows else None


class Pair:
    """Somebody new for every story, so that no story leaves anything to the next."""

    def __init__(self, world: World, *, rate: int, increment: int, fee: int, tokens: int) -> None:
        self.rules = replace(world.house.settings.calls, increment_seconds=increment, fee_basis_points=fee)
        self.served_by(world)
        self.creator, self.fan = self._person(creator=True), self._person(creator=False)
        self.sql("INSERT INTO follows VALUES ($1, $2)", self.fan.id, self.creator.id)
        self.sql(_PRICE, self.creator.id, rate)
        if tokens:
            self.sql(_CREDIT, self.fan.id, tokens)

    def served_by(self, world: World) -> None:
        """From now on this process's house answers the two."""
        self.world = world
        journal, database = world.house.journal, world.house.database
        self.calls = Calls(journal, self.rules, "webrtc", lambda _within: None)
        self.media = CallMedia(journal, self.rules, WebRtc(world.house.settings.media), lambda _within: None)
        self.sweeper = Sweeper(journal, self.rules)
        self.wallets = Wallets(journal, database)
        self.reader = CallReader(database)

    def _person(self, *, creator: bool) -> Person:
        name = f"p{uuid.uuid4().hex[:12]}"
        made = self.sql(
            "INSERT INTO users (username, display_name, is_creator) VALUES ($1, $1, $2) RETURNING id", name, creator
        )
        return Person(made[0]["id"], name, name, None, creator, False, None, float("inf"))

    def sql(self, statement: str, *args: Any) -> list[Any]:
        return self.world.sql(statement, *args)

    def value(self, statement: str, *args: Any) -> Any:
        return self.world.value(statement, *args)

    def who(self, role: Role) -> Person:
        return self.creator if role == "creator" else self.fan

    def later(self, milliseconds: int) -> None:
        self.sql("UPDATE stopped_clock SET at = at + make_interval(secs => $1::bigint / 1000.0)", milliseconds)

    def ring(self, key: str | None = None) -> uuid.UUID:
        self.sql("DELETE FROM call_cooldowns WHERE creator_id = $1", self.creator.id)
        return self.world.run(self.calls.initiate(self.creator, self.fan.id, "voice", key))[0]

    def accept(self, call: uuid.UUID, max_tokens: int | None = None, device: str | None = None) -> None:
        self.world.run(self.calls.accept(self.fan, call, max_tokens, device))

    def decline(self, call: uuid.UUID) -> None:
        self.world.run(self.calls.decline(self.fan, call))

    def cancel(self, call: uuid.UUID) -> None:
        self.world.run(self.calls.cancel(self.creator, call))

    def end(self, call: uuid.UUID, role: Role) -> None:
        self.world.run(self.calls.end(self.who(role), call))

    def has_media(self, call: uuid.UUID, role: Role, *, heartbeat: bool = False) -> None:
        self.world.run(self.media.attest(self.who(role), call, "connected", heartbeat=heartbeat))

    def lost_media(self, call: uuid.UUID, role: Role, silent_seconds: float = 0) -> None:
        self.world.run(self.media.attest(self.who(role), call, "lost", silent_seconds=silent_seconds))

    def join(self, call: uuid.UUID, role: Role, device: str) -> None:
        self.world.run(self.media.join(self.who(role), call, device))

    def alive(self, call: uuid.UUID, role: Role) -> None:
        async def work() -> None:
            async with self.world.house.database.connection() as connection:
                await media_queries.beat(connection, [media_queries.Word(call, self.who(role).id)])

        self.world.run(work())

    def holds_a_socket(self, role: Role) -> None:
        async def work() -> None:
            async with self.world.house.database.connection() as connection:
                await media_queries.beat_people(connection, [self.who(role).id], 12)

        self.world.run(work())

    def sweep(self) -> None:
        self.world.run(self.sweeper.sweep())

    def block(self, by: Role) -> None:
        if by == "fan":
            self.sql("INSERT INTO fan_blocked_creators VALUES ($1, $2)", self.fan.id, self.creator.id)
        else:
            self.sql("INSERT INTO creator_blocked_users VALUES ($1, $2)", self.creator.id, self.fan.id)

    def unblock(self) -> None:
        self.sql("DELETE FROM fan_blocked_creators WHERE fan_id = $1", self.fan.id)
        self.sql("DELETE FROM creator_blocked_users WHERE creator_id = $1", self.creator.id)

    def tip(self, tokens: int) -> bool:
        """Whether the fan had the tokens."""
        tip = uuid.uuid4()
        try:
            self.sql(
                "SELECT ledger_post('tip:' || $1::uuid, 'tip', $1::uuid, '',"
                " ARRAY[user_account($2), user_account($3)], ARRAY[-$4::bigint, $4])",
                tip,
                self.fan.id,
                self.creator.id,
                tokens,
            )
        except Exception as error:
            assert "sufficient_tokens" in str(error)
            return False
        return True

    def top_up(self, tokens: int) -> None:
        self.world.run(self.wallets.credit(self.fan.id, tokens, kind="top_up", memo="", key=None, actor=self.fan.id))
