"""Whom one can pay: shops of a locality, national ones, small vendors, persons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from upi_risk.adapters.simulator.arrays import Floats, Ints, pick
from upi_risk.adapters.simulator.parameters import PERSONAL, PLACES, PURPOSE, PURPOSES

_TRIES: Final = 4
_SHOP_AGE_DAYS: Final = 900.0
_VENDOR_AGE_DAYS: Final = 600.0
_PERSON_AGE_DAYS: Final = 400.0


class Kind(IntEnum):
    """What a receiver is in truth."""

    PERSON = 0
    VENDOR = 1
    SHOP = 2
    POOLED = 3
    FRESH = 4


@dataclass(frozen=True, slots=True)
class Block:
    """The shops of one purpose: ``per_locality`` for each locality from ``first`` on, then the national ones."""

    first: int
    per_locality: int
    national: int
    national_first: int


@dataclass(frozen=True, slots=True)
class Receivers:
    """An entry a receiver in each array; receivers are numbers until they are given names.

    Attributes:
        kind: a :class:`Kind`.
        born: days from the window's start at which it can first be paid.
        blocks: where the shops of a purpose lie.
        people: the number of the first person; persons are the last of all.
        localities: how many there are; a person's is the number modulo this.
    """

    kind: Ints
    born: Floats
    blocks: dict[int, Block]
    people: int
    localities: int

    @property
    def count(self) -> int:
        """How many receivers there are before any fraudster opens an account."""
        return len(self.kind)

    def draw(self, purpose: Ints, locality: Ints, at_day: Floats, rng: np.random.Generator) -> Ints:
        """New receivers for payments: of the right kind, mostly near, mostly popular, none before its birth."""
        drawn = self._draw(purpose, locality, rng)
        for _ in range(_TRIES):
            unborn = np.flatnonzero(self.born[drawn] > at_day)
            if not len(unborn):
                break
            drawn[unborn] = self._draw(purpose[unborn], locality[unborn], rng)
        return drawn

    def _draw(self, purpose: Ints, locality: Ints, rng: np.random.Generator) -> Ints:
        drawn = np.empty(len(purpose), dtype=np.int64)
        elsewhere = rng.integers(self.localities, size=len(purpose))
        where = rng.random(len(purpose))
        to_person = PERSONAL[purpose] & (purpose != PURPOSE["vendor"])
        drawn[to_person] = self._person(np.where(where < PLACES.near_people, locality, elsewhere)[to_person], rng)
        for index, block in self.blocks.items():
            rows = np.flatnonzero(_shop_purpose(purpose) == index)
            national = (where[rows] >= PLACES.local) & (where[rows] < PLACES.local + PLACES.nationwide)
            national &= block.national > 0
            place = np.where(where[rows] < PLACES.local, locality[rows], elsewhere[rows])
            near = block.first + place * block.per_locality + _zipf(block.per_locality, len(rows), rng)
            far = block.national_first + _zipf(max(1, block.national), len(rows), rng)
            drawn[rows] = np.where(national, far, near)
        return drawn

    def _person(self, locality: Ints, rng: np.random.Generator) -> Ints:
        each = (self.count - self.people) // self.localities
        person: Ints = self.people + locality + self.localities * rng.integers(each, size=len(locality))
        return person

    def persons(self, count: int, rng: np.random.Generator) -> Ints:
        """Any persons."""
        return rng.integers(self.people, self.count, size=count)


def directory(users: int, localities: int, days: int, rng: np.random.Generator) -> Receivers:
    """Everybody who can be paid."""
    blocks: dict[int, Block] = {}
    kinds, ages, late, first = [], [], [], 0
    for index, purpose in enumerate(PURPOSES):
        if purpose.weight == 0 or (purpose.personal and purpose.name != "vendor"):
            continue
        vendor = purpose.name == "vendor"
        near = PLACES.vendors if vendor else max(PLACES.fewest, round(PLACES.merchants * purpose.weight))
        national = 0 if vendor else PLACES.national
        blocks[index] = Block(first, near, national, first + near * localities)
        size = near * localities + national
        kinds.append(np.full(size, Kind.VENDOR if vendor else Kind.SHOP))
        ages.append(np.full(size, _VENDOR_AGE_DAYS if vendor else _SHOP_AGE_DAYS))
        late.append(np.full(size, PLACES.born_vendors if vendor else PLACES.born_merchants))
        first += size
    people = -(-users * PLACES.people_per_user // localities) * localities
    kinds.append(np.full(people, Kind.PERSON))
    ages.append(np.full(people, _PERSON_AGE_DAYS))
    late.append(np.full(people, PLACES.born_people))
    kind, age, share = (np.concatenate(parts) for parts in (kinds, ages, late))
    born = np.where(rng.random(len(kind)) < share, rng.random(len(kind)) * days, -rng.exponential(age))
    _pool(kind, born, blocks, rng)
    return Receivers(kind, born, blocks, first, localities)


def _pool(kind: Ints, born: Floats, blocks: dict[int, Block], rng: np.random.Generator) -> None:
    """Make some shops the pooled address of an aggregator: many honest merchants behind it, and some others."""
    block = blocks[PURPOSE["services"]]
    national = np.arange(block.national_first, block.national_first + block.national)
    near = np.arange(block.first, block.national_first)
    chosen = np.concatenate([national, rng.choice(near, min(len(near), PLACES.pooled - len(national)), replace=False)])
    kind[chosen] = Kind.POOLED
    born[chosen] = np.minimum(born[chosen], -1.0)


def _shop_purpose(purpose: Ints) -> Ints:
    return np.where(purpose == PURPOSE["large merchant"], PURPOSE["services"], purpose)


def _zipf(size: int, count: int, rng: np.random.Generator) -> Ints:
    """Ranks from 0, the first the most popular."""
    return pick(1 / np.arange(1, size + 1) ** PLACES.zipf, count, rng)
