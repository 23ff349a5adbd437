"""Why the platform's own requests may be refused."""

from stagedoor.core.problems import Refusal


class WrongPassword(Refusal):
    """One answer for a wrong name and a wrong password."""

    status, code, sentence = 401, "WRONG_CREDENTIALS", "This name and password do not match."


class UsernameTaken(Refusal):
    status, code, sentence = 409, "USERNAME_TAKEN", "This name is taken. Please choose another."


class CreatorNotFound(Refusal):
    status, code, sentence = 404, "CREATOR_NOT_FOUND", "There is no such creator."
