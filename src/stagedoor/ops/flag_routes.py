"""The flags' HTTP nouns, for operators."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from stagedoor.core.db import Database
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import ValidationFailed
from stagedoor.core.wire import Reply, Request, Wire
from stagedoor.events import Journal
from stagedoor.flags import (
    ROLES,
    Change,
    FeatureFlags,
    Override,
    UnknownFlagError,
    UnknownPersonError,
    clear_override,
    history,
    names_of,
    read_overrides,
    set_override,
)
from stagedoor.ops import problems

Role = Literal["fan", "creator", "operator"]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class FlagWire(Wire, frozen=True):
    """A flag as it stands. `state` is `some` when it is on for the percentage, users and roles given here alone.

    Without an override, `reason`, `author` and `updatedAt` are empty, and the environment's default counts.
    """

    key: str
    state: Literal["on", "off", "some"]
    default: bool
    overridden: bool
    percentage: int
    users: list[str]
    roles: list[str]
    reason: str
    author: str
    updated_at: datetime | None


class FlagChangeWire(Wire, frozen=True):
    """One change: `state` is null where the override was cleared."""

    id: int
    at: datetime
    state: Literal["on", "off", "some"] | None
    percentage: int
    users: list[str]
    roles: list[str]
    reason: str
    author: str


class FlagRequest(Request, frozen=True):
    """Off; on for everyone; or, with a percentage, users or roles, on for those alone."""

    enabled: bool
    percentage: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    users: Annotated[list[Name], msgspec.Meta(max_length=100)] = msgspec.field(default_factory=list)
    roles: Annotated[list[Role], msgspec.Meta(max_length=len(ROLES))] = msgspec.field(default_factory=list)
    reason: Reason = ""


class FlagsReply(Reply, frozen=True, kw_only=True):
    flags: list[FlagWire]


class FlagReply(Reply, frozen=True, kw_only=True):
    flag: FlagWire


class FlagHistoryReply(Reply, frozen=True, kw_only=True):
    changes: list[FlagChangeWire]


@route("GET /api/ops/flags", access="operator")
async def list_flags(request: Req) -> FlagsReply:
    """Every flag, for whom it is on, who said so and why."""
    return FlagsReply(flags=await flags_now(service(request, Database), service(request, FeatureFlags)))


@route("PUT /api/ops/flags/{key:str}", access="operator", refuses=[problems.FlagNotFound])
async def set_flag(request: Req, key: str, data: FlagRequest) -> FlagReply:
    """Override a flag. Every process follows within a second; calls that run go on."""
    try:
        await set_override(
            service(request, Journal),
            key,
            data.enabled,
            reason=data.reason,
            author=request.user.username,
            percentage=data.percentage,
            users=data.users,
            roles=data.roles,
            actor=request.user.id,
        )
    except UnknownFlagError as error:
        raise problems.FlagNotFound from error
    except UnknownPersonError as error:
        message = f"there is no account called {error.args[0]}"
        raise ValidationFailed(details=[{"field": "users", "message": message}]) from error
    except ValueError as error:
        raise ValidationFailed(details=[{"field": "enabled", "message": str(error)}]) from error
    return await _one(request, key)


@route("DELETE /api/ops/flags/{key:str}", access="operator", refuses=[problems.FlagNotFound])
async def clear_flag(request: Req, key: str, reason: Reason = "") -> FlagReply:
    """Remove the override: the environment's default counts again."""
    journal, author = service(request, Journal), request.user.username
    try:
        await clear_override(journal, key, reason=reason, author=author, actor=request.user.id)
    except UnknownFlagError as error:
        raise problems.FlagNotFound from error
    return await _one(request, key)


@route("GET /api/ops/flags/{key:str}/history", access="operator", refuses=[problems.FlagNotFound])
async def flag_history(request: Req, key: str) -> FlagHistoryReply:
    """Who changed a flag, when and why, newest first."""
    try:
        async with service(request, Database).connection() as connection:
            changes = await history(connection, key)
    except UnknownFlagError as error:
        raise problems.FlagNotFound from error
    return FlagHistoryReply(changes=[_change(change) for change in changes])


async def flags_now(database: Database, flags: FeatureFlags) -> list[FlagWire]:
    """Read afresh, so that whoever just changed one sees it, whichever process answers."""
    async with database.connection() as connection:
        overrides = {override.key: override for override in await read_overrides(connection)}
        named = [user for override in overrides.values() for user in override.user_ids]
        names = await names_of(connection, named) if named else {}
    return [_wire(key, default, overrides.get(key), names) for key, default in flags.defaults().items()]


async def _one(request: Req, key: str) -> FlagReply:
    found = await flags_now(service(request, Database), service(request, FeatureFlags))
    return FlagReply(flag=next(flag for flag in found if flag.key == key))


def _wire(key: str, default: bool, override: Override | None, names: dict[uuid.UUID, str]) -> FlagWire:
    if override is None:
        return FlagWire(key, "on" if default else "off", default, False, 100 * default, [], [], "", "", None)
    state: Literal["on", "off", "some"] = "on" if override.enabled else "some" if override.targeted else "off"
    return FlagWire(
        key=key,
        state=state,
        default=default,
        overridden=True,
        percentage=100 if override.enabled else override.percentage,
        users=[names[user] for user in override.user_ids if user in names],
        roles=list(override.roles),
        reason=override.reason,
        author=override.author,
        updated_at=override.updated_at,
    )


def _change(change: Change) -> FlagChangeWire:
    state: Literal["on", "off", "some"] | None = None
    if change.enabled is not None:
        some = change.enabled and change.percentage < 100
        state = "some" if some else "on" if change.enabled else "off"
    return FlagChangeWire(
        change.id, change.at, state, change.percentage, change.users, change.roles, change.reason, change.author
    )


handlers: list[Handler] = [list_flags, set_flag, clear_flag, flag_history]
