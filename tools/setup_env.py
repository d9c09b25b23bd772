"""Makes .venv from a hashed lock; `make setup` and `make test` call it with `embedded` or `dev`.

Standard library alone, in the syntax of Python 3.6, so that an old Python can read it and say what is wrong. Does
nothing when the environment already holds that lock. What fails ends in one sentence that says what to do.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterable, Sequence, TextIO, Union

OLDEST = (3, 11)
WANTED_MB = 2500
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOG = VENV / "pip.log"
INCLUDED = {"embedded": ("embedded",), "dev": ("dev", "embedded")}  # what installing a lock also brings

Word = Union[str, Path]


class SetupError(Exception):
    """The environment cannot be made; the message is one sentence that says what to do."""


def main(lock: str) -> None:
    """Bring .venv to the named lock."""
    check_python()
    if read_stamp().get(lock) == fingerprint(lock) and runs([PYTHON]):
        return
    check_space()
    if not usable():
        make_venv()
    install(lock)
    held = {**read_stamp(), **{name: fingerprint(name) for name in INCLUDED[lock]}}
    STAMP.write_text(json.dumps(held, indent=1), encoding="utf-8")


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < OLDEST:
        raise SetupError(
            "This is Python {}.{} and the project needs {}.{} or later: install it, or name one that is there, e.g. "
            "`make run PYTHON=python3.11`.".format(*sys.version_info[:2], *OLDEST)
        )


def check_space() -> None:
    """Refuse a disk that the packages would fill."""
    free = shutil.disk_usage(str(ROOT)).free // 2**20
    if free < WANTED_MB and not STAMP.exists():
        raise SetupError(f"Only {free} MB are free in {ROOT}: make room for {WANTED_MB} MB, then try again.")


def lock_file(lock: str) -> Path:
    """Where a lock is."""
    return ROOT / "requirements" / f"{lock}.lock"


def fingerprint(lock: str) -> str:
    """What the environment depends on: the lock, the project's metadata, its place (scripts carry it), this file."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (lock_file(lock), ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_stamp() -> Dict[str, str]:
    """The fingerprints of what was installed; none where nothing was, or it was cut short."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def usable() -> bool:
    """Whether .venv has a pip, and its scripts name this place: a copied or moved one's name another."""
    try:
        here = f"{VENV}/" in (VENV / "bin" / "pip").read_text(encoding="utf-8")
    except OSError:
        return False
    return here and runs([PYTHON, "-m", "pip"])


def quiet(command: Sequence[Word], place: Path = ROOT) -> bool:
    """Run a command without its output; whether it succeeded."""
    try:
        code = subprocess.call(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=str(place)
        )
    except OSError:
        return False
    return code == 0


def runs(command: Sequence[Word]) -> bool:
    """Whether a program is there and answers to --version."""
    return quiet([*command, "--version"])


def make_venv() -> None:
    """A fresh .venv with pip, by the first way that works; none of them needs root."""
    ways = (
        venv_with_ensurepip,
        venv_with_system_wheel,
        venv_with_virtualenv,
        venv_with_uv,
        venv_with_downloaded_wheel,
    )
    for way in ways:
        shutil.rmtree(str(VENV), ignore_errors=True)
        way()
        if runs([PYTHON, "-m", "pip"]):
            return
    shutil.rmtree(str(VENV), ignore_errors=True)
    raise SetupError("This Python cannot make environments: run `sudo apt-get install python3-venv`, then try again.")


def venv_with_ensurepip() -> None:
    """As Python documents it; Debian ships the ensurepip that this needs as a package of its own."""
    quiet([sys.executable, "-m", "venv", VENV])


def venv_with_system_wheel() -> None:
    """With pip's wheel as Debian's packages leave it on the machine."""
    venv_from_wheel(Path("/usr/share/python-wheels").glob("pip-*.whl"))


def venv_with_virtualenv() -> None:
    """By virtualenv, where somebody installed it."""
    quiet(["virtualenv", "-p", sys.executable, VENV])


