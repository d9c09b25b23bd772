"""``python -m tests.attacks.documented SCHEMATHESIS [EXAMPLES]``: what the document allows, in both modes.

A service of its own is asked as a payer, an analyst, an admin and a service with a key of every scope; the three
latter about the routes that are more than a payer's alone. What ends the sign-in is left out: the list of attacks asks
it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.attacks.own import Target, target
from tests.attacks.runner import call
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.access import Role, Scope
from upi_risk.domain.device_key import enrolment_message, packed

ROOT = Path(__file__).resolve().parents[2]
OPERATORS = "^/(v1/)?(admin|reviews)"
SERVICES = "^/(v1/)?(admin|reviews|check-transaction)"
_PAYMENTS = ("low@test", "medium@test", "high@test", "shop@okbank")
_MODES: dict[str, dict[str, str]] = {
    "demo": {},
    "otp": {"AUTH_MODE": "otp", "GUESS_LIMIT_PER_HOUR": "0", "CODE_LIMIT_PER_TEN_MINUTES": "0"},
}


def seed() -> str:
    """The same requests each time, unless SEED asks for others."""
    return os.environ.get("SEED") or "1"


def _device() -> dict[str, str]:
    """A key with a proof that is good for one challenge."""
    private = Ed25519PrivateKey.generate()
    key, challenge = private.public_key().public_bytes_raw(), "upc_" + "A" * 43
    proof = private.sign(enrolment_message(challenge, key))
    return {"device_key": packed(key), "challenge_id": challenge, "device_proof": packed(proof)}


def patience() -> str:
    """Seconds until an answer is too late; PATIENCE says more where the machine is busy."""
    return os.environ.get("PATIENCE") or "10"


async def _somebody(attacked: Target, phone: str, role: Role) -> tuple[str, str, str]:
    """The id and token of somebody new with a role, and the secret of a new key that opens all a key can."""
    container = Container(settings=Settings(database_url=attacked.database_url, redis_url=attacked.redis_url))
    try:
        user, tokens = await container.sign_up()("Asha Rao", phone)
        if role is not Role.PAYER:
            await container.set_role()("operator:test", user.user_id, role)
        _, secret = await container.manage_keys().create("operator:test", "all", Scope)
        return user.user_id, tokens.access, secret
    finally:
        await container.note().drain()
        await container.engine().dispose()
        await container.redis().aclose()


def _ask(attacked: Target, schemathesis: str, examples: str, role: Role | None, number: int) -> int:
    """The exit code of schemathesis as somebody with a role; None is a service with a key."""
    user_id, token, secret = asyncio.run(_somebody(attacked, f"98765432{number:02}", role or Role.PAYER))
    paid = []
    for receiver in _PAYMENTS:
        payment = {"user_id": user_id, "receiver_upi": receiver, "amount": 100}
        answer = call(attacked.address, "POST", "/check-transaction", payment, token)
        paid.append(json.loads(answer.body)["transaction_id"])
    routes = ["--exclude-path-regex", "logout"] if role is Role.PAYER else ["--include-path-regex", OPERATORS]
    if role is None:
        routes, token = ["--include-path-regex", SERVICES], secret
    command = [
        schemathesis, "run", f"{attacked.url}/openapi.json", "--url", attacked.url, "--checks", "all", *routes,
        "-H", f"Authorization: Bearer {token}", "--max-examples", examples, "--phases", "examples,coverage,fuzzing",
        "--seed", seed(), "--request-timeout", patience(), "--max-response-time", patience(),
    ]  # fmt: skip
    environ = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.attacks.real_values",
        "UPI_RISK_REAL": json.dumps({"user_id": user_id, "transactions": paid, "device": _device()}),
        "PYTHONPATH": str(ROOT),
    }
    sys.stdout.write(f"As {role or 'a service'}:\n")
    sys.stdout.flush()
    return subprocess.run(command, check=False, env=environ).returncode


def main(schemathesis: str, examples: str = "100") -> int:
    """1 if anything was not as the document says."""
    codes = []
    for mode, settings in _MODES.items():
        with target(**settings) as attacked:
            sys.stdout.write(f"AUTH_MODE={mode}\n")
            codes += [_ask(attacked, schemathesis, examples, role, number) for number, role in enumerate((*Role, None))]
            harm = attacked.harm()
            sys.stdout.write("".join(f"{one}\n" for one in harm))
            codes.append(len(harm))
    return min(max(codes), 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
