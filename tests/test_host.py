"""A host is known by its data folder: its processes agree on its name, and two hosts have two."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline import host, private
from hotline.jobs import HERE, OF_HOST, QUEUES, Job, key, served


def test_a_host_has_a_name_that_stays_and_another_has_another(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    name = host.name(here)
    assert re.fullmatch("[0-9a-f]{8}", name)
    assert host.name(here) == name != host.name(there)
    assert [path.name for path in here.iterdir()] == ["host"]
    assert private.faults(here, None) == []


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    for run in range(20):
        with ThreadPoolExecutor(8) as together:
            names = set(together.map(host.name, [tmp_path / str(run)] * 8))
        assert len(names) == 1
        assert "" not in names


@pytest.mark.parametrize("spoil", [Path.touch, Path.mkdir, lambda path: path.symlink_to("/etc/hostname")])
def test_where_no_name_can_be_had_the_host_has_none_and_nothing_fails(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / "host")
    assert host.name(tmp_path) == ""


def test_a_job_for_a_hosts_disk_has_a_queue_and_a_ring_for_each_host_and_no_other_job_has() -> None:
    [job] = OF_HOST
    [queue] = [name for name, jobs in QUEUES.items() if job in jobs]
    assert served(queue, "0a") == [queue, f"{queue}@0a"]
    assert served(queue, "") == [queue]
    assert served("sending", "0a") == ["sending"]
    assert (served(HERE, "0a"), served(HERE, "")) == ([f"{queue}@0a"], [queue])
    assert len({key(job, "0a"), key(job, "0b"), key(job)}) == 3
    assert key(Job.SEND_DUE, "0a") == key(Job.SEND_DUE)
