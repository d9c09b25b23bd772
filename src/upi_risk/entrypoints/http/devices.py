"""The devices that one may sign in with."""

from __future__ import annotations

import re
from typing import Final

from litestar import HttpMethod, post, route
from litestar.handlers import HTTPRouteHandler

from upi_risk.application.devices import NewDevice
from upi_risk.domain.device_key import DeviceKey, packed
from upi_risk.domain.errors import UnknownDeviceError
from upi_risk.entrypoints.http.answers import CREATED, OK, Answer, answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.guards import SignedInUser
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.otp_schemas import DeviceBody, DeviceList, DeviceRevoked, DeviceView
from upi_risk.entrypoints.http.proven_users import challenge, together
from upi_risk.entrypoints.http.reading import READING
from upi_risk.entrypoints.http.schemas import ReportBody
from upi_risk.entrypoints.http.use_cases import ProvenUseCases, UseCases

_ALLOWED: Final = (b"allow", b"GET, HEAD, OPTIONS, POST")
_NAME: Final = re.compile(r"dev_[A-Za-z0-9_-]{1,64}")


def adding(use_cases: UseCases, proven: ProvenUseCases) -> HTTPRouteHandler:
    """``POST /devices``."""
    read, caller, devices = JsonBody(DeviceBody), SignedInUser(use_cases.authenticate), proven.devices

    @post("/devices", status_code=CREATED)
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        body = await read(request)
        address = proven.address(request.scope)
        if not together(challenge_id=body.challenge_id, otp=body.otp, device_proof=body.device_proof):
            return challenge(await devices.begin(user_id, body.device_key, address))
        device = NewDevice(body.device_key, body.device_proof or "")
        added = await devices.add(user_id, device, body.challenge_id or "", body.otp or "", address)
        return answer(_view(added), CREATED)

    return handler


def listing_devices(use_cases: UseCases, proven: ProvenUseCases) -> HTTPRouteHandler:
    """``GET /devices``, and ``OPTIONS``: Litestar's own answer would lack the methods of the other route."""
    caller, devices = SignedInUser(use_cases.authenticate), proven.devices

    @route("/devices", http_method=[*sorted(READING), HttpMethod.OPTIONS])
    async def handler(request: HttpRequest) -> Answer:
        if request.method == HttpMethod.OPTIONS:
            return Answer(b"", OK, [_ALLOWED])
        return answer(DeviceList([_view(held) for held in await devices.listed(await caller(request))]))

    return handler


def revoking(use_cases: UseCases, proven: ProvenUseCases) -> HTTPRouteHandler:
    """``POST /devices/{device_id}/revoke``."""
    caller, devices = SignedInUser(use_cases.authenticate), proven.devices
    read = JsonBody(ReportBody, if_empty=ReportBody())

    @post("/devices/{device_id:str}/revoke", status_code=OK)
    async def handler(request: HttpRequest) -> Answer:
        user_id = await caller(request)
        await read(request)
        device_id = str(request.path_params["device_id"])
        if _NAME.fullmatch(device_id) is None:
            raise UnknownDeviceError
        await devices.revoke(user_id, device_id)
        return answer(DeviceRevoked(device_id))

    return handler


def _view(key: DeviceKey) -> DeviceView:
    return DeviceView(key.key_id, packed(key.public_key), key.created_at, key.used_at)


DEVICE_ROUTES: Final = (listing_devices, adding, revoking)  # the first answers OPTIONS for both
