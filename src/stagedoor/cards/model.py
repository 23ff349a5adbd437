"""A share card, as its owner and as a stranger sees it."""

from datetime import datetime

from stagedoor.core.wire import Reply, Request, Wire


class EnableRequest(Request, frozen=True):
    """`rotate` makes a new link; the old one is dead from then on."""

    rotate: bool = False


class CardWire(Wire, frozen=True):
    """My card. `token` and `url` are null for a link that was made under another server key: it still works, but
    only rotating can show one again."""

    url: str | None
    token: str | None
    expires_at: datetime
    created_at: datetime


class CardReply(Reply, frozen=True, kw_only=True):
    card: CardWire | None


class PublicCardWire(Wire, frozen=True):
    """All that the link tells."""

    display_name: str
    avatar_url: str | None
    expires_at: datetime


class PublicCardReply(Reply, frozen=True, kw_only=True):
    card: PublicCardWire
