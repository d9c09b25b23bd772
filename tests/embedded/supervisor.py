"""Not a test: a process that starts one embedded server, says where it is, and waits to be killed."""

import sys
import time
from pathlib import Path

from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey

if __name__ == "__main__":
    kind, home = {"postgres": EmbeddedPostgres, "valkey": EmbeddedValkey}[sys.argv[1]], Path(sys.argv[2])
    with kind(home) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        time.sleep(600)
