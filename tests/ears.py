"""What each person's clients hear: the deliveries of every event, as the sockets send them."""

import asyncio
import time
from typing import Any

from stagedoor.events import Event
from tests.conftest import Caller, Stage


class Ears:
    """Listens on a house from now on."""

    def __init__(self, stage: Stage) -> None:
        self.heard: list[tuple[str, str, dict[str, Any]]] = []
        self._relay = stage.house.relay
        self._relay._sinks = [*self._relay._sinks, self]

    async def deliver(self, event: Event) -> None:
        for delivery in event.deliveries:
            data = {**delivery["data"], "eventId": event.id, "version": event.version}
            self.heard.append((delivery["channel"], delivery["name"], data))

    def of(self, caller: Caller) -> list[tuple[str, dict[str, Any]]]:
        """Everything on this person's channels, oldest first."""
        own = (f"fan:{caller.id}", f"creator:{caller.id}")
        return [(name, data) for channel, name, data in self.heard if channel in own]

    def names(self, caller: Caller) -> list[str]:
        return [name for name, _ in self.of(caller)]

    async def hears(self, caller: Caller, name: str, seconds: float = 3) -> dict[str, Any]:
        """The first `name` that the person hears, waited for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for found, data in self.of(caller):
                if found == name:
                    return data
            await asyncio.sleep(0.01)
        raise AssertionError(f"{caller.username} heard only {self.names(caller)}")

    async def settle(self) -> None:
        """Until what this house recorded has been delivered."""
        while self._relay._under_way:
            await asyncio.wait(self._relay._under_way)

    def forget(self) -> None:
        self.heard.clear()
