"""The money's HTTP nouns."""

import uuid
from typing import Annotated

from litestar.params import Parameter

from stagedoor.billing.model import EntriesReply, ReceiptReply, TopUpRequest, WalletReply
from stagedoor.billing.receipts import Receipts
from stagedoor.billing.reconcile import Audit, Reconciler
from stagedoor.billing.wallet import Wallets
from stagedoor.calls.problems import CallNotFound, CallNotLive
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import FeatureDisabled, IdempotencyKeyReused
from stagedoor.core.wire import Reply
from stagedoor.settings import Settings

IdempotencyKey = Annotated[str | None, Parameter(header="Idempotency-Key", required=False)]


@route("GET /api/wallet")
async def wallet(request: Req) -> WalletReply:
    """My tokens."""
    return WalletReply(wallet=await service(request, Wallets).balance(request.user.id))


@route("GET /api/wallet/entries")
async def entries(request: Req, cursor: str | None = None, limit: int | None = None) -> EntriesReply:
    """Every movement of my tokens, newest first."""
    found, following = await service(request, Wallets).entries(request.user.id, cursor, limit)
    return EntriesReply(entries=found, next_cursor=following)


@route("POST /api/wallet/top-up", status=201, budget="tight", refuses=[FeatureDisabled, IdempotencyKeyReused])
async def top_up(request: Req, data: TopUpRequest, idempotency_key: IdempotencyKey = None) -> WalletReply:
    """Add tokens without paying: for the demo and for trials, where WALLET_TOP_UP is on. Elsewhere the platform
    credits what was paid for through its operator's credentials."""
    if not service(request, Settings).top_up:
        raise FeatureDisabled(because="WALLET_TOP_UP is off")
    person = request.user.id
    return WalletReply(
        wallet=await service(request, Wallets).credit(
            person, data.tokens, kind="top_up", memo="", key=idempotency_key, actor=person
        )
    )


@route("GET /api/calls/{call_id:uuid}/receipt", refuses=[CallNotFound, CallNotLive])
async def receipt(request: Req, call_id: uuid.UUID) -> ReceiptReply:
    """What a call that is over cost, and why."""
    return ReceiptReply(receipt=await service(request, Receipts).of(request.user.id, call_id))


class AuditReply(Reply, frozen=True, kw_only=True):
    audit: Audit


@route("GET /api/ops/audit", access="operator", budget="tight")
async def audit(request: Req) -> AuditReply:
    """Compare calls, segments, holds, ledger, events and presence now. Changes nothing: what is safe to mend is
    mended every minute, and by `stagedoor audit --repair`."""
    return AuditReply(audit=await service(request, Reconciler).look(mend=False))


handlers: list[Handler] = [wallet, entries, top_up, receipt, audit]
