"""How long ``upi-risk backtest`` takes over a million decisions in the embedded PostgreSQL: ``make bench-backtest``.

``python -m benchmarks.backtest ROWS`` fills a database of its own in ``var/bench-backtest`` with made-up decisions,
keeps it for the next run, and calls the command as an operator would.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Final

import psycopg

from upi_risk.adapters.embedded import EmbeddedPostgres
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.domain.feature_sets import EXTENDED_SET

HOME: Final = Path("var/bench-backtest/postgres-18")
PAYERS: Final = 20_000

_USERS: Final = """
INSERT INTO users (user_id, name, mobile, created_at, last_event_at, last_login_at, version, login_count,
                   transaction_count, settled_count, settled_paise, largest_paise, payee_count, track)
SELECT 'UID-' || lpad(n::text, 28, '0'), 'Payer', '+919' || lpad(n::text, 9, '0'), '2026-01-01', '2026-01-01',
       '2026-01-01', 1, 1, 0, 0, 0, 0, 0, '{}'
  FROM generate_series(1, %(payers)s) n
"""
_DECISIONS: Final = """
INSERT INTO transactions (user_id, transaction_id, receiver_upi, amount_paise, checked_at, features, score, level,
                          decision, factors, confidence, model_version, policy_version, status, settled_at, reported_at,
                          probability, rules_version)
SELECT 'UID-' || lpad((1 + n %% %(payers)s)::text, 28, '0'), gen_random_uuid(), 'shop' || n %% 5000 || '@okbank', paise,
       '2026-01-01'::timestamptz + n * interval '8 seconds',
       array[paise / 100.0]
           || array(SELECT round((random() * 10)::numeric, 2)::float8 FROM generate_series(2, %(width)s + 0 * n)),
       score, level, decision, '[]', 0.9, 'v2.0', 'p1', CASE decision WHEN 'ALLOW' THEN 'SETTLED' ELSE 'PENDING' END,
       CASE WHEN decision = 'ALLOW' THEN '2026-06-01'::timestamptz END,
       CASE WHEN decision = 'ALLOW' AND random() < 0.002 THEN '2026-06-02'::timestamptz END, score / 10, '1.0'
  FROM (SELECT n, paise, score,
               CASE WHEN score < 0.35 THEN 'LOW' WHEN score <= 0.65 THEN 'MEDIUM' ELSE 'HIGH' END AS level,
               CASE WHEN score < 0.35 THEN 'ALLOW' WHEN score <= 0.65 THEN 'VERIFY' ELSE 'BLOCK' END AS decision
          FROM (SELECT n, (100 + floor(power(random(), 4) * 5000000))::bigint AS paise,
                       round(power(random(), 6)::numeric, 4)::float8 AS score
                  FROM generate_series(1, %(rows)s) n) drawn) decided
"""


def main() -> None:
    """Fill the database where it holds another number of decisions, then print the seconds of each kind of backtest."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(HOME) as server:
        upgrade(server.url, server.application_url)
        _fill(server.url, rows)
        environment = os.environ | {"DATABASE_URL": server.application_url, "DATABASE_OWNER_URL": server.url}
        for name, options in (
            ("thresholds", ["--thresholds", "0.3,0.6"]),
            (
                "rules and thresholds",
                ["--rules", "src/upi_risk/adapters/files/upi_rules.toml", "--thresholds", "0.3,0.6"],
            ),
            ("model", ["--model", "v2.0"]),
            ("rows", ["--thresholds", "0.3,0.6", "--rows", "var/bench-backtest/changed.parquet"]),
        ):
            began, used = perf_counter(), _cpu_seconds()
            command = [str(Path(sys.executable).with_name("upi-risk")), "backtest", *options]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            took = f"{perf_counter() - began:.1f} s, the start of the command included"
            print(f"{name}: {rows:,} decisions in {took}; CPU without PostgreSQL's: {_cpu_seconds() - used:.1f} s")


def _cpu_seconds() -> float:
    """Of the commands that have ended: what a busy machine changes least."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _fill(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM transactions").fetchone()
        if found == (rows,):
            return
        connection.execute("TRUNCATE transactions, users CASCADE")
        asked = {"payers": PAYERS, "rows": rows, "width": len(EXTENDED_SET.names)}
        connection.execute(_USERS, asked)
        connection.execute(_DECISIONS, asked)
        connection.execute("VACUUM ANALYZE transactions")


if __name__ == "__main__":
    main()
