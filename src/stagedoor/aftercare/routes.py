"""What the participants of a call may say afterwards, as HTTP nouns. No decisions here."""

import uuid

from stagedoor.aftercare import problems
from stagedoor.aftercare.dispute import Disputes
from stagedoor.aftercare.model import (
    DisputeReply,
    DisputeRequest,
    RatingReply,
    RatingRequest,
    ReportReply,
    ReportRequest,
)
from stagedoor.aftercare.rating import Ratings
from stagedoor.aftercare.report import Reports
from stagedoor.calls import CallNotFound
from stagedoor.core.http import Handler, Req, route, service


@route("POST /api/calls/{call_id:uuid}/rating", refuses=[CallNotFound, problems.CallNotConnected])
async def rate(request: Req, call_id: uuid.UUID, data: RatingRequest) -> RatingReply:
    """Rate a call that connected, from one to five stars; again to change it. The other side does not see it."""
    return RatingReply(rating=await service(request, Ratings).rate(request.user, call_id, data.stars))


@route("POST /api/calls/{call_id:uuid}/report", status=201, budget="tight", refuses=[CallNotFound])
async def report(request: Req, call_id: uuid.UUID, data: ReportRequest) -> ReportReply:
    """Report the other side of a call to the operators. The other side is not told."""
    made = await service(request, Reports).report(request.user, call_id, data.reason, data.text)
    return ReportReply(report=made)


@route(
    "POST /api/calls/{call_id:uuid}/dispute",
    status=201,
    budget="tight",
    refuses=[
        CallNotFound,
        problems.FanOnly,
        problems.CallNotOver,
        problems.NothingCharged,
        problems.DisputeTooLate,
        problems.AlreadyDisputed,
    ],
)
async def dispute(request: Req, call_id: uuid.UUID, data: DisputeRequest) -> DisputeReply:
    """Dispute what I paid for a call. It freezes the creator's tokens of that call until an operator has decided."""
    return DisputeReply(dispute=await service(request, Disputes).open(request.user, call_id, data.text))


handlers: list[Handler] = [rate, report, dispute]
