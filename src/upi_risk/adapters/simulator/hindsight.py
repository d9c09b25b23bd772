"""Facts that a service with more eyes than the fourteen features has: what the best attainable is measured with.

Windows over the payer, the pair and the receiver, the payer's own habits; of the truth the new devices and where the
payer lives, which a service sees in who else pays whom. All of it is from before the payment; labels of earlier
payments are not among it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from upi_risk.adapters.simulator.acceptance import Stream
from upi_risk.adapters.simulator.arrays import Bools, Floats, Ints, positions
from upi_risk.domain.indian_time import DAY_US, HOUR_US, IST_OFFSET_US, SECOND_US

_THRESHOLDS: Final = (2_000.0, 5_000.0, 10_000.0)
_BELOW: Final = 0.03
_NEVER: Final = -1.0
_HOURS: Final = 24
_HOUR_PRIOR: Final = 0.3
_MINUTES_US: Final = 600 * SECOND_US
_FIFTY: Final = 50.0


class Before:
    """What came before each payment within a group, e.g. within the payments of a payer."""

    def __init__(self, group: Ints, at_us: Ints) -> None:
        """Rows are in order of time."""
        self._order = np.argsort(group, kind="stable")
        group, at_us = group[self._order], at_us[self._order]
        _, sizes = np.unique(group, return_counts=True)
        self._place = positions(sizes)
        self._start = np.arange(len(group)) - self._place
        number = np.repeat(np.arange(len(sizes)), sizes)
        span = int(at_us.max() - at_us.min()) + 1 if len(at_us) else 1
        self._key = number * span + at_us - (at_us.min() if len(at_us) else 0)
        self._at = at_us

    def total(self, values: Floats, window_us: int | None = None) -> Floats:
        """The sum of the values of earlier payments of the group, in the window before each."""
        summed = np.concatenate([[0.0], np.cumsum(values[self._order])])
        since = self._start
        if window_us is not None:
            since = np.maximum(since, np.searchsorted(self._key, self._key - window_us))
        return self._back(summed[:-1] - summed[since])

    def count(self) -> Floats:
        """How many earlier payments the group has."""
        return self._back(self._place.astype(np.float64))

    def age_us(self) -> Floats:
        """Microseconds since the first payment of the group; -1 for the first itself."""
        return self._back(np.where(self._place == 0, _NEVER, (self._at - self._at[self._start]).astype(np.float64)))

    def step(self, values: Floats) -> Floats:
        """The difference to the payment before; 0 for the first."""
        values = values[self._order]
        return self._back(np.where(self._place == 0, 0.0, np.diff(values, prepend=0.0)))

    def _back(self, values: Floats) -> Floats:
        """Sorted values in the order of the rows."""
        rows = np.empty(len(values))
        rows[self._order] = values
        return rows


def hidden_facts(stream: Stream) -> dict[str, Floats]:
    """A column for each fact, a row a payment."""
    user, receiver = _codes(stream.frame["user_id"]), _codes(stream.frame["receiver_id"])
    at_us, rupees = stream.frame["at_us"].to_numpy(), stream.rupees
    of_user, of_receiver = Before(user, at_us), Before(receiver, at_us)
    of_pair = Before(user * (int(receiver.max()) + 1) + receiver, at_us)
    new = (of_pair.count() == 0).astype(np.float64)
    locality = stream.truth["locality"].to_numpy()
    neighbours = Before(receiver * (int(locality.max()) + 1) + locality, at_us).count()
    return {
        **_payer_windows(of_user, rupees, new),
        **_habits(of_user, rupees),
        "own_hour": _own_hour(user, at_us, of_user.count()),
        "pair_count": of_pair.count(),
        "pair_age": of_pair.age_us(),
        "pair_ratio": rupees * np.maximum(of_pair.count(), 1) / np.maximum(of_pair.total(rupees), 1),
        "receiver_age": of_receiver.age_us(),
        "receiver_count": of_receiver.total(np.ones(len(at_us)), 30 * DAY_US),
        "receiver_new_day": of_receiver.total(new, DAY_US),
        "receiver_new_week": of_receiver.total(new, 7 * DAY_US),
        "receiver_new_share": of_receiver.total(new) / np.maximum(of_receiver.count(), 1),
        "receiver_ratio": rupees * np.maximum(of_receiver.count(), 1) / np.maximum(of_receiver.total(rupees), 1),
        "neighbours": neighbours,
        "neighbours_share": neighbours / np.maximum(of_receiver.count(), 1),
        "signed_in": of_user.step(stream.frame["login_count"].to_numpy().astype(np.float64)),
        "new_device": stream.truth["new_device"].to_numpy().astype(np.float64),
        "just_below": _just_below(rupees).astype(np.float64),
        "round": (rupees % _FIFTY == 0).astype(np.float64),
    }


def _codes(column: pl.Series) -> Ints:
    return column.rank("dense").to_numpy().astype(np.int64)


def _payer_windows(of_user: Before, rupees: Floats, new: Floats) -> dict[str, Floats]:
    ones = np.ones(len(rupees))
    return {
        "payer_count_10m": of_user.total(ones, _MINUTES_US),
        "payer_count_1h": of_user.total(ones, HOUR_US),
        "payer_count_day": of_user.total(ones, DAY_US),
        "payer_sum_1h": of_user.total(rupees, HOUR_US),
        "payer_sum_day": of_user.total(rupees, DAY_US),
        "payer_new_day": of_user.total(new, DAY_US),
        "payer_new_week": of_user.total(new, 7 * DAY_US),
        "payer_new_sum_day": of_user.total(new * rupees, DAY_US),
        "payer_new_sum_week": of_user.total(new * rupees, 7 * DAY_US),
    }


def _habits(of_user: Before, rupees: Floats) -> dict[str, Floats]:
    """How far the amount is from the payer's usual one, on the scale of logarithms."""
    log, count = np.log(np.maximum(rupees, 1)), np.maximum(of_user.count(), 1)
    mean = of_user.total(log) / count
    variance = np.maximum(of_user.total(log * log) / count - mean * mean, 0)
    return {"usual": mean, "unusual": (log - mean) / np.sqrt(variance + 1)}


def _own_hour(user: Ints, at_us: Ints, count: Floats) -> Floats:
    """How often the payer pays at this hour of the day."""
    hour = (at_us + IST_OFFSET_US) // HOUR_US % _HOURS
    same = Before(user * _HOURS + hour, at_us).count()
    return (same + _HOUR_PRIOR) / (count + _HOUR_PRIOR * _HOURS)


def _just_below(rupees: Floats) -> Bools:
    below = np.zeros(len(rupees), dtype=bool)
    for threshold in _THRESHOLDS:
        below |= (rupees < threshold) & (rupees >= threshold * (1 - _BELOW))
    return below
