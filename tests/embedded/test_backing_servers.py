"""Which servers a command gets: its own, embedded ones, or those of the `make run` beside it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from upi_risk.adapters.embedded import DirectoryInUseError
from upi_risk.bootstrap.backing_servers import ServerUrls, backing_servers


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="backing ") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "var")


def test_two_named_servers_are_taken_as_they_are_and_nothing_is_written(var: Path) -> None:
    with backing_servers(var, "postgresql://mine", "redis://mine") as urls:
        assert urls == ServerUrls("postgresql://mine", "redis://mine", "postgresql://mine")
    assert not var.exists()


def test_only_the_missing_server_is_started(var: Path) -> None:
    with backing_servers(var, "postgresql://my & own", None) as urls:
        assert urls.database == "postgresql://my & own"
        assert [folder.name for folder in var.iterdir() if folder.is_dir()] == ["valkey9"]


def test_a_command_that_shares_joins_the_servers_that_run_and_leaves_them_running(var: Path) -> None:
    with backing_servers(var, "postgresql://my & own", None) as first:
        with backing_servers(var, None, None, share=True) as second:
            assert second == first
        with backing_servers(var, "postgresql://another", None, share=True) as third:
            assert third == ServerUrls("postgresql://another", first.redis, "postgresql://another")
        assert (var / "dev.env").exists()


def test_a_command_that_does_not_share_is_refused(var: Path) -> None:
    with (
        backing_servers(var, "postgresql://mine", None),
        pytest.raises(DirectoryInUseError),
        backing_servers(var, "postgresql://mine", None),
    ):
        pass


def test_sharing_waits_for_no_servers_that_are_still_starting(var: Path) -> None:
    with backing_servers(var, "postgresql://mine", None):
        (var / "dev.env").unlink()
        with pytest.raises(DirectoryInUseError), backing_servers(var, "postgresql://mine", None, share=True):
            pass
