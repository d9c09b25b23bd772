"""Runs one server on behalf of a supervisor and ends it when the supervisor ends, however that happens.

A script, not a module of the package: `python -I -S shim.py ROOT-POLICY SIGNAL COMMAND...` with a pipe as standard
input. End of file on that pipe means that the supervisor closes it or died; then the command gets SIGNAL, and the shim
ends with the command's exit code. On Linux the command also gets SIGNAL when the shim itself is killed.

ROOT-POLICY is `keep`, or `drop` for a command that refuses to run as root: under uid 0 the command then sees itself as
nobody inside a user namespace, while its files stay root's; where there are no user namespaces it becomes nobody.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def drop_root(libc: ctypes.CDLL) -> None:
    """Stop being uid 0 in the eyes of the programs started from here."""
    if sys.platform == "linux" and libc.unshare(CLONE_NEWUSER) == 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} 0 1"), ("gid_map", f"{NOBODY} 0 1")):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    else:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def main(root_policy: str, signal_number: int, command: list[str]) -> int:
    """Run the command to its end and return its exit code, 128 + n where signal n ended it."""
    libc = ctypes.CDLL(None)
    if root_policy == "drop" and os.geteuid() == 0:
        drop_root(libc)
    follow: Callable[[], object] | None = None
    if sys.platform == "linux":
        follow = lambda: libc.prctl(PR_SET_PDEATHSIG, signal_number)  # noqa: E731
    # Safe here: this process has no second thread yet.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=follow)  # noqa: PLW1509, S603

    def end_with_supervisor() -> None:
        os.read(0, 1)
        child.send_signal(signal_number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: child.send_signal(signal_number))
    threading.Thread(target=end_with_supervisor, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
