"""Why a call may be refused."""

from stagedoor.core.problems import Refusal


class CallNotFound(Refusal):
    status, code, sentence = 404, "CALL_NOT_FOUND", "There is no such call."


class FanUnavailable(Refusal):
    """Unknown, hidden, blocked and denied alike: the true reason is for operators only."""

    status, code, sentence = 404, "FAN_UNAVAILABLE", "This fan cannot be reached."


class CallNotAllowed(Refusal):
    status, code = 403, "CALL_NOT_ALLOWED"
    sentence = "Your privacy settings do not allow a call with this creator any more."


class CreatorBusy(Refusal):
    status, code, sentence = 409, "CREATOR_BUSY", "You are already in a call, or calling somebody."


class FanBusy(Refusal):
    status, code, sentence = 409, "FAN_BUSY", "There is another call going on. Please try again later."


class CallCooldown(Refusal):
    status, code, sentence = 429, "CALL_COOLDOWN", "You called this fan a moment ago. Please wait before trying again."


class InsufficientTokens(Refusal):
    status, code, sentence = 402, "INSUFFICIENT_TOKENS", "There are not enough tokens for one minute of this call."


class AnsweredElsewhere(Refusal):
    status, code, sentence = 409, "ANSWERED_ELSEWHERE", "This call was already answered, here or on another device."


class InvitationExpired(Refusal):
    status, code, sentence = 410, "INVITATION_EXPIRED", "This call has stopped ringing."


class CallCancelled(Refusal):
    status, code, sentence = 410, "CALL_CANCELLED", "The caller has hung up."


class CallEnded(Refusal):
    status, code, sentence = 410, "CALL_ENDED", "This call is over."


class CallNotLive(Refusal):
    status, code, sentence = 409, "CALL_NOT_LIVE", "This call is not running."
