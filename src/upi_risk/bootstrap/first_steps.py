"""What `upi-risk run` says once it serves: where the documentation is, and a first payment check to paste."""

from pathlib import Path
from string import Template

_TEXT = Template("""
UPI Risk is ready ($seconds s).

  Documentation   $base/docs
  Servers         $env (for psql and redis-cli, while this runs)
  Stop            Ctrl-C

Sign up and check a first payment: paste this into another terminal.

API=$base JSON='Content-Type: application/json'
ME=$$(curl -sf $$API/signup -H "$$JSON" -d '{"name": "Asha", "phone": "9876543210"}' ||
     curl -sf $$API/login -H "$$JSON" -d '{"phone": "9876543210"}')
mine() { printf %s "$$ME" | python3 -c "import json, sys; print(json.load(sys.stdin)['$$1'])"; }
curl -s $$API/check-transaction -H "$$JSON" -H "Authorization: Bearer $$(mine access_token)" \\
     -d "{\\"user_id\\": \\"$$(mine user_id)\\", \\"receiver_upi\\": \\"medium@test\\", \\"amount\\": 2500}" |
     python3 -m json.tool
""")


_PROVEN = Template("""
UPI Risk is ready ($seconds s).

  Documentation   $base/docs
  Servers         $env (for psql and redis-cli, while this runs)
  Stop            Ctrl-C

Phones are proven (AUTH_MODE=otp). Sign up from another terminal; the second step takes the challenge_id of the
first, and the code, which is written here unless OTP_SENDER=http.

curl -s $base/signup -H 'Content-Type: application/json' -d '{"name": "Asha", "phone": "9876543210"}'
curl -s $base/signup -H 'Content-Type: application/json' \\
     -d '{"name": "Asha", "phone": "9876543210", "challenge_id": "…", "otp": "…"}'
""")


def first_steps(base_url: str, var_dir: Path, seconds: float, *, proven: bool = False) -> str:
    """The text for the terminal; its commands work as one paste in any POSIX shell, and again the next time.

    Args:
        base_url: where the service answers.
        var_dir: the folder with `dev.env`; told in full, since it is below the one that the command was called in.
        seconds: how long the start took.
        proven: whether phones have to be proven.
    """
    text = _PROVEN if proven else _TEXT
    return text.substitute(base=base_url, env=var_dir.resolve() / "dev.env", seconds=f"{seconds:.1f}")
