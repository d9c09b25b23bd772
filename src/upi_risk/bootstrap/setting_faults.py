"""What is wrong with a setting, in a sentence for the person who set it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.inspect import BoolType, FloatType, IntType, LiteralType, NoneType, StrType, Type, UnionType, type_info

_NAME: Final = re.compile(r"\$\.(\w+)")


def sentence(error: msgspec.ValidationError, schema: type[msgspec.Struct], given: Mapping[str, str]) -> str:
    """The value that was given and what it must be.

    Args:
        error: of the conversion of ``given`` to ``schema``.
        schema: the settings; the value of one that is a text is not repeated, since it may be a secret.
        given: texts by the names of variables.
    """
    found = _NAME.search(str(error))
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(schema)}
    if found is None or found[1] not in given or found[1] not in kinds:
        return f"A setting makes no sense: {error}. The table of settings is in README.md."
    name, value = found[1], given[found[1]]
    kind = type_info(kinds[name])
    if isinstance(kind, StrType):  # it may be a secret
        return f"{name} is not as it must be: see the table of settings in README.md."
    shown = value if value.removeprefix("-").isdecimal() else repr(value)
    return f"{name} is {shown}; it must be {_wanted(kind)}."


def _wanted(kind: Type) -> str:
    if isinstance(kind, LiteralType):
        *others, last = map(str, kind.values)
        return f"{', '.join(others)} or {last}" if others else last
    if isinstance(kind, UnionType):
        return _wanted(next(each for each in kind.types if not isinstance(each, NoneType)))
    if isinstance(kind, BoolType):
        return "true or false"
    if isinstance(kind, FloatType):
        return f"a number from {kind.ge:g} to {kind.le:g}"
    if isinstance(kind, IntType):
        lowest = kind.ge if kind.ge is not None else (kind.gt or 0) + 1
        return f"a number from {lowest} to {kind.le}" if kind.le is not None else f"a number of at least {lowest}"
    return "something else: see the table of settings in README.md"
