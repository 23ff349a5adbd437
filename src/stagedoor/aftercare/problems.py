"""Why something after a call may be refused."""

from stagedoor.core.problems import Refusal


class CallNotConnected(Refusal):
    status, code, sentence = 409, "CALL_NOT_CONNECTED", "Only a call that connected can be rated."


class CallNotOver(Refusal):
    status, code, sentence = 409, "CALL_NOT_OVER", "This call is still running."


class FanOnly(Refusal):
    status, code, sentence = 403, "FAN_ONLY", "Only the fan who paid for a call can dispute it."


class NothingCharged(Refusal):
    status, code, sentence = 409, "NOTHING_CHARGED", "This call has cost nothing."


class AlreadyDisputed(Refusal):
    status, code, sentence = 409, "ALREADY_DISPUTED", "You have disputed this call already."


class DisputeTooLate(Refusal):
    status, code, sentence = 409, "DISPUTE_TOO_LATE", "This call was too long ago to be disputed."


class DisputeNotFound(Refusal):
    status, code, sentence = 404, "DISPUTE_NOT_FOUND", "There is no such dispute."


class DisputeResolved(Refusal):
    status, code, sentence = 409, "DISPUTE_RESOLVED", "This dispute was resolved already."


class ReportNotFound(Refusal):
    status, code, sentence = 404, "REPORT_NOT_FOUND", "There is no such report."


class ReportClosed(Refusal):
    status, code, sentence = 409, "REPORT_CLOSED", "This report was closed already."


class RefundExceedsCharge(Refusal):
    status, code, sentence = 409, "REFUND_EXCEEDS_CHARGE", "A refund is never more than what was charged."


class CreatorCannotPay(Refusal):
    """`details.missingTokens`: how many of her part the creator no longer has."""

    status, code = 409, "CREATOR_CANNOT_PAY"
    sentence = (
        "The creator no longer has these tokens. With --platform-pays (platformPays) the platform pays what is missing."
    )


class NobodyToRefund(Refusal):
    status, code, sentence = 409, "NOBODY_TO_REFUND", "The fan's account was erased: there is nobody to refund."
