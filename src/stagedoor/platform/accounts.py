"""Accounts: sign-up, sign-in, sign-out, and the people behind tokens, local or from an external issuer."""

import asyncio
import re
import uuid
from typing import Any

import asyncpg

from stagedoor.core.db import Connection, Database
from stagedoor.core.identity import Person, Session, hash_password, issue_session, verify_password
from stagedoor.events import Journal
from stagedoor.platform import problems

_COLUMNS = "id, username, display_name, avatar_url, is_creator, is_operator"


def _person(row: asyncpg.Record, session_id: uuid.UUID | None, expires_at: float) -> Person:
    return Person(**dict(row), session_id=session_id, expires_at=expires_at)


class AccountDirectory:
    """The people behind verified tokens, as core.identity asks for them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_session(self, user_id: uuid.UUID, session_id: uuid.UUID | None, expires_at: float) -> Person | None:
        """The person of a local session; None when it was revoked or the account is gone."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                f"SELECT {_COLUMNS} FROM users WHERE id = $1"
                " AND NOT EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = $2)",
                user_id,
                session_id,
            )
        return None if row is None else _person(row, session_id, expires_at)

    async def by_issuer(self, issuer: str, claims: dict[str, Any]) -> Person | None:
        """The person of an external token, created on first sight.

        A subject that is the id of a user is that user (a host platform whose users these are). The claim
        `roles` may name `creator` and `operator`; absent, the stored roles stay. None for somebody erased, until
        the issuer signs a token later than that.
        """
        subject = str(claims["sub"])
        async with self._database.transaction() as connection:
            row = await _known(connection, issuer, subject)
            if row is None:
                if await _erased(connection, issuer, subject, claims):
                    return None
                row = await _provision(connection, issuer, subject, claims)
            roles = claims.get("roles")
            if isinstance(roles, list) and (row["is_creator"], row["is_operator"]) != _roles(roles):
                row = await connection.fetchrow(
                    f"UPDATE users SET is_creator = $2, is_operator = $3 WHERE id = $1 RETURNING {_COLUMNS}",
                    row["id"],
                    *_roles(roles),
                )
        assert row is not None
        return _person(row, None, float(claims["exp"]))


def _roles(roles: list[Any]) -> tuple[bool, bool]:
    return "creator" in roles, "operator" in roles


async def _known(connection: Connection, issuer: str, subject: str) -> asyncpg.Record | None:
    try:
        user_id = uuid.UUID(subject)
    except ValueError:
        user_id = None
    return await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM users WHERE (issuer = $1 AND subject = $2) OR id = $3 ORDER BY issuer IS NULL LIMIT 1",
        issuer,
        subject,
        user_id,
    )


async def _erased(connection: Connection, issuer: str, subject: str, claims: dict[str, Any]) -> bool:
    """Was this identity erased, after the token was issued? A token that does not say when is from before."""
    issued_at = claims.get("iat")
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM erased_identities WHERE erased_at >= to_timestamp($3)"
        " AND digest IN (identity_digest($1, $2), identity_digest('', $2)))",
        issuer,
        subject,
        float(issued_at) if isinstance(issued_at, int | float) else 0.0,
    )
    return found


async def _provision(connection: Connection, issuer: str, subject: str, claims: dict[str, Any]) -> asyncpg.Record:
    """A new account for a subject seen for the first time. A name that is taken or not allowed gets a suffix."""
    wanted = str(claims.get("preferred_username") or claims.get("username") or "").lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{1,29}", wanted):
        wanted = "user"
    name = str(claims.get("name") or wanted)[:80]
    for username in (wanted, f"{wanted[:21]}-{uuid.uuid4().hex[:8]}"):
        row = await connection.fetchrow(
            "INSERT INTO users (username, display_name, issuer, subject) VALUES ($1, $2, $3, $4)"
            f" ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
            username,
            name,
            issuer,
            subject,
        )
        row = row or await _known(connection, issuer, subject)
        if row is not None:
            return row
    raise RuntimeError("could not provision an account for an external subject")


class Accounts:
    """Local accounts and their sessions."""

    def __init__(self, journal: Journal, database: Database, local_key: bytes, session_hours: int) -> None:
        self._journal = journal
        self._database = database
        self._local_key = local_key
        self._session_hours = session_hours

    async def sign_up(
        self, username: str, password: str | None, display_name: str, *, creator: bool, operator: bool = False
    ) -> uuid.UUID:
        """Create a local account. Raises UsernameTaken."""
        hashed = None if password is None else await asyncio.to_thread(hash_password, password)
        try:
            async with self._journal.transaction() as tx:
                user_id: uuid.UUID = await tx.db.fetchval(
                    "INSERT INTO users (username, display_name, password_hash, is_creator, is_operator)"
                    " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                    username,
                    display_name,
                    hashed,
                    creator,
                    operator,
                )
                await tx.record("account.created", fan_id=user_id, actor_id=user_id, data={"creator": creator})
        except asyncpg.UniqueViolationError as error:
            raise problems.UsernameTaken from error
        return user_id

    async def sign_in(self, username: str, password: str) -> Session:
        """Raises WrongPassword, after the same work whether or not the account exists."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT id, password_hash FROM users WHERE username = $1", username.strip().lower()
            )
        stored = None if row is None else row["password_hash"]
        if not await asyncio.to_thread(verify_password, stored, password) or row is None:
            raise problems.WrongPassword
        return self.session_for(row["id"])

    def session_for(self, user_id: uuid.UUID) -> Session:
        return issue_session(self._local_key, user_id, self._session_hours)

    async def find(self, username: str) -> Person | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                f"SELECT {_COLUMNS} FROM users WHERE username = $1",
                username.lower(),
            )
        return None if row is None else _person(row, None, 0)

    async def sign_out(self, person: Person) -> None:
        """Revoke the session; an external issuer's token has none of ours to revoke."""
        if person.session_id is None:
            return
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO revoked_sessions (session_id, expires_at) VALUES ($1, to_timestamp($2))"
                " ON CONFLICT DO NOTHING",
                person.session_id,
                person.expires_at,
            )
            await connection.execute("DELETE FROM revoked_sessions WHERE expires_at < now()")
