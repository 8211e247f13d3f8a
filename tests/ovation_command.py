"""The `ovation` command in a process of its own, as a person or a script calls it."""

import os
import subprocess
import sys
from pathlib import Path

from sandbox.synth import ROOT

COMMAND = Path(sys.executable).parent / "ovation"


def ovation(*words: str | Path, state: Path) -> subprocess.CompletedProcess[str]:
    """`state` is where it finds a running sandbox, and keeps what it learns."""
    environment = {**os.environ, "OVATION_STATE": str(state), "NO_COLOR": "1", "COLUMNS": "160"}
    return subprocess.run(
        [COMMAND, *map(str, words)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
