"""Tables in files that several processes look into: written once, mapped into memory by each, never copied."""

from __future__ import annotations

import mmap
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_ALIGNED: Final = 64


def lay_tables(folder: Path, tables: Iterable[object]) -> None:
    """Write tables one after the other; their buffers lie in files of their own, as they are.

    Args:
        folder: is there, and empty.
        tables: can be pickled; buffers that protocol 5 knows are not copied into the pickle.
    """
    for number, table in enumerate(tables):
        buffers: list[pickle.PickleBuffer] = []
        content = pickle.dumps(table, protocol=5, buffer_callback=buffers.append)
        places = []
        with (folder / f"{number}.buffers").open("wb") as file:
            for buffer in buffers:
                with buffer.raw() as view:
                    places.append((file.tell(), view.nbytes))
                    file.write(view)
                    file.write(bytes(-file.tell() % _ALIGNED))
        (folder / f"{number}.pickle").write_bytes(pickle.dumps((places, content)))


def look_into(folder: Path, number: int) -> Any:  # noqa: ANN401 - whatever was laid there
    """One of the tables; its buffers are read-only views of the file."""
    places, content = pickle.loads((folder / f"{number}.pickle").read_bytes())  # noqa: S301 # nosec B301 - our parent wrote it
    with (folder / f"{number}.buffers").open("rb") as file:
        laid = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if any(size for _, size in places) else b""
    whole = memoryview(laid)
    return pickle.loads(content, buffers=[whole[begin : begin + size] for begin, size in places])  # noqa: S301 # nosec B301 - likewise
