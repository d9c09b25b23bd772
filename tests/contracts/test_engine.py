"""What every engine promises; see upi_risk.domain.engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engines import add, leave, place_of, ray_cluster, refuse, row_of
from tests.learning import some_examples
from upi_risk.adapters.memory.engine import SerialEngine
from upi_risk.adapters.processes.engine import ProcessEngine
from upi_risk.adapters.ray.engine import RayEngine
from upi_risk.domain.engine import Engine
from upi_risk.domain.errors import EngineFailedError, UnusableDataError
from upi_risk.domain.features import NAMES


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A Ray cluster of two processes that runs already."""
    with ray_cluster(workers=2) as found:
        yield found


@pytest.fixture(params=["memory", "processes", "ray"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Two workers, or this process."""
    if request.param == "memory":
        return SerialEngine()
    if request.param == "processes":
        return ProcessEngine(workers=2)
    return RayEngine(request.getfixturevalue("address"), workers=2)


@pytest.fixture(params=["processes", "ray"])
def distant(request: pytest.FixtureRequest) -> Engine:
    """Work is done elsewhere."""
    if request.param == "processes":
        return ProcessEngine(workers=2)
    return RayEngine(request.getfixturevalue("address"), workers=2)


def test_every_piece_is_done_once_on_its_table_and_a_crew_works_on(engine: Engine, tmp_path: Path) -> None:
    pieces = [(number % 3, number) for number in range(7)]
    with engine.open(iter([100, 200, 300]), tmp_path / "room") as crew:
        results = list(crew.run(add, pieces))
        assert list(crew.run(add, [])) == []
        assert list(crew.run(add, [(1, 5)])) == [(0, 205)]
    assert sorted(results) == [(number, (number % 3 + 1) * 100 + number) for number in range(7)]


def test_tables_arrive_whole(engine: Engine, tmp_path: Path) -> None:
    examples = replace(some_examples(50), patterns=[f"kind {number}" for number in range(50)])
    empty = examples.between(0, 0)
    with engine.open(iter([empty, examples]), tmp_path) as crew:
        ((_, row),) = crew.run(row_of, [(1, 7)])
    vector = [examples.vectors[7, column] for column in range(len(NAMES))]
    assert row[:4] == (vector, examples.labels[7], examples.days[7], "kind 7")


def test_what_a_piece_refuses_is_told_as_it_is(engine: Engine, tmp_path: Path) -> None:
    with engine.open([1], tmp_path) as crew, pytest.raises(UnusableDataError, match="piece 3 of table 1 will not do"):
        list(crew.run(refuse, [(0, number) for number in range(6)]))


def test_two_workers_share_the_work_and_look_into_the_tables_where_they_lie(distant: Engine, tmp_path: Path) -> None:
    with distant.open([some_examples(50)], tmp_path) as crew:
        places = {place for _, place in crew.run(place_of, [(0, number) for number in range(8)])}
    with distant.open([replace(some_examples(50), patterns=["x"] * 50)], tmp_path) as crew:
        ((_, row),) = crew.run(row_of, [(0, 0)])
    assert len(places) == 2
    assert os.getpid() not in places
    assert row[-1] is True


def test_a_worker_that_is_lost_is_told_in_a_sentence(distant: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineFailedError, match="What is finished is kept"), distant.open([1], tmp_path) as crew:
        list(crew.run(leave, [(0, 1)]))


def test_nothing_is_left_in_the_room(engine: Engine, tmp_path: Path) -> None:
    with engine.open([some_examples(50)], tmp_path / "room"):
        pass
    assert list(tmp_path.glob("room/*")) == []


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFailedError, match="No Ray cluster at --engine nonsense"):
        RayEngine("nonsense", workers=2).open([1], tmp_path).__enter__()


def test_without_ray_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(EngineFailedError, match=r"pip install 'upi-risk\[ray\]'"):
        RayEngine("ray", workers=2).open([1], tmp_path).__enter__()
