"""gunicorn, as the Procfile starts it."""

import os
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.app.wsgiapp import WSGIApplication

from hotline import serving
from hotline.connections import Worker
from hotline.i18n import PROJECT
from hotline.services.condition import lookout


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no folder in memory here")  # noqa: S108
def test_the_web_processes_tell_that_they_live_where_no_disk_can_hold_them_up(monkeypatch: pytest.MonkeyPatch) -> None:
    [web] = [line for line in (PROJECT / "Procfile").read_text("utf-8").splitlines() if line.startswith("web: ")]
    command = web.removeprefix("web: ").replace("${HOTLINE_BIND:-127.0.0.1}:${PORT:-8000}", "127.0.0.1:8000")
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    configured = WSGIApplication("%(prog)s").cfg
    assert Path(configured.worker_tmp_dir or "") == Path("/dev/shm")  # noqa: S108
    assert configured.when_ready.__module__ == configured.post_worker_init.__module__ == "hotline.serving"
    assert configured.worker_class is Worker
    # Each connection may need a second open file, for the rest of an answer.
    assert 2 * configured.worker_connections < 1000
    assert configured.sendfile is False


def test_each_web_process_looks_out_for_workers_that_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    monkeypatch.setattr(lookout, "start", begun.append)
    rt = object()
    for extensions in ({"hotline": rt}, {}):  # the yardstick of the bench is no hotline
        serving.post_worker_init(SimpleNamespace(wsgi=SimpleNamespace(extensions=extensions)))
    assert begun == [rt]
