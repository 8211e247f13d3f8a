"""The benchmark compares like with like: both sides still store the same items."""

import subprocess
import sys
from pathlib import Path


def test_both_sides_of_the_batch_benchmark_store_the_same_items():
    command = [sys.executable, "-m", "benchmarks.run", "--check"]
    ran = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
