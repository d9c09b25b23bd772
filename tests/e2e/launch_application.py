"""Not a test: stands in for the application under `upi-risk run`, to see how it is started and stopped.

It writes what happens to it into the file EVENTS names, counts its starts in both servers, and answers /health/ready.
"""

import contextlib
import http.server
import os
import signal
import sys
from pathlib import Path

import psycopg
import redis


def note(text: str) -> None:
    with Path(os.environ["EVENTS"]).open("a", encoding="utf-8") as events:
        events.write(text + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def migrate() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        connection.execute("GRANT SELECT, INSERT ON starts TO PUBLIC")


def count_starts() -> tuple[int, int]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO starts DEFAULT VALUES")
        row = connection.execute("SELECT count(*) FROM starts").fetchone()
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        return row[0] if row else 0, int(client.incr("starts"))


def stop(*_: object) -> None:
    with contextlib.suppress(psycopg.OperationalError, redis.ConnectionError):
        count_starts()  # both servers are still there
        note("stopped with both servers still running")
    sys.exit(0)


if __name__ == "__main__":
    if sys.argv[1:] == ["migrate"]:
        migrate()
        note("migrated " + os.environ["DATABASE_URL"].rsplit("/", 1)[1])
        sys.exit(int(os.environ.get("MIGRATE_EXIT", "0")))
    if sys.argv[1:] == ["die"]:
        sys.exit(7)
    note("started {} {}".format(*count_starts()))
    signal.signal(signal.SIGTERM, stop)
    http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
