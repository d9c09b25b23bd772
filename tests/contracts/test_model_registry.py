"""What every model registry promises; see upi_risk.domain.registry.ModelRegistry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.models import FileModels, MemoryModels, Models
from tests.learning import a_small_model
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.domain.errors import ModelRejectedError


@pytest.fixture(params=["memory", "files"])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> Models:
    made = MemoryModels() if request.param == "memory" else FileModels(tmp_path / "models")
    model, card = made.good()
    for version in ("v1.0", "v2.0", "v3.0"):
        made.put(version, model, replace(card, version=version))
    return made


def test_a_sheet_has_the_card_and_can_be_read_line_by_line(models: Models) -> None:
    sheet = models.registry.sheet("v2.0")
    assert sheet.card == models.store.load("v2.0").card
    assert sheet.lines()["version"] == "v2.0"


def test_the_difference_of_two_sheets_is_what_differs(models: Models) -> None:
    one, other = models.registry.sheet("v1.0"), models.registry.sheet("v2.0")
    assert one.difference(other) == [("version", "v1.0", "v2.0")]
    more = replace(other, training=(*other.training, ("horoscope", "Leo")))
    assert one.difference(more)[-1] == ("horoscope", "", "Leo")
    assert one.difference(one) == []


def test_the_difference_of_two_lists_of_features_is_what_only_one_has(models: Models) -> None:
    one = models.registry.sheet("v1.0")
    first, second, *rest = one.card.features
    shorter = replace(one, card=replace(one.card, features=(first, *rest)))
    swapped = replace(one, card=replace(one.card, features=(second, first, *rest)))
    told = {name: (here, there) for name, here, there in one.difference(shorter)}
    assert told["features"] == (second, "")
    lists = {name: (here, there) for name, here, there in one.difference(swapped)}["features"]
    assert [text.split(", ")[:2] for text in lists] == [[first, second], [second, first]]


@pytest.mark.parametrize("version", ["v9", "", "../v1.0"])
def test_a_version_that_is_not_there_has_no_sheet_and_is_not_named(models: Models, version: str) -> None:
    """Red when promote names a version without looking for its card."""
    models.registry.promote("v1.0")
    for action in (models.registry.sheet, models.registry.promote):
        with pytest.raises(ModelRejectedError):
            action(version)
    assert models.store.current() == "v1.0"


def test_the_version_promoted_is_the_one_to_serve_and_the_one_before_is_remembered(models: Models) -> None:
    assert models.registry.previous() is None
    models.registry.promote("v1.0")
    assert models.registry.previous() is None
    models.registry.promote("v3.0")
    assert (models.store.current(), models.registry.previous()) == ("v3.0", "v1.0")
    models.registry.promote("v3.0")
    assert (models.store.current(), models.registry.previous()) == ("v3.0", "v1.0")


def test_rolling_back_goes_the_same_way_back(models: Models) -> None:
    for version in ("v1.0", "v2.0", "v3.0", "v1.0"):
        models.registry.promote(version)
    served = []
    while models.registry.previous() is not None:
        models.registry.roll_back()
        served.append(models.store.current())
    assert served == ["v3.0", "v2.0", "v1.0"]
    with pytest.raises(ModelRejectedError, match="No model served before"):
        models.registry.roll_back()
    assert models.store.current() == "v1.0"


@pytest.fixture
def files(tmp_path: Path) -> FileModels:
    made = FileModels(tmp_path)
    model, card = a_small_model()
    for version in ("v1.0", "v2.0"):
        made.put(version, model, replace(card, version=version))
        made.registry.promote(version)
    return made


def test_a_crash_between_the_two_files_is_passed_over(files: FileModels, tmp_path: Path) -> None:
    """Red when FileModelStore does not pass over the present version at the end of SERVED."""
    (tmp_path / "SERVED").write_text("v1.0\nv2.0\n")
    assert files.registry.previous() == "v1.0"
    files.registry.roll_back()
    assert (files.store.current(), files.registry.previous()) == ("v1.0", None)


def test_rubbish_in_the_list_is_no_version(files: FileModels, tmp_path: Path) -> None:
    """Red when lines of SERVED are not held against what a name is."""
    (tmp_path / "SERVED").write_bytes(b"../v1.0\n")
    assert files.registry.previous() is None
    (tmp_path / "SERVED").write_bytes(b"\xff")
    assert files.registry.previous() is None


def test_a_name_that_cannot_be_written_is_said(files: FileModels, tmp_path: Path) -> None:
    """Red when FileModelStore lets the OSError through."""
    (tmp_path / "CURRENT.new").mkdir()
    with pytest.raises(ModelRejectedError, match="cannot be written"):
        files.registry.promote("v1.0")
    assert FileModelStore(tmp_path, open_scorer).current() == "v2.0"


def test_a_sheet_of_files_has_the_figures_beside_their_split(files: FileModels) -> None:
    lines = files.registry.sheet("v1.0").lines()
    assert (lines["AUC"], lines["average precision"], lines["recall from 0.35"]) == ("0.9", "0.5", "0.5")
    assert lines["split"].startswith("train 2026-03-02")
    assert (lines["learned from"], lines["trees, depth"]) == ("payments.csv, 10 payments", "30, 3")
