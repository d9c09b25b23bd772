"""``python -m tests.attacks.documented URL SCHEMATHESIS EXAMPLES``: what the document allows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from urllib.parse import urlsplit

from tests.attacks.runner import call


def main(url: str, schemathesis: str, examples: str = "100") -> int:
    """The exit code of schemathesis, run as a user who has just signed up.

    What ends the sign-in is left out: the list of attacks asks it.
    """
    place = urlsplit(url)
    address = (place.hostname or "", place.port or 80)
    phone = str(6_000_000_000 + int(time.time()) % 900_000_000)
    token = json.loads(call(address, "POST", "/signup", {"name": "Asha Rao", "phone": phone}).body)["access_token"]
    command = [
        schemathesis, "run", f"{url}/openapi.json", "--url", url, "--checks", "all", "--exclude-path-regex", "logout",
        "-H", f"Authorization: Bearer {token}", "--max-examples", examples, "--phases", "examples,coverage,fuzzing",
    ]  # fmt: skip
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
