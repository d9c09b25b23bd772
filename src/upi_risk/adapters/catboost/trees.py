"""A trained model's symmetric trees as arrays: what a payment scores, and what each leaf says of each feature.

The score adds up leaves in CatBoost's own order, tree after tree, in 64 bits, and equals its answer to the last bit
(docs/adr/0025).

The contributions are SHAP values (Lundberg et al. 2018, path-dependent; the ``ShapValues`` of CatBoost). In a symmetric
tree they depend on nothing but the leaf that a payment falls into, so all of them are computed once, when the model is
loaded, and a payment's contributions are a gather and a sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_NO_SPLIT: Final = {"float_feature_index": 0, "border": float("inf")}
"""A split that nothing passes: it fills up a tree that is less deep than others."""

ROWS_AT_A_TIME: Final = 16
"""So many rows' leaves and parts stay in a core's cache. Where others use it too, more at a time cost a third more."""


class Trees:
    """Trees of one depth over numeric features.

    Attributes:
        feature_count: how many features a row has.
    """

    def __init__(self, exported: Mapping[str, Any], feature_count: int) -> None:
        """Read what CatBoost wrote as JSON.

        Args:
            exported: the document of ``save_model(..., format="json")``.
            feature_count: how many features a row has.

        Raises:
            LookupError, TypeError, ValueError: it is no model of symmetric trees over numeric features.
        """
        trees = exported["oblivious_trees"]
        self.feature_count = feature_count
        grown = [tree["splits"] or [] for tree in trees]  # null: a tree that found nothing to split
        self._depth = max(1, *map(len, grown))
        columns = [feature["flat_feature_index"] for feature in exported["features_info"]["float_features"]]
        splits = [_filled(tree, self._depth) for tree in grown]
        self._split_features: Whole = np.array(
            [[columns[split["float_feature_index"]] for split in tree] for tree in splits]
        )
        self._borders = np.array([[split["border"] for split in tree] for tree in splits], dtype=np.float32)
        scale = float(exported["scale_and_bias"][0])
        values = scale * _leaves([tree["leaf_values"] for tree in trees], self._depth)
        weights = _leaves([tree["leaf_weights"] for tree in trees], self._depth)
        self._scale, self._bias = scale, float(exported["scale_and_bias"][1][0])
        self._leaf_values = _leaves([tree["leaf_values"] for tree in trees], self._depth).ravel()
        self._parts = _parts(values, weights, self._split_features)
        # Level after level: the first splits of all trees, the second, and so on.
        self._level_features = np.ascontiguousarray(self._split_features.T).ravel()
        self._level_borders = np.ascontiguousarray(self._borders.T).reshape(-1, 1)
        self._first_leaf = np.arange(len(trees)).reshape(-1, 1) * 2**self._depth
        first_places = np.arange(0, ROWS_AT_A_TIME * feature_count, feature_count)
        self._places = (first_places[:, np.newaxis] + self._split_features.ravel()).ravel()

    def leaves(self, rows: npt.NDArray[np.float32]) -> Whole:
        """The leaf that each row falls into in each tree, numbered through all trees; rows by trees."""
        passed = np.ascontiguousarray(rows.T).take(self._level_features, axis=0) > self._level_borders
        levels = passed.view(np.uint8).reshape(self._depth, -1, len(rows))
        found = levels[-1].astype(np.uint16)  # CatBoost's trees are 16 deep at most
        for level in levels[-2::-1]:
            found += found
            found += level
        leaves: Whole = (found + self._first_leaf).T
        return leaves

    def log_odds(self, leaves: Whole) -> list[float]:
        """The log-odds of fraud of rows in these leaves, as CatBoost adds them up: one tree after the other."""
        values = self._leaf_values.take(leaves.T)  # along the axis that is not the fast one NumPy adds one by one
        sums = np.add.reduce(values, axis=0) if len(leaves) > 1 else np.add.accumulate(values, axis=0)[-1]
        answers: list[float] = (sums * self._scale + self._bias).tolist()
        return answers

    def contributions(self, leaves: Whole) -> list[tuple[float, ...]]:
        """What each feature added to the log-odds of rows in these leaves, in the order of the features."""
        chunks = (leaves[first : first + ROWS_AT_A_TIME] for first in range(0, len(leaves), ROWS_AT_A_TIME))
        return [tuple(parts) for chunk in chunks for parts in self._contributions(chunk).tolist()]

    def _contributions(self, leaves: Whole) -> Floats:
        rows = len(leaves)
        parts = self._parts.take(leaves.ravel(), axis=0).ravel()
        sums = np.bincount(self._places[: len(parts)], parts, rows * self.feature_count)
        return sums.astype(np.float64, copy=False).reshape(rows, self.feature_count)


def _filled(splits: Sequence[Mapping[str, Any]], depth: int) -> list[Mapping[str, Any]]:
    return [*splits, *[_NO_SPLIT] * (depth - len(splits))]


def _leaves(of_trees: Sequence[Sequence[float]], depth: int) -> Floats:
    """A row a tree, a column a leaf; leaves that a less deep tree does not have are 0."""
    filled = np.zeros((len(of_trees), 2**depth))
    for row, leaves in zip(filled, of_trees, strict=True):
        row[: len(leaves)] = leaves
    return filled


def _parts(values: Floats, weights: Floats, split_features: Whole) -> Floats:
    """SHAP values: for each leaf of each tree, in that order, what each of the tree's splits brought.

    Splits of a tree on one feature are one player, whose part stands at the first of them.
    """
    trees, depth = split_features.shape
    # A leaf's number has the first split as its lowest bit; as an axis, the last split comes first: it is the root.
    players = np.array([[list(row).index(feature) for feature in row] for row in split_features])
    parts = np.zeros((trees, 2**depth, depth))
    for pattern in np.unique(players, axis=0):
        alike = (players == pattern).all(axis=1)
        shape = (int(alike.sum()), *(2,) * depth)
        games = _games(values[alike].reshape(shape), weights[alike].reshape(shape), pattern[::-1].tolist())
        for player, part in games.items():
            parts[alike, :, player] = np.broadcast_to(part, shape).reshape(shape[0], -1)
    return parts.reshape(trees * 2**depth, depth)


def _games(values: Floats, weights: Floats, players: list[int]) -> dict[int, Floats]:
    """The Shapley value of each player in trees whose axis after axis belongs to the players named.

    Returns:
        For each player an array that broadcasts against the leaves.
    """
    everyone = sorted(set(players))
    count = len(everyone)
    worth = {
        coalition: _expected(values, weights, [player in coalition for player in players])
        for size in range(count + 1)
        for coalition in combinations(everyone, size)
    }
    shares: dict[int, Floats] = {}
    for player in everyone:
        share = np.zeros(())
        for coalition, without in worth.items():
            if player not in coalition:
                size = len(coalition)
                chance = factorial(size) * factorial(count - size - 1) / factorial(count)
                share = share + chance * (worth[tuple(sorted((*coalition, player)))] - without)
        shares[player] = share
    return shares


def _expected(values: Floats, weights: Floats, known: Sequence[bool]) -> Floats:
    """The mean of a tree where some splits are known to follow the row and the others are as in training.

    Args:
        values: of the leaves; axis 0 the trees, then an axis a split from the root down.
        weights: how much of the training fell into each leaf, likewise.
        known: for each split from the root down whether the row's side is known.
    """
    expected, mass = values, weights
    for axis in range(len(known), 0, -1):
        above = mass.sum(axis=axis, keepdims=True)
        if not known[axis - 1]:
            share = np.divide(mass, above, out=np.zeros_like(mass), where=above > 0)
            expected = (share * expected).sum(axis=axis, keepdims=True)
        mass = above
    return expected
