"""Rules of the house that no linter knows: who may import whom is in `make imports`, banned calls in `make lint`."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "upi_risk"
DOMAIN = sorted((SOURCE / "domain").rglob("*.py"))
CORE = [*DOMAIN, *sorted((SOURCE / "application").rglob("*.py"))]
WORLD = {"logging", "os", "random", "secrets", "socket", "subprocess", "sys", "threading", "time", "uuid"}
ALLOWED = {"coalesce": {"time"}}  # what its own thread has computed, to tell a busy process from a slow store
LIMIT = 300


def imported_packages(code: str) -> Iterator[str]:
    """The first name of everything that the code imports, inside functions too."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else str(node.module).partition(".")[0]


def locked(name: str) -> set[str]:
    """The packages of a lock with version and marker."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Za-z0-9][^ ]+==[^\\\n]+)", text, re.MULTILINE))


@pytest.mark.parametrize("file", DOMAIN, ids=lambda file: file.stem)
def test_the_domain_imports_the_standard_library_alone(file: Path) -> None:
    strange = set(imported_packages(file.read_text(encoding="utf-8"))) - sys.stdlib_module_names - {"upi_risk"}
    assert not strange


@pytest.mark.parametrize("file", CORE, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_domain_and_use_cases_take_time_chance_and_the_world_as_arguments(file: Path) -> None:
    """Red with `import random` in `domain/user.py`; import-linter sees no modules of the standard library."""
    assert not set(imported_packages(file.read_text(encoding="utf-8"))) & WORLD - ALLOWED.get(file.stem, set())


def test_an_import_inside_a_function_is_seen() -> None:
    assert list(imported_packages("def f():\n    import polars.selectors\n    from redis.asyncio import Redis")) == [
        "polars",
        "redis",
    ]


def test_no_source_file_is_longer_than_anybody_reads() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCE.rglob("*.py")}
    assert len(lengths) > 10
    assert {str(file.relative_to(ROOT)): length for file, length in lengths.items() if length > LIMIT} == {}


def marked_conflicts(text: str) -> list[str]:
    """Lines that a merge left behind."""
    return re.findall(r"^(?:<{7}|>{7}|\|{7})(?: .*)?$|^={7}$", text, re.MULTILINE)


def test_no_merge_is_left_half_done() -> None:
    folders = ("src", "tests", "docs", "migrations", "deploy", "tools", "benchmarks", "requirements")
    files = [file for place in (ROOT.glob("*"), *((ROOT / folder).rglob("*") for folder in folders)) for file in place]
    texts = {file: text for file in files if file.is_file() and b"\0" not in (text := file.read_bytes())}
    assert {ROOT / "README.md", ROOT / "docs" / "api.md", Path(__file__)} <= texts.keys()
    assert [str(file) for file, text in texts.items() if marked_conflicts(text.decode(errors="replace"))] == []


def test_what_a_merge_leaves_behind_is_seen() -> None:
    assert marked_conflicts("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n") == [
        "<<<<<<< HEAD",
        "=======",
        ">>>>>>> main",
    ]
    assert marked_conflicts("Title\n=====\n========\n") == []


def test_each_lock_holds_the_smaller_one_so_that_installing_it_suffices() -> None:
    assert locked("run")
    assert locked("run") <= locked("embedded") <= locked("dev")


def test_embedded_servers_are_pinned_in_the_project_as_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {name for name in project["optional-dependencies"]["embedded"] if "==" in name}
    assert len(pinned) == 2
    assert pinned <= {package.partition(" ;")[0].strip() for package in locked("embedded")}
