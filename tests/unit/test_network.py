"""The sentences for an address that cannot be served on, and the URL of one that can."""

import socket
from pathlib import Path

import pytest

from upi_risk.bootstrap.first_steps import first_steps
from upi_risk.bootstrap.network import LaunchError, answers, require_free_port, url_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_the_url_reaches_the_service_from_this_machine(host: str, url: str) -> None:
    assert url_of(host, 8000) == url


def test_a_free_port_is_accepted_and_left_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    require_free_port("127.0.0.1", port)
    require_free_port("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("192.0.2.1", 8000, r"^192\.0\.2\.1 is not an address of this machine \(.+\): choose one, e\.g\. HOST="),
        ("no such host", 8000, r"^no such host is not an address of this machine"),
        ("127.0.0.1", 70000, r"^PORT is 70000, which is none: choose one from 1024 to 65535"),
    ],
)
def test_what_is_wrong_with_an_address_is_one_sentence(host: str, port: int, sentence: str) -> None:
    with pytest.raises(LaunchError, match=sentence):
        require_free_port(host, port)


def test_the_highest_port_is_not_followed_by_one_that_does_not_exist() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 65535))
        listener.listen()
        with pytest.raises(LaunchError, match=r"e\.g\. PORT=8001 make run\.$"):
            require_free_port("127.0.0.1", 65535)


def test_a_port_that_is_the_systems_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(LaunchError, match=r"^Port 80 is for root alone: choose one above 1023"):
        require_free_port("127.0.0.1", 80)


def test_nothing_answers_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not answers("127.0.0.1", port)


def test_the_first_steps_name_the_documentation_and_a_whole_paste() -> None:
    text = first_steps("http://127.0.0.1:8000", Path("var"), 2.34)
    assert "ready (2.3 s)" in text
    assert f"{Path.cwd()}/var/dev.env" in text
    assert "http://127.0.0.1:8000/docs" in text
    assert '"receiver_upi\\": \\"medium@test\\"' in text


def test_where_phones_are_proven_the_first_steps_are_two() -> None:
    text = first_steps("http://127.0.0.1:8000", Path("var"), 2.34, proven=True)
    assert text.count("curl -s http://127.0.0.1:8000/signup") == 2
    assert '"challenge_id": "…", "otp": "…"' in text
    assert "$" not in text
