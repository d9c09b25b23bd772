"""What the server stack alone can do: the service's body, answered without work.

Two shapes on one port, configured as the service is: an ordinary handler of Litestar, and (below ``/raw``) an ASGI
handler mounted in the same Litestar application.
"""

from __future__ import annotations

import sys
from itertools import count
from typing import Final

import msgspec
import uvicorn
from litestar import Litestar, Response, asgi, post
from litestar.types import Receive, Scope, Send

from upi_risk.bootstrap.commands.serve import server_options
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.decision import Decision, Level
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.schemas import CheckAnswer

BODY: Final = msgspec.json.encode(
    CheckAnswer(
        risk_level=Level.LOW,
        risk_score_numeric=0.0421,
        factors=["Known receiver: you have paid them before", "The amount is usual for you"],
        decision=Decision.ALLOW,
        confidence=0.97,
        transaction_id="01920000-0000-7000-8000-000000000000",
    )
)
_HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
_numbers: Final = count(1)


@post("/signup")
async def sign_up(request: HttpRequest) -> dict[str, str]:
    """Somebody for the harness to be."""
    await request.body()
    return {"user_id": f"UID-{next(_numbers):010d}", "token": f"upa_{next(_numbers):043d}"}


@post("/check-transaction", status_code=200)
async def check(request: HttpRequest) -> Response[bytes]:
    """Read, and answer the same each time."""
    await request.body()
    return Response(BODY, media_type="application/json")


@asgi("/raw/check-transaction", copy_scope=False)
async def check_raw(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    """The same, without Litestar's request and response."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": BODY, "more_body": False})


def create() -> Litestar:
    """The application."""
    raw_sign_up = post("/raw/signup")(sign_up.fn)
    return Litestar([sign_up, raw_sign_up, check, check_raw], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    uvicorn.run(create(), **server_options(Settings(port=int(sys.argv[1]))))
