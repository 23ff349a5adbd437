"""What was published, on its way to the two clients: a test lets it arrive, late, twice, in another order, or not."""

from typing import Any

from stagedoor.events import Event


class Network:
    """A sink of every process."""

    def __init__(self) -> None:
        self.under_way: list[tuple[str, str, dict[str, Any]]] = []

    async def deliver(self, event: Event) -> None:
        for told in event.deliveries:
            data = {**told["data"], "eventId": event.id, "version": event.version}
            self.under_way.append((told["channel"], told["name"], data))
