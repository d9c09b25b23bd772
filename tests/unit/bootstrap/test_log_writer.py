"""Log lines leave in order, and a log that nobody reads holds nobody up."""

from __future__ import annotations

import io
import logging
import os
import threading
import time

from upi_risk.bootstrap.log_writer import MOST_LINES, LogWriter, WriterHandler


def test_lines_are_written_in_the_order_they_came() -> None:
    stream = io.StringIO()
    writer = LogWriter(stream)
    for number in range(5_000):
        writer.put(f"line {number}")
    writer.flush(10)
    assert stream.getvalue().splitlines() == [f"line {number}" for number in range(5_000)]
    writer.put("a last one")
    writer.flush(10)
    assert stream.getvalue().endswith("a last one\n")


def test_lines_of_many_threads_are_all_written() -> None:
    stream = io.StringIO()
    writer = LogWriter(stream)

    def write(name: str) -> None:
        for number in range(500):
            writer.put(f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.flush(10)
    assert len(stream.getvalue().splitlines()) == 2_000


def test_a_reader_that_stops_reading_holds_nobody_up() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w") as stream:
        writer = LogWriter(stream)
        started = time.monotonic()
        for _ in range(2 * MOST_LINES):
            writer.put("x" * 200)  # more than a pipe holds
        writer.flush(0.1)
        assert time.monotonic() - started < 5
        assert writer.dropped > 0
        os.close(read)  # and now what is under way fails
        writer.flush(10)


def test_a_stream_that_fails_loses_lines_and_nothing_else() -> None:
    stream = io.StringIO()
    writer = LogWriter(stream)
    stream.close()
    writer.put("nobody reads this")
    writer.flush(10)
    assert writer.dropped == 1


def test_the_standard_library_s_records_go_the_same_way() -> None:
    stream = io.StringIO()
    writer = LogWriter(stream)
    WriterHandler(writer).emit(logging.LogRecord("x", logging.INFO, "", 0, "told %s", ("once",), None))
    writer.flush(10)
    assert stream.getvalue() == "told once\n"
