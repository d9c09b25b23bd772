"""What HTTP is given to serve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from litestar.types import HTTPScope

from upi_risk.application.check_for_callers import Asked
from upi_risk.application.coalesce import Waiter
from upi_risk.application.devices import ManageDevices
from upi_risk.application.list_models import Listed
from upi_risk.application.log_in import LogIn
from upi_risk.application.look_up import LookUp
from upi_risk.application.outcomes import ConfirmTransaction, ReportFraud
from upi_risk.application.overview import LookAtReceiver, ShowOverview
from upi_risk.application.proven_ways_in import LogInByProof, SignUpByCode
from upi_risk.application.recognise import Recognise
from upi_risk.application.record_label import ReportByPayer
from upi_risk.application.review import ReviewTransaction, ShowCases
from upi_risk.application.sign_ins import EndSignIns, RefreshTokens
from upi_risk.application.sign_up import SignUp
from upi_risk.application.tokens import Authenticate
from upi_risk.domain.ports import Clock, Identities
from upi_risk.domain.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ProvenUseCases:
    """The ways in where a phone has to be proven.

    Attributes:
        address: whom a request is counted under.
    """

    sign_up: SignUpByCode
    log_in: LogInByProof
    devices: ManageDevices
    address: Callable[[HTTPScope], str]


@dataclass(frozen=True, slots=True)
class UseCases:
    """The application, as callables.

    Attributes:
        check: answers one caller; in the service a ``Coalesce`` over ``CheckForCallers``.
        recognise: tells who a caller is, and whether they may.
        list_models: what models there are; reads files.
        submit: has a waiter told what ``check`` answers; None where each caller is answered by a task of its own.
        admit: raises OverloadedError while checks could not be answered in time.
        full: whether ``admit`` would raise.
        note_shed: is told how many checks were refused without a call of ``admit`` or ``submit``.
        crowded: whether checks soon may need what reading one's past would take.
        proven: the ways in that take the place of ``sign_up`` and ``log_in``; None in the demo mode.
        ready: the name of each thing that answers depend on, and whether it works now.
    """

    sign_up: SignUp
    log_in: LogIn
    refresh: RefreshTokens
    end_sign_ins: EndSignIns
    authenticate: Authenticate
    check: Callable[[Asked], Awaitable[Transaction]]
    admit: Callable[[], None]
    confirm: ConfirmTransaction
    report: ReportFraud | ReportByPayer
    look_up: LookUp
    recognise: Recognise
    cases: ShowCases
    review: ReviewTransaction
    overview: ShowOverview
    look_at_receiver: LookAtReceiver
    list_models: Callable[[], Sequence[Listed]]
    clock: Clock
    identities: Identities
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    proven: ProvenUseCases | None = None
    submit: Callable[[Asked, Waiter[Transaction]], None] | None = None
    full: Callable[[], bool] = lambda: False
    crowded: Callable[[], bool] = lambda: False
    note_shed: Callable[[int], None] = lambda _: None