def venv_with_uv() -> None:
    """By uv, where somebody installed it."""
    quiet(["uv", "venv", "--seed", "--python", sys.executable, VENV])


def venv_with_downloaded_wheel() -> None:
    """With pip's wheel out of Debian's package: downloading and unpacking need no root, and nothing is installed."""
    place = ROOT / "var" / "pip"
    shutil.rmtree(str(place), ignore_errors=True)
    (place / "lists" / "partial").mkdir(parents=True)
    if not quiet(["apt-get", "download", "python3-pip-whl"], place):  # no package lists yet, or old ones: our own
        print("Fetching pip from the distribution, since python3-venv is not installed ...", flush=True)
        own = [f"-oDir::State={place}", "-oDir::State::status=/var/lib/dpkg/status", f"-oDir::Cache={place}"]
        own += ["-oDebug::NoLocking=1", "-oAPT::Sandbox::User="]
        quiet(["apt-get", *own, "update"], place)
        quiet(["apt-get", *own, "download", "python3-pip-whl"], place)
    for package in place.glob("*.deb"):
        quiet(["dpkg", "-x", package, place])
    venv_from_wheel(place.glob("usr/share/python-wheels/pip-*.whl"))
    shutil.rmtree(str(place), ignore_errors=True)


def venv_from_wheel(wheels: Iterable[Path]) -> None:
    """An environment without pip, into which the newest of these pip wheels installs itself."""
    newest = max(wheels, default=None, key=str)
    if newest is not None and quiet([sys.executable, "-m", "venv", "--without-pip", VENV]):
        quiet([PYTHON, newest / "pip", "install", "--no-index", "--no-deps", newest])


def install(lock: str) -> None:
    """Install the lock, each file checked against its hash, then the project itself as editable.

    The lock is complete, so pip is kept from working dependencies out: asked for an extra of a package that the lock
    pins without it, an older pip looks for the newest release, which has no hash.
    """
    count = len(re.findall(r"^[A-Za-z0-9][\w.-]*==", lock_file(lock).read_text(encoding="utf-8"), re.MULTILINE))
    print(f"Installing about {count} packages into .venv (the first time takes a minute or two) ...", flush=True)
    hashed = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock_file(lock))]
    editable = ["--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT)]
    with LOG.open("w", encoding="utf-8") as log:
        done = pip_install(hashed, log, count) and pip_install(editable, log, count)
    if not done:
        raise SetupError(why_pip_failed())
    print("Installed; the command is .venv/bin/upi-risk.", flush=True)


def pip_install(arguments: Sequence[str], log: TextIO, count: int) -> bool:
    """Run pip into the log; on a terminal, show how far it is. Whether it succeeded."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=str(ROOT))
    seen = 0
    for raw in process.stdout or ():
        line = raw.decode("utf-8", "replace")
        log.write(line)
        if sys.stdout.isatty():
            seen += line.startswith("Collecting ")
            step = "unpacking, which takes longest" if line.startswith("Installing collected") else line.split(" (")[0]
            print(f"\r\033[K  {min(seen, count)}/{count} {step.strip()[:60]}", end="", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    return process.wait() == 0


def why_pip_failed() -> str:
    """One sentence on the failure, from pip's log."""
    said = LOG.read_text(encoding="utf-8")
    if "No space left" in said:
        return f"The disk is full: make room for {WANTED_MB} MB, then try again."
    if re.search("NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|Max retries|NameResolution", said):
        return (
            "The package index cannot be reached: check the network, or set PIP_INDEX_URL to a mirror, and try again."
        )
    missing = re.findall(r"No matching distribution found for (\S+)", said)
    if missing:
        return f"{missing[-1]} does not exist for this Python on this machine: use Python 3.11 to 3.13, Linux or macOS."
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    return "pip failed{}; all it said is in {}.".format(f" ({errors[0]})" if errors else "", os.path.relpath(str(LOG)))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
