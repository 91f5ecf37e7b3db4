"""Prometheus's own tool, which says whether what we tell it, and the rules of alarms, are as it reads them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def promtool(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run it: HOTLINE_PROMTOOL's, the installed one, or the one that ./setup.sh dev fetched."""
    fetched = Path(sys.prefix) / "usr/bin/promtool"
    program = os.environ.get("HOTLINE_PROMTOOL") or shutil.which("promtool") or (str(fetched) if fetched.exists() else None)
    if program is None:
        pytest.fail("no promtool for the tests of metrics: run ./setup.sh dev, or name one in HOTLINE_PROMTOOL")
    return subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=False, timeout=60)
