"""Folders of models: what is written, what is refused, and what damage does."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.learning import A_TEST, STOPPING, a_record, a_rival, a_small_model, a_tuning, a_validation, an_evaluation
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.catboost.trial import tried
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.files.seal import UNSEALED, sealed
from upi_risk.domain.errors import ModelRejectedError, UnusableDataError
from upi_risk.domain.gate import AcceptanceGate
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.meaning import AS_IT_IS

FOLDERS = ModelFolders(open_scorer)
USED = Usage(12.34, 567.8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good model."""
    path = tmp_path / "v1.0"
    FOLDERS.put(path, *a_small_model(), a_record(), USED)
    return path


def refusal(folder: Path) -> str:
    with pytest.raises(ModelRejectedError) as refused:
        FOLDERS.take(folder)
    return str(refused.value)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change the card."""
    card = json.loads((folder / "card.json").read_bytes())
    change(card)
    if "seal" in card:
        card["seal"] = UNSEALED
    (folder / "card.json").write_bytes(sealed(json.dumps(card).encode()))
    return folder


def test_what_was_put_is_taken(folder: Path) -> None:
    assert FOLDERS.take(folder).card == a_small_model()[1]
    files = ["MODEL_CARD.md", "card.json", "fraud_classifier.cbm", "metrics.json", "reference.json"]
    assert sorted(path.name for path in folder.iterdir()) == files


def test_a_card_of_before_there_were_intervals_is_taken(folder: Path) -> None:
    rewrite(folder, lambda card: card.pop("evaluation"))
    assert FOLDERS.take(folder).card == a_small_model()[1]


def test_a_card_may_bring_figures_that_this_release_does_not_know(folder: Path) -> None:
    rewrite(folder, lambda card: card.update(evaluation={"auc": {"value": 0.9}, "regret": 1}))
    assert FOLDERS.take(folder).card == a_small_model()[1]


def test_a_card_of_before_there_was_a_scale_is_read_and_its_answers_are_scores(folder: Path) -> None:
    def of_before(card: dict[str, Any]) -> None:
        card.update(format=1)
        card.pop("meaning")
        card.pop("seal")
        card["training"].pop("monotone")

    rewrite(folder, of_before)
    assert FOLDERS.take(folder).card == a_small_model()[1]
    assert FOLDERS.take(folder).card.meaning == AS_IT_IS


def test_a_report_lies_beside_its_model(folder: Path) -> None:
    FOLDERS.add_report(folder, "<p>₹</p>")
    assert (folder / "report.html").read_text(encoding="utf-8") == "<p>₹</p>"
    FOLDERS.require_room(folder)


def test_the_page_of_a_model_tells_its_figures_and_its_verdict(tmp_path: Path) -> None:
    evaluation = an_evaluation(auc=0.85)
    told = replace(
        a_record(),
        evaluation=evaluation,
        validation=a_validation(),
        verdict=AcceptanceGate().judge(evaluation, A_TEST, a_rival(an_evaluation())),
    )
    FOLDERS.put(tmp_path / "v1.0", *a_small_model(), told, USED)
    page = (tmp_path / "v1.0" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert page.startswith("# Model v1.0\n")
    for part in (
        "train 2026-03-02",
        "The gate is not passed: AUC 0.8500 is 0.0500 below",
        "Not a fair comparison: v0.9 learned from 2026-02-10",
        "| AUC | 0.8500 | 0.9000 | -0.0500 | missed |",
        "| alerts 0.5 % |",
        "| pattern mule | 1,990 | 10 | 0.850 (0.800 to 0.900) | - |",
        "flatters by +0.1000 AUC",
    ):
        assert part in page
    figures = json.loads((tmp_path / "v1.0" / "metrics.json").read_bytes())
    assert figures["gate"]["passed"] is False
    assert "it has seen how they ended" in figures["gate"]["doubts"][0]
    assert figures["validation"]["prequential"]["auc"]["mean"] == pytest.approx(0.85)


def test_how_the_parameters_were_chosen_is_told_and_every_candidate_is_in_the_figures(tmp_path: Path) -> None:
    told = replace(a_record(), tuning=a_tuning(), stopping=STOPPING)
    FOLDERS.put(tmp_path / "v1.0", *a_small_model(), told, USED)
    figures = json.loads((tmp_path / "v1.0" / "metrics.json").read_bytes())
    assert [one["number"] for one in figures["tuning"]["candidates"]] == [2, 1]
    best = figures["tuning"]["candidates"][0]
    assert (best["parameters"]["depth"], best["auc"], best["folds"][0]["trees"]) == (4, 0.9, 26)
    assert (figures["parameters"]["l2_leaf_reg"], figures["stopping"]["trees"]) == (3.0, 19)
    training = json.loads((tmp_path / "v1.0" / "card.json").read_bytes())["training"]
    assert training["chosen"].startswith("The best of 2 candidates of a grid")
    assert (training["l2_leaf_reg"], training["fraud_weight"], training["stopping"]["rounds"]) == (3.0, 1.0, 50)
    page = (tmp_path / "v1.0" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "- Chosen: The best of 2 candidates of a grid" in page
    assert "- Cleaned: " in page
    assert (
        "| 2 | 30 trees of depth 4, learning rate 0.1, L2 3, frauds count 1, features 1, seed 7 | 0.9000 | 0.4500 |"
        in page
    )
    shown = dict(FOLDERS.sheet(tmp_path / "v1.0").training)
    assert shown["parameters chosen"] == training["chosen"]


def test_a_card_of_before_parameters_were_chosen_is_shown(folder: Path) -> None:
    rewrite(folder, lambda card: [card["training"].pop(name) for name in ("l2_leaf_reg", "chosen", "stopping")])
    assert dict(FOLDERS.sheet(folder).training)["parameters chosen"] == "by hand"


def test_the_figures_are_flat_and_have_their_split_beside_them(folder: Path) -> None:
    figures = json.loads((folder / "metrics.json").read_bytes())
    assert (
        figures["split"]
        == "train 2026-03-02 06:30:00 .. 2026-03-12 06:30:00, test 2026-03-19 06:30:00 .. 2026-04-01 06:30:00"
    )
    assert [figures[name] for name in ("auc", "average_precision", "card_precision_at_100", "brier")] == [
        0.9,
        0.5,
        0.01,
        0.1,
    ]
    assert [figures[name] for name in ("threshold", "precision", "recall", "f1")] == [0.35, 1 / 3, 0.5, 0.4]
    assert [entry["threshold"] for entry in figures["thresholds"]] == [0.35, 0.65]
    assert (figures["rows"], figures["seconds"], figures["peak_memory_mib"]) == ({"train": 8, "test": 2}, 12.3, 568)


def test_the_card_tells_how_the_model_came_to_be_and_nothing_that_differs_between_runs(
    folder: Path, tmp_path: Path
) -> None:
    card = json.loads((folder / "card.json").read_bytes())
    assert card["training"]["source"]["name"] == "payments.csv"
    assert card["metrics"][0]["auc"] == 0.9
    assert card["split"].startswith("train 2026-03-02")
    FOLDERS.put(tmp_path / "again", *a_small_model(), a_record(), Usage(99, 99))
    assert (tmp_path / "again" / "card.json").read_bytes() == (folder / "card.json").read_bytes()


@pytest.mark.parametrize("name", ["card.json", "fraud_classifier.cbm"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name} is missing; train one, or name another version" in refusal(folder)


def test_a_file_that_is_a_folder_is_refused(folder: Path) -> None:
    (folder / "card.json").unlink()
    (folder / "card.json").mkdir()
    assert "cannot be read" in refusal(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda card: card.update(format=4), "card.json of another release"),
        (lambda card: card.pop("canaries"), "cannot be read"),
        (lambda card: card.update(meaning={"calibration": {"fraud": -1, "good": 1, "offset": 0}}), "do not rise"),
        (lambda card: card.update(meaning={"base_rate": {"learned": 0, "served": 1}}), "between 0 and 1"),
        (lambda card: card.update(meaning={"scale": []}), "rise between 0 and 1"),
        (lambda card: card.update(meaning={"scale": 1}), "cannot be read"),
        (lambda card: card.update(surprise=1), "cannot be read"),
        (lambda card: card["canaries"][3].update(vector=[0.0] * 13), "canary rows that are not its features"),
        (lambda card: card["confidence"].update(edges=[]), "without a confidence curve"),
        (lambda card: card["confidence"].update(edges=[1.0]), "without a confidence curve"),
    ],
)
def test_a_card_that_is_none_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    if sentence == "without a confidence curve":
        rewrite(folder, lambda card: card["confidence"].update(fraud_rates=[0.1, 0.2]))
    assert sentence in refusal(rewrite(folder, change))


@pytest.mark.parametrize("content", [b"", b"not json", b"\xff", b'{"format": 1'])
def test_a_card_that_is_no_json_is_refused(folder: Path, content: bytes) -> None:
    (folder / "card.json").write_bytes(content)
    assert refusal(folder).startswith("Model v1.0 has a card.json that cannot be read")


@pytest.mark.parametrize(
    "change", [(b"0.", b"1."), (b'"format":3', b'"format":2'), (b"\n ", b"\n  "), (b'"seal"', b'"seaI"')]
)
def test_a_card_in_which_anything_was_changed_is_refused(folder: Path, change: tuple[bytes, bytes]) -> None:
    """Red when the seal is not looked at: a scale or a curve with another digit serves other scores."""
    content = (folder / "card.json").read_bytes()
    assert change[0] in content or b": " in content
    (folder / "card.json").write_bytes(content.replace(b'": ', b'":').replace(*change, 1))
    refusal(folder)
    (folder / "card.json").write_bytes(content)
    FOLDERS.take(folder)


def test_none_of_a_thousand_damaged_files_is_loaded(folder: Path) -> None:
    dice, model = random.Random(5), a_small_model()[0]  # noqa: S311 - damage
    for _ in range(1_000):
        damaged = bytearray(model)
        damaged[dice.randrange(len(model))] ^= 1 << dice.randrange(8)
        (folder / "fraud_classifier.cbm").write_bytes(damaged)
        assert "not the one its card describes" in refusal(folder)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_file_cut_short_fails_in_the_child_alone(keep: float) -> None:
    model, card = a_small_model()
    with pytest.raises(ModelRejectedError, match="its file is damaged"):
        tried(model[: int(len(model) * keep)], card)


def test_the_child_imports_nothing_of_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red without ``-P``."""
    (tmp_path / "json.py").write_text("raise SystemExit('foreign code')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model, card = a_small_model()
    tried(model, replace(card, canaries=card.canaries[1:]))  # rows that no child has scored yet


def test_the_store_reads_folders_and_names_what_is_served(folder: Path) -> None:
    store = FileModelStore(folder.parent, open_scorer)
    (folder.parent / "CURRENT").write_text("../v1.0", encoding="utf-8")
    with pytest.raises(ModelRejectedError, match="no version's name"):
        store.current()
    (folder.parent / "notes.txt").touch()
    (folder.parent / ".hidden").mkdir()
    assert store.versions() == ["v1.0"]


@pytest.mark.parametrize("held", [[], ["card.json", "fraud_classifier.cbm", "metrics.json"]])
def test_an_empty_folder_and_a_models_have_room(tmp_path: Path, held: list[str]) -> None:
    for name in held:
        (tmp_path / name).touch()
    FOLDERS.require_room(tmp_path)
    FOLDERS.require_room(tmp_path / "new" / "deep")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted(held)


def test_a_folder_with_something_else_has_no_room(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(UnusableDataError, match=r"holds thesis\.docx, which is no model's"):
        FOLDERS.require_room(tmp_path)


def test_what_cannot_be_a_folder_has_no_room(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableDataError, match="No model can be written"):
        FOLDERS.require_room(tmp_path / "file" / "v1.0")
