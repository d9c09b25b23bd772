"""What every model store promises; see upi_risk.domain.ports.ModelStore."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.models import FileModels, MemoryModels, Models
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import Canary, ModelCard


@pytest.fixture(params=["memory", "files"])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> Models:
    return MemoryModels() if request.param == "memory" else FileModels(tmp_path / "models")


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(ModelRejectedError) as refused:
        action()
    message = str(refused.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_versions_come_in_natural_order(models: Models) -> None:
    assert models.store.versions() == []
    model, card = models.good()
    for version in ("v1.10", "v1.9", "v2.0", "v1.0"):
        models.put(version, model, replace(card, version=version))
    assert models.store.versions() == ["v1.0", "v1.9", "v1.10", "v2.0"]


def test_the_version_to_serve_is_the_one_that_was_named(models: Models) -> None:
    assert "name" in refusal(models.store.current)
    models.put("v1.0", *models.good())
    models.serve("v1.0")
    assert models.store.current() == "v1.0"


def test_a_good_model_is_loaded_with_its_card_and_scores_its_rows(models: Models) -> None:
    model, card = models.good()
    models.put("v1.0", model, card)
    scorer = models.store.load("v1.0")
    assert scorer.card == card
    scored = scorer.score([canary.vector for canary in card.canaries])
    card.require_canaries([result.probability for result in scored])


@pytest.mark.parametrize("version", ["v9", "", "../v1.0", "v1.0/../v1.0", "x" * 300])
def test_a_version_that_is_not_there_is_refused(models: Models, version: str) -> None:
    models.put("v1.0", *models.good())
    refusal(lambda: models.store.load(version))


def test_a_name_that_leads_out_of_the_folder_is_refused_even_where_a_model_lies(tmp_path: Path) -> None:
    """Red without the check of names in FileModelStore: the model outside is loaded."""
    files = FileModels(tmp_path / "models")
    model, card = files.good()
    files.put("../v1.0", model, replace(card, version="../v1.0"))
    assert "is no version's name" in refusal(lambda: files.store.load("../v1.0"))


def test_a_file_that_is_not_the_cards_is_refused(models: Models) -> None:
    """Red when ModelCard.require_fit does not compare digests."""
    model, card = models.good()
    models.put("v1.0", model[:-1] + bytes([model[-1] ^ 1]), card)
    assert "not the one its card describes" in refusal(lambda: models.store.load("v1.0"))


def test_a_damaged_file_is_refused_even_when_its_card_was_made_to_fit(models: Models) -> None:
    """Red without both the trial in a child and the catching of what loading raises; in memory, without the latter."""
    model, card = models.good()
    half = model[: len(model) // 2]
    models.put("v1.0", half, replace(card, sha256=hashlib.sha256(half).hexdigest()))
    assert "damaged" in refusal(lambda: models.store.load("v1.0"))


def other_order(card: ModelCard) -> ModelCard:
    return replace(card, features=card.features[::-1])


def other_meaning(card: ModelCard) -> ModelCard:
    return replace(card, fingerprint="0" * 16)


@pytest.mark.parametrize("changed", [other_order, other_meaning])
def test_a_model_of_other_features_is_refused(models: Models, changed: Callable[[ModelCard], ModelCard]) -> None:
    """Red when ModelCard.require_fit does not compare names and fingerprint."""
    model, card = models.good()
    models.put("v1.0", model, changed(card))
    assert "trained on other features" in refusal(lambda: models.store.load("v1.0"))


def test_a_model_that_scores_its_rows_otherwise_is_refused(models: Models) -> None:
    """Red when ModelCard.require_canaries compares nothing."""
    model, card = models.good()
    first, *rest = card.canaries
    canaries = (Canary(first.vector, first.probability + 1e-6), *rest)
    models.put("v1.0", model, replace(card, canaries=canaries))
    assert "otherwise than at training" in refusal(lambda: models.store.load("v1.0"))


def test_a_model_without_rows_to_try_it_on_is_refused(models: Models) -> None:
    """Red when ModelCard.require_fit does not ask for rows: the check above would pass for want of any."""
    model, card = models.good()
    models.put("v1.0", model, replace(card, canaries=()))
    assert "no rows to try it on" in refusal(lambda: models.store.load("v1.0"))


def test_a_model_under_another_name_is_refused(models: Models) -> None:
    """Red when the stores do not compare the card's version with the name."""
    models.put("v2.0", *models.good())
    assert "own name" in refusal(lambda: models.store.load("v2.0"))
