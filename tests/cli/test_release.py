"""`hotline release`, alone and beside the other lines of a Procfile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.cli.procfile import read_procfile
from hotline.cli.release import runs_beside_the_rest
from hotline.i18n import PROJECT
from tests.support import SECRET_KEY, catalogues, keys_file


@pytest.mark.parametrize(
    ("environ", "beside"),
    [
        ({"HONCHO_PROCESS_NAME": "release.1"}, True),
        ({"PS": "release.1"}, True),
        ({"PS": "release"}, True),
        ({"DYNO": "release.1234"}, False),  # a phase of its own, which must end
        ({"HONCHO_PROCESS_NAME": "web.1"}, False),
        ({}, False),
    ],
)
def test_a_runner_tells_by_a_name_that_the_release_is_one_of_several(environ: dict[str, str], beside: bool) -> None:
    assert runs_beside_the_rest(environ) is beside


def test_beside_the_rest_the_release_stays_until_it_is_told_to_stop(tmp_path: Path) -> None:
    catalogues()
    settings = {"HOTLINE_SECRET_KEY": SECRET_KEY, "HOTLINE_KEYS_FILE": keys_file(), "HOTLINE_DATA_DIR": str(tmp_path / "data")}
    program = [str(Path(sys.executable).parent / "hotline"), "release"]
    environment = {**os.environ, **settings, "HONCHO_PROCESS_NAME": "release.1"}
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = [process.stdout.readline() for _ in range(3)]
        assert said[1:] == ["The database is up to date.\n", "The release is done; this process stays for the sake of the others.\n"]
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_web_stands_first_so_that_a_runner_gives_it_the_port_that_it_was_given() -> None:
    """honcho and foreman give the first line $PORT, and each one behind it a hundred more."""
    assert next(iter(read_procfile(PROJECT / "Procfile"))) == "web"
