"""``upi-risk train`` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import rich_click as click
from click.testing import CliRunner, Result

from tests.learning import a_stream
from tests.training import quick_trainer
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.bootstrap.commands.train import command, serving_folder
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.tuning import TuningOrder
from upi_risk.entrypoints.cli.train import train_command
from upi_risk.entrypoints.cli.tuning_options import tuning_order

QUICK = train_command(quick_trainer, serving_folder)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "payments.parquet"
    a_stream().write_parquet(path)
    return path


def run(*arguments: object, of: click.Command = QUICK) -> Result:
    return CliRunner().invoke(of, [str(argument) for argument in arguments])


def test_it_writes_a_model_that_the_store_serves_and_prints_figures_beside_their_split(
    file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "models" / "v1.0"
    result = run(
        "--transactions", file, "--out", out, "--iterations", 20, "--depth", 3, "--label-delay", "2d",
        "--test-from", "2026-01-25", "--units", "1,25", "--workers", 1, "--folds", 2,
        "--cost", "verify_rupees=4.5", "--cost", "recovered=0.2", of=command,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "train 2026-01-01" in result.stdout
    assert "2026-01-23, test 2026-01-25" in " ".join(result.stdout.split())
    assert "amounts times 25" in result.stdout
    assert "95 % intervals" in result.stdout
    assert "A random split flatters by" in result.stdout
    assert "The gate is " in result.stdout
    assert "CURRENT" in result.stdout
    assert FileModelStore(out.parent, open_scorer).load("v1.0").card.version == "v1.0"
    assert "4.5 rupees" in (out / "report.html").read_text(encoding="utf-8")
    card = json.loads((out / "card.json").read_bytes())
    assert (card["training"]["iterations"], card["training"]["units"]) == (20, [1.0, 25.0])
    assert str(tmp_path) not in (out / "card.json").read_text()


def test_a_file_with_names_of_its_own_is_learned_and_what_was_done_to_it_is_in_the_figures(
    file: Path, tmp_path: Path
) -> None:
    frame = pl.read_parquet(file).rename({"amount": "TX_AMOUNT", "event_time": "TX_DATETIME"})
    theirs = tmp_path / "theirs.parquet"
    pl.concat([frame[1:], frame[:1]]).write_parquet(theirs)
    order = ("--columns", "event_time=TX_DATETIME, amount=TX_AMOUNT", "--iterations", 5, "--label-delay", "2d")
    result = run("--transactions", theirs, "--out", tmp_path / "v9", *order)
    assert result.exit_code == 0, result.output
    assert "Note: 1 rows of theirs.parquet were not in order" in " ".join(result.stdout.split())
    for name in ("metrics.json", "card.json"):
        figures = json.loads((tmp_path / "v9" / name).read_bytes())
        counted = figures["cleaning"] if name == "metrics.json" else figures["training"]["source"]["cleaning"]
        assert (counted["rows_out_of_order"], counted["rows_read"]) == (1, frame.height)
    result = run("--transactions", theirs, "--out", tmp_path / "v9", "--strict-order", *order)
    assert f"Row {frame.height:,} of theirs.parquet" in str(result.exception)


def test_it_tells_where_verify_and_block_begin_and_how_that_was_chosen(tmp_path: Path) -> None:
    a_stream(days=60, payments_a_day=120).write_parquet(tmp_path / "long.parquet")
    order = ("--out", tmp_path / "v9", "--iterations", 20, "--depth", 3, "--label-delay", "2d", "--workers", 1)
    wishes = ("--base-rate", 0.004, "--alert-budget", 0.02, "--block-precision", 0.05, "--no-monotone")
    result = run("--transactions", tmp_path / "long.parquet", *order, *wishes)
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    for words in ("Calibrated on", "fraud in 0.004 of payments where it serves", "VERIFY from a probability of"):
        assert words in told
    for words in ("BLOCK above", "by amount", "Probabilities against outcomes", "of what fraud costs"):
        assert words in told
    card = json.loads((tmp_path / "v9" / "card.json").read_bytes())
    assert card["meaning"]["base_rate"]["served"] == 0.004
    assert card["training"]["monotone"] is False
    assert json.loads((tmp_path / "v9" / "metrics.json").read_bytes())["scaling"]["wishes"]["alert_budget"] == 0.02


def test_rows_after_now_are_refused(file: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(file)
    future = frame.tail(1).with_columns(pl.col("event_time").dt.offset_by("90y"))
    pl.concat([frame, future]).write_parquet(file)
    result = run("--transactions", file, "--out", tmp_path / "m")
    assert f"Row {frame.height + 1:,} of payments.parquet has an event_time in the future" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--units", "0"), "are no factors"),
        (("--units", "1,1"), "are no factors"),
        (("--units", "x"), "are no factors"),
        (("--label-delay", "soon"), "is no duration"),
        (("--columns", "amount"), "are no names"),
        (("--columns", "amount=TX,=TX"), "are no names"),
        (("--folds", "1"), "is no number of folds"),
        (("--cost", "margin=1"), "is no cost"),
        (("--cost", "recovered=much"), "is no cost"),
        (("--cost", "recovered=inf"), "is no cost"),
        (("--depth", "17"), "not in the range"),
        (("--features", "all"), "is not"),
        (("--grid", "width=3"), "is no range"),
        (("--grid", "depth=4,4"), "is no range"),
        (("--grid", "depth=4,x"), "is no range"),
        (("--grid", "depth=40"), "is no range"),
        (("--grid", "depth=4.5"), "is counted in whole"),
        (("--trials", "-1"), "not in the range"),
        (("--fraud-weight", "0"), "not in the range"),
        (("--l2-leaf-reg", "nan"), "not in the range"),
        (("--early-stopping", "-1"), "not in the range"),
        (("--version", "../v1"), "is no name for a model"),
        (("--train-from", "yesterday"), "does not match"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(
    file: Path, tmp_path: Path, arguments: tuple[str, str], sentence: str
) -> None:
    result = run("--transactions", file, "--out", tmp_path / "m", *arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.split())


def test_a_file_that_will_not_do_is_an_error_of_ours_with_one_sentence(tmp_path: Path) -> None:
    result = run("--transactions", tmp_path / "absent.csv", "--out", tmp_path / "m")
    assert isinstance(result.exception, UnusableDataError)
    assert str(result.exception).startswith("There is no file")


def test_parameters_are_chosen_by_trying_and_every_candidate_is_told(file: Path, tmp_path: Path) -> None:
    ranges = ("iterations=5,20", "depth=2,3", "learning_rate=0.1,0.2", "l2_leaf_reg=1,9", "fraud_weight=1,3")
    grid = [word for one in ranges for word in ("--grid", one)]
    out = tmp_path / "v3"
    result = run(
        "--transactions", file, "--out", out, "--label-delay", "2d", "--workers", 1, "--trials", 3, "--folds", 2,
        "--early-stopping", 4, "--iterations", 9, "--against", tmp_path, *grid,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert "The best 3 of 3 candidates" in told
    assert "The test period was not looked at." in told
    assert "the model has as many, grown on the whole period" in told
    figures = json.loads((out / "metrics.json").read_bytes())
    assert len(figures["tuning"]["candidates"]) == 3
    assert figures["parameters"]["iterations"] == figures["stopping"]["trees"] <= 20
    assert not (tmp_path / ".v3.progress").exists()


def test_a_grid_alone_is_the_whole_grid_and_a_search_takes_two_ends() -> None:
    assert tuning_order((), 0, 0) is None
    assert tuning_order((("all", ()),), 0, 0) == TuningOrder()
    assert tuning_order((("depth", (4.0,)),), 0, 3) == TuningOrder(values={"depth": (4.0,)}, folds=3)
    with pytest.raises(click.BadParameter, match="depth takes two values"):
        tuning_order((("depth", (4.0,)),), 5, 0)


def test_the_option_grid_needs_no_value(file: Path, tmp_path: Path) -> None:
    result = run("--transactions", file, "--grid", "--out", tmp_path / "m", "--label-delay", "2d", "--folds", 20)
    assert "ask for fewer folds" in str(result.exception)


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--strict",), 0), (("--gate", "--strict"), 1)])
def test_a_model_that_fails_the_gate_fails_the_command_only_when_asked(
    file: Path, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    small = ("--iterations", 1, "--depth", 1, "--label-delay", "2d", "--workers", 1)
    result = run("--transactions", file, "--out", tmp_path / "v2", *small, "--against", tmp_path / "none", *arguments)
    assert result.exit_code == code, result.output
    assert "The gate is not passed" in " ".join(result.stdout.split())
    assert "The serving model could not be compared with" in " ".join(result.stdout.split())
    assert FileModelStore(tmp_path, open_scorer).load("v2").card.version == "v2"


def test_the_model_to_compare_with_is_the_one_that_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    assert serving_folder() is None
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "CURRENT").write_text("v3.0\n", encoding="utf-8")
    assert serving_folder() == tmp_path / "models" / "v3.0"
    monkeypatch.setenv("MODEL_VERSION", "v2.9")
    assert serving_folder() == tmp_path / "models" / "v2.9"
