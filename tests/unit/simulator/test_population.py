"""A made-up population: the same again from the same seed, and truth kept apart from what anybody could know."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from upi_risk.adapters.polars.stream import StreamSlice, read_slice
from upi_risk.adapters.polars.transactions_file import OPTIONAL, REQUIRED, read_transactions
from upi_risk.adapters.simulator.acceptance import area, population_figures
from upi_risk.adapters.simulator.world import SimulatedWorld
from upi_risk.bootstrap.commands.simulate import read_stream
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.payment import MAX_AMOUNT_PAISE
from upi_risk.domain.simulation import SimulationOrder

FIRST_DAY = date(2025, 7, 1)
HIDDEN = {"y_true", "scenario", "stealth", "purpose", "episode", "new_device", "locality"}


def quiet(_step: str, _share: float) -> None:
    pass


def made(order: SimulationOrder) -> SimulationOrder:
    SimulatedWorld(read_stream, workers=1).make(order, quiet)
    return order


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> SimulationOrder:
    """A population with more fraud than is usual, so that there is some to look at."""
    out = tmp_path_factory.mktemp("world") / "payments.parquet"
    return made(SimulationOrder(900, 60, 7, FIRST_DAY, out, prevalence=0.02))


def both(order: SimulationOrder) -> pl.DataFrame:
    """Payments with their truth."""
    payments, truth = pl.read_parquet(order.out), pl.read_parquet(order.truth)
    assert payments.select("event_time", "user_id", "receiver_id").equals(
        truth.select("event_time", "user_id", "receiver_id")
    )
    return payments.hstack(truth.select(HIDDEN))


def test_the_same_order_gives_the_same_bytes(tmp_path: Path) -> None:
    first = SimulationOrder(150, 21, 3, FIRST_DAY, tmp_path / "a.parquet", prevalence=0.02)
    again = made(replace(first, out=tmp_path / "b.parquet"))
    other = made(replace(first, out=tmp_path / "c.parquet", seed=4))
    made(first)
    assert first.out.read_bytes() == again.out.read_bytes()
    assert first.truth.read_bytes() == again.truth.read_bytes()
    assert first.out.read_bytes() != other.out.read_bytes()


def test_the_transactions_file_holds_nothing_that_is_hidden(order: SimulationOrder) -> None:
    columns = set(pl.read_parquet_schema(order.out))
    assert columns <= {*REQUIRED, *OPTIONAL}
    assert set(pl.read_parquet_schema(order.truth)) >= HIDDEN


def test_the_transactions_file_enters_by_the_door_of_all_others(order: SimulationOrder) -> None:
    assert read_transactions(order.out).notes == ()
    whole = StreamSlice(None, None, None, timedelta(days=7))
    assert read_slice(order.out, whole, user_prefix="", handle="none").left_out == 0


def test_a_label_is_what_is_reported_and_a_report_comes_after_its_payment(order: SimulationOrder) -> None:
    table = both(order)
    assert table.select((pl.col("is_fraud") == 1).eq(pl.col("reported_at").is_not_null()).all()).item()
    assert table.filter(pl.col("reported_at") <= pl.col("event_time")).is_empty()
    frauds = table.filter(pl.col("y_true") == 1)
    assert 0.25 < frauds["is_fraud"].mean() < 0.6  # type: ignore[operator]
    assert 0 < table.filter(pl.col("y_true") == 0)["is_fraud"].sum() < len(table) / 1_000
    assert (frauds["reported_at"] - frauds["event_time"]).max() > timedelta(days=7)  # type: ignore[operator]


def test_only_frauds_have_a_scenario_and_only_honest_payments_a_purpose(order: SimulationOrder) -> None:
    table = both(order)
    assert table.select(pl.col("scenario").is_not_null().eq(pl.col("y_true") == 1).all()).item()
    assert table.select((pl.col("purpose") == "fraud").eq(pl.col("y_true") == 1).all()).item()
    assert table["scenario"].n_unique() == 10


def test_every_payment_lies_in_the_window_after_its_users_sign_up(order: SimulationOrder) -> None:
    table = pl.read_parquet(order.out)
    midnight = datetime(2025, 6, 30, 18, 30, tzinfo=UTC)
    assert midnight <= table["event_time"].min() < midnight + timedelta(hours=3)  # type: ignore[operator]
    assert table["event_time"].max() < midnight + timedelta(days=60)  # type: ignore[operator]
    assert table.filter(pl.col("signed_up_at") > pl.col("event_time")).is_empty()
    assert not table.select(pl.struct("user_id", "event_time").is_duplicated().any()).item()


def test_sign_ins_never_become_fewer_and_amounts_are_whole_paise_within_the_limit(order: SimulationOrder) -> None:
    table = pl.read_parquet(order.out)
    assert table.select((pl.col("login_count").diff().over("user_id") < 0).any()).item() is False
    paise = table["amount"].to_numpy() * 100
    assert np.abs(paise - np.round(paise)).max() < 1e-6
    assert paise.min() >= 100
    assert paise.max() <= MAX_AMOUNT_PAISE


def test_a_name_does_not_tell_a_mule_from_others(order: SimulationOrder) -> None:
    table = both(order).with_columns(
        pl.col("receiver_id").str.extract(r"(\d+)@").cast(pl.Int64).alias("number"),
        pl.col("receiver_id").str.len_chars().alias("length"),
    )
    persons = table.filter(
        pl.col("receiver_id").str.contains("@(okaxis|oksbi|upi)") & ~pl.col("receiver_id").str.starts_with("q")
    )
    for name in ("number", "length"):
        told = area(persons[name].to_numpy().astype(float), persons["y_true"].to_numpy() == 1)
        assert 0.35 < told < 0.65, (name, told)


def test_fraudsters_change_their_ways_when_told_to(order: SimulationOrder, tmp_path: Path) -> None:
    steady = made(replace(order, out=tmp_path / "steady.parquet", drift=False))
    late = FIRST_DAY + timedelta(days=38)
    rates = {}
    for name, world in (("drift", order), ("steady", steady)):
        frauds = both(world).filter(pl.col("y_true") == 1, pl.col("event_time").dt.date() >= late)
        below = pl.any_horizontal(
            pl.col("amount").is_between(limit * 0.97, limit - 0.01) for limit in (2_000, 5_000, 10_000)
        )
        rates[name] = frauds.select(pl.col("stealth").mean(), below.mean().alias("below")).row(0)
    assert rates["drift"][0] > rates["steady"][0] + 0.03
    assert rates["drift"][1] > 2 * rates["steady"][1]


def test_a_small_population_already_looks_like_the_country(order: SimulationOrder) -> None:
    figures = {figure.name: figure for figure in population_figures(read_stream(order), order)}
    for name in (
        "share paid to merchants",
        "busiest hour against the mean",
        "share to merchants up to Rs 2,000",
        "share to persons up to Rs 2,000",
        "fraud: share above Rs 10,000",
        "share of fraud",
        "recall of one threshold with precision above 0.5",
    ):
        assert figures[name].met, figures[name]
    assert 1.1 < figures["payments a user and day"].value < 1.6
    assert next(figure for name, figure in figures.items() if name.startswith("best single")).met


def test_a_world_without_fraud_can_be_made(tmp_path: Path) -> None:
    world = SimulatedWorld(read_stream, workers=1)
    order = SimulationOrder(120, 20, 1, FIRST_DAY, tmp_path / "good.parquet", prevalence=0.0)
    assert world.make(order, quiet)[1] == 0
    figures = {figure.name: figure for figure in world.judge(order, quiet)}
    assert not figures["test: frauds to be found"].met


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableDataError, match="cannot be written"):
        made(SimulationOrder(120, 20, 1, FIRST_DAY, tmp_path / "file" / "payments.parquet"))
