"""The wire forms of follows, tips and blocks."""

import uuid
from datetime import datetime
from typing import Annotated

import msgspec

from stagedoor.billing import WalletWire
from stagedoor.calls import PersonWire
from stagedoor.core.wire import Reply, Request, Wire


class FollowWire(Wire, frozen=True):
    following: bool


class FollowReply(Reply, frozen=True, kw_only=True):
    follow: FollowWire


class TipRequest(Request, frozen=True):
    tokens: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class TipWire(Wire, frozen=True):
    id: uuid.UUID
    tokens: int
    created_at: datetime


class TipReply(Reply, frozen=True, kw_only=True):
    """The tip, and what is left in the giver's wallet."""

    tip: TipWire
    wallet: WalletWire


class BlockWire(Wire, frozen=True):
    blocked: bool


class BlockReply(Reply, frozen=True, kw_only=True):
    block: BlockWire


class BlocksReply(Reply, frozen=True, kw_only=True):
    blocks: list[PersonWire]
