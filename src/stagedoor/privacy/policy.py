"""A fan's own settings: true everywhere the moment they are saved, and told to those whom they concern."""

import uuid
from typing import Any

import msgspec

from stagedoor.core.db import Database
from stagedoor.core.identity import Person
from stagedoor.core.problems import SessionInvalid, ValidationFailed
from stagedoor.events import Journal, Tell, Transaction, to_creator, to_fan
from stagedoor.privacy import queries
from stagedoor.privacy.model import FanWire, SettingsRequest

WHO = ("visibility", "allow_dm", "allow_calls")  # what decides over a creator who has a relationship
_WIRE_NAMES = {
    "allow_dm": "allowDm",
    "allow_calls": "allowCalls",
    "quiet_from": "quietFrom",
    "quiet_until": "quietUntil",
}


class Policy:
    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    async def of(self, fan: uuid.UUID) -> FanWire:
        """Raises SessionInvalid when the account is gone."""
        async with self._database.connection() as connection:
            row = await queries.settings(connection, fan)
        if row is None:
            raise SessionInvalid(because="erased")
        return FanWire(**dict(row))

    async def change(self, fan: Person, wanted: SettingsRequest) -> FanWire:
        """Set what `wanted` names. Setting what is set already changes and records nothing.

        Raises ValidationFailed for quiet hours that do not begin, end or last, or a time zone that nobody knows.
        """
        async with self._journal.transaction() as tx:
            row = await queries.settings(tx.db, fan.id, lock=True)
            if row is None:
                raise SessionInvalid(because="erased")
            before = dict(row)
            asked = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
            changed = {
                name: value for name, value in asked.items() if value is not msgspec.UNSET and value != before[name]
            }
            after = FanWire(**{**before, **changed})
            if changed:
                await _check_quiet_hours(tx, after)
                told = await self._apply(tx, fan.id, changed, {**before, **changed})
                await _record(tx, fan.id, before, changed, told)
        return after

    async def _apply(
        self, tx: Transaction, fan: uuid.UUID, changed: dict[str, Any], settings: dict[str, Any]
    ) -> list[uuid.UUID]:
        """Returns the creators for whom this changes something that they can see."""
        concerns = any(name in WHO for name in changed)
        before = await queries.verdicts(tx.db, fan) if concerns else {}
        await queries.set_settings(tx.db, fan, settings)
        after = await queries.verdicts(tx.db, fan) if concerns else {}
        return [creator for creator, verdict in after.items() if verdict != before.get(creator)]


async def _check_quiet_hours(tx: Transaction, fan: FanWire) -> None:
    if (fan.quiet_from is None) != (fan.quiet_until is None):
        missing = "quietFrom" if fan.quiet_from is None else "quietUntil"
        raise ValidationFailed(details=[{"field": missing, "message": "quiet hours have a beginning and an end"}])
    if fan.quiet_from is not None and fan.quiet_from == fan.quiet_until:
        raise ValidationFailed(details=[{"field": "quietUntil", "message": "must differ from quietFrom"}])
    if not await queries.is_time_zone(tx.db, fan.timezone):
        raise ValidationFailed(details=[{"field": "timezone", "message": "must be a name such as Europe/Berlin"}])


async def _record(
    tx: Transaction, fan: uuid.UUID, before: dict[str, Any], changed: dict[str, Any], creators: list[uuid.UUID]
) -> None:
    """Creators hear that their list of fans changed, not who, nor what: their clients ask for what they may see."""
    tells: list[Tell] = [to_fan(fan, "privacy:changed", fanId=fan)]
    tells += [to_creator(creator, "fans:changed") for creator in creators]
    names = {name: _WIRE_NAMES.get(name, name) for name in changed}
    await tx.record(
        "fan.settings_changed",
        *tells,
        fan_id=fan,
        actor_id=fan,
        data={
            "changed": list(names.values()),
            "from": {names[name]: before[name] for name in changed},
            "to": {names[name]: value for name, value in changed.items()},
        },
    )
