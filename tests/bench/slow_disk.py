"""A disk that takes longer for each flush, as a cheap one does: a library that is loaded before any other waits after each of them."""

import shutil
import subprocess
from pathlib import Path

from tests.bench.processes import BenchFailed

DELAY_MS = 2

_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int waited(const char *name, int descriptor) {
    int (*flush)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    struct timespec delay = {0, DELAY_NS};
    int result = flush(descriptor);
    nanosleep(&delay, 0);
    return result;
}

int fsync(int descriptor) { return waited("fsync", descriptor); }
int fdatasync(int descriptor) { return waited("fdatasync", descriptor); }
"""


def library(folder: Path) -> Path:
    """Make the library. A process with its path in LD_PRELOAD waits `DELAY_MS` after each flush. Raises `BenchFailed`."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise BenchFailed("the part of the slow disk needs a compiler: run ./setup.sh bench")
    source, made = folder / "slow_disk.c", folder / "slow_disk.so"
    source.write_text(_SOURCE, "ascii")
    command = [compiler, "-shared", "-fPIC", f"-DDELAY_NS={DELAY_MS * 1_000_000}", "-o", str(made), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(f"the library of the slow disk cannot be made:\n{done.stderr}")
    return made
