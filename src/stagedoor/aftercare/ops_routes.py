"""What operators do about reports, disputes and charges, as HTTP nouns. No decisions here."""

import uuid
from typing import Annotated, Literal

from litestar.params import Parameter

from stagedoor.aftercare import problems
from stagedoor.aftercare.dispute import Disputes
from stagedoor.aftercare.model import (
    CloseRequest,
    DisputeCaseReply,
    DisputeCasesReply,
    RefundReply,
    RefundRequest,
    ReportCaseReply,
    ReportCasesReply,
    ResolveRequest,
)
from stagedoor.aftercare.refund import Refunds
from stagedoor.aftercare.report import Reports
from stagedoor.calls import CallNotFound
from stagedoor.core.http import Handler, Req, route, service

Which = Annotated[Literal["open", "all"], Parameter(query="state", required=False)]
_REFUND = [
    CallNotFound,
    problems.CallNotOver,
    problems.RefundExceedsCharge,
    problems.NobodyToRefund,
    problems.CreatorCannotPay,
]


@route("GET /api/ops/reports", access="operator")
async def reports(
    request: Req, which: Which = "open", cursor: str | None = None, limit: int | None = None
) -> ReportCasesReply:
    """Reports, newest first: the open ones, or all."""
    found, following = await service(request, Reports).page(only_open=which == "open", cursor=cursor, limit=limit)
    return ReportCasesReply(reports=found, next_cursor=following)


@route(
    "POST /api/ops/reports/{report_id:uuid}/close",
    access="operator",
    refuses=[problems.ReportNotFound, problems.ReportClosed],
)
async def close(request: Req, report_id: uuid.UUID, data: CloseRequest) -> ReportCaseReply:
    """Close a report with what was found and done."""
    return ReportCaseReply(report=await service(request, Reports).close(request.user, report_id, data.resolution))


@route("GET /api/ops/disputes", access="operator")
async def disputes(
    request: Req, which: Which = "open", cursor: str | None = None, limit: int | None = None
) -> DisputeCasesReply:
    """Disputes, newest first: the open ones, or all."""
    found, following = await service(request, Disputes).page(only_open=which == "open", cursor=cursor, limit=limit)
    return DisputeCasesReply(disputes=found, next_cursor=following)


@route(
    "POST /api/ops/disputes/{call_id:uuid}/resolve",
    access="operator",
    refuses=[problems.DisputeNotFound, problems.DisputeResolved, *_REFUND],
)
async def resolve(request: Req, call_id: uuid.UUID, data: ResolveRequest) -> DisputeCaseReply:
    """Decide a dispute: refund so much in all (0: nothing), and release the rest of what was frozen."""
    resolved = await service(request, Disputes).resolve(
        request.user, call_id, data.refund_tokens, platform_pays=data.platform_pays
    )
    return DisputeCaseReply(dispute=resolved)


@route("POST /api/ops/calls/{call_id:uuid}/refund", access="operator", refuses=_REFUND)
async def refund(request: Req, call_id: uuid.UUID, data: RefundRequest) -> RefundReply:
    """Let so many tokens of a call in all have been refunded. The same again changes nothing."""
    made = await service(request, Refunds).refund(
        call_id, data.tokens, platform_pays=data.platform_pays, operator=request.user.id
    )
    return RefundReply(refund=made)


handlers: list[Handler] = [reports, close, disputes, resolve, refund]
