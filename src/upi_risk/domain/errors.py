"""The error family. Errors carry facts and know nothing of HTTP."""

from __future__ import annotations

from upi_risk.domain.rate_limit import Ask, Verdict


class UpiRiskError(Exception):
    """Anything this product refuses or cannot do."""


class InvalidInputError(UpiRiskError):
    """A value from outside is not one we accept.

    Attributes:
        field: the name of the field in our own schema, never a name the caller chose.
        code: why, from the closed list in ``docs/api.md`` (``wrong_format``, ``too_large`` …).
    """

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


class RateLimitedError(UpiRiskError):
    """Somebody has asked as often as they may for now.

    Attributes:
        ask: what was asked of the limiter.
        verdict: what it said.
    """

    def __init__(self, ask: Ask, verdict: Verdict) -> None:
        super().__init__(f"{ask.limit} in {ask.window_seconds} s")
        self.ask = ask
        self.verdict = verdict


class PhoneTakenError(UpiRiskError):
    """Somebody signed up with this phone before."""


class UnreadableError(UpiRiskError):
    """What was sealed cannot be opened: another key sealed it, or it was changed; the message tells neither text."""


class UnauthenticatedError(UpiRiskError):
    """No token, or one that is unknown, expired, revoked or of the wrong kind."""


class ChallengeFailedError(UpiRiskError):
    """The challenge is unknown, over, used, another's, or the answer to it is wrong; nobody is told which."""


class CodeNotSentError(UpiRiskError):
    """A code may not have reached its phone; the message says why, without either."""


class DeviceConflictError(UpiRiskError):
    """The key is enrolled already, or the user has as many as one may have."""


class UnknownDeviceError(UpiRiskError):
    """This user has no such device."""


class ForbiddenError(UpiRiskError):
    """The caller is known, but this is not theirs."""


class UnknownUserError(UpiRiskError):
    """Nobody is registered under this id or phone."""


class UnknownTransactionError(UpiRiskError):
    """This user has no transaction with this id."""


class OutcomeConflictError(UpiRiskError):
    """The outcome given contradicts what is already known of the transaction."""


class IdempotencyKeyReusedError(UpiRiskError):
    """The key was used before, with another payment."""


class ContendedError(UpiRiskError):
    """The user's history kept changing under the decision; nothing was saved. Try again."""


class ModelTooSlowError(UpiRiskError):
    """The model did not answer in time, or lately did not and was not asked; whoever asks goes by rules."""


class StoreUnavailableError(UpiRiskError):
    """The store of record cannot be reached or did not answer in time; nothing was answered."""


class DeadlineError(StoreUnavailableError):
    """There was no answer in the time that a request has; nothing is known of what was done."""


class OverloadedError(UpiRiskError):
    """Too much is waiting to be answered in time; nothing was done."""


class ModelRejectedError(UpiRiskError):
    """A model may not serve: its files, its card and this code do not belong together."""


class UnusableDataError(UpiRiskError):
    """A transactions file, or what a split leaves of it, cannot be learned from; the message says where and why."""


class TooEarlyError(UnusableDataError):
    """A transactions file does not reach over enough time yet; the message says how much it wants."""


class InvalidRulesError(UpiRiskError):
    """Rules say something that the language of rules has no words for; the message says where and what."""


class EngineFailedError(UpiRiskError):
    """What should have done pieces of work is missing, cannot be reached or was lost; the message says what to do."""
