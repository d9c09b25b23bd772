"""``upi-risk models`` at the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.learning import a_record, a_small_model
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.bootstrap.commands.models import command
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.learning_ports import Usage


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models, the first one serving."""
    model, card = a_small_model()
    for version in ("v1.0", "v2.0"):
        folder = tmp_path / "models" / version
        ModelFolders(open_scorer).put(folder, model, replace(card, version=version), a_record(), Usage(1, 1))
    (tmp_path / "models" / "CURRENT").write_text("v1.0\n")
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MODEL_VERSION", raising=False)
    return tmp_path / "models"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_list_has_every_version_its_figures_their_split_and_the_one_that_serves(models: Path) -> None:
    (models / "v3.0").mkdir()
    lines = run("list").splitlines()
    (first,) = [line for line in lines if "v1.0" in line]
    (second,) = [line for line in lines if "v2.0" in line]
    assert "CURRENT" in first
    assert "CURRENT" not in second
    for said in ("baseline", "0.9000", "0.5000", "train 2026-03-02"):
        assert said in second
    assert any("v3.0" in line and "card.json is missing" in line for line in lines)
    (models / "CURRENT").unlink()
    assert "CURRENT" not in run("list")


def test_a_card_is_a_table_and_without_a_version_it_is_the_serving_one_s(models: Path) -> None:
    assert run("show") == run("show", "v1.0")
    said = run("show", "v2.0")
    for line in ("v2.0", "canary rows", "AUC", "payments.csv, 10 payments", "30, 3"):
        assert line in said


def test_the_difference_names_what_differs_alone(models: Path) -> None:
    said = run("diff", "v1.0", "v2.0")
    assert "version" in said
    assert "AUC" not in said


def test_promote_and_rollback_change_what_is_named_and_say_the_way_back(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "rollback goes back to v1.0" in run("promote", "v2.0")
    assert (models / "CURRENT").read_text() == "v2.0\n"
    said = run("rollback")
    assert "v1.0 loads" in said
    assert "goes back" not in said
    assert (models / "CURRENT").read_text() == "v1.0\n"
    monkeypatch.setenv("MODEL_VERSION", "v1.0")
    assert "MODEL_VERSION is v1.0" in run("promote", "v2.0")


def test_a_damaged_model_is_not_promoted(models: Path) -> None:
    with (models / "v2.0" / "fraud_classifier.cbm").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelRejectedError, match="not the one its card describes"):
        run("promote", "v2.0")
    assert (models / "CURRENT").read_text() == "v1.0\n"
