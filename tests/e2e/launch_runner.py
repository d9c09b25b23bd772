"""Not a test: `upi-risk run` as a process of its own, around `launch_application.py`."""

import os
import sys
from pathlib import Path

from upi_risk.bootstrap.launch import LaunchOptions, run

if __name__ == "__main__":
    application = (sys.executable, str(Path(__file__).with_name("launch_application.py")))
    options = LaunchOptions(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        database_url=os.environ.get("DATABASE_URL"),
        redis_url=os.environ.get("REDIS_URL"),
        var_dir=Path(sys.argv[1]),
        environ=os.environ,
        migrate_command=(*application, "migrate"),
        serve_command=(*application, *sys.argv[2:]),
    )
    sys.exit(run(options))
