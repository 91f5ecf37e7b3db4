"""What is shipped for a server and for containers agrees with the code. Proxies and builders themselves are tried by hand (ADR 47)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hotline import connections, guards
from hotline.cli.procfile import read_procfile
from hotline.i18n import PROJECT
from hotline.storage.writing import WAIT_S

NGINX = (PROJECT / "deploy/nginx.conf").read_text("utf-8")
CADDY = (PROJECT / "deploy/Caddyfile").read_text("utf-8")
CONTAINER = (PROJECT / "Containerfile").read_text("utf-8")
COMPOSE = (PROJECT / "compose.yaml").read_text("utf-8")
DEADLINE = f"{connections.RECEIVE_S:g}s"
MIB = guards.PHONE_EVENT_LIMIT_BYTES >> 20


def without_comments(text: str) -> str:
    return "\n".join(line.partition("#")[0] for line in text.splitlines())


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "Caddy"])
def test_a_proxy_closes_what_it_opens_and_keeps_what_is_the_machines_own(text: str) -> None:
    code = without_comments(text)
    assert code.count("{") == code.count("}")
    assert re.search(
        r"location ~ \^/\(metrics\|readyz\)\(/\|\$\) \{\s+return 404;|@inside path /metrics /metrics/\* /readyz\s+respond @inside 404", code
    )


def test_nginx_has_the_limits_of_the_web_process() -> None:
    code = without_comments(NGINX)
    said = dict(re.findall(r"^\s*([a-z_]+) ([^;{]+);", code, re.MULTILINE))
    assert said["client_header_timeout"] == said["client_body_timeout"] == DEADLINE
    assert said["client_max_body_size"] == f"{MIB}m"
    assert said["large_client_header_buffers"] == "4 16k"
    assert said["proxy_request_buffering"] == said["proxy_buffering"] == "on"
    assert said["access_log"] == "off"
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in code
    # With a path behind the name nginx would rewrite what gateways sign.
    assert set(re.findall(r"proxy_pass (\S+);", code)) == {"http://hotline"}
    assert re.findall(r"^    server (\S+)", code, re.MULTILINE) == ["127.0.0.1:8000"]


def test_nginx_tells_another_host_what_a_gateway_said_and_never_repeats_a_form_of_a_page() -> None:
    code = without_comments(NGINX)
    of_gateways, of_pages = re.findall(r"location (?:/hooks/|/) \{(.*?)\}", code, re.DOTALL)
    assert "non_idempotent" in of_gateways
    assert "proxy_next_upstream" not in of_pages
    [waits_s] = re.findall(r"proxy_read_timeout (\d+)s;", of_gateways)
    assert WAIT_S + 1 < int(waits_s) <= 15 / 2, "longer than a host takes for its answer, and two hosts within a gateway's patience"
    assert re.findall(r"server \S+ (\S+);", code) == ["max_fails=0"], "one that refused a moment ago is asked all the same"


def test_caddy_has_the_limits_of_the_web_process() -> None:
    code = without_comments(CADDY)
    assert f"read_header {DEADLINE}" in code
    assert f"read_body {DEADLINE}" in code
    assert f"max_size {MIB}MiB" in code
    assert "reverse_proxy 127.0.0.1:8000" in code
    assert not re.search(r"^\s*log\b", code, re.MULTILINE)


def test_the_image_copies_what_is_there_runs_as_nobody_of_rank_and_names_no_host() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", CONTAINER, re.MULTILINE)
    assert all((PROJECT / path).exists() for path in copied)
    [entry] = re.findall(r'^ENTRYPOINT \["/opt/hotline/(.+)"\]', CONTAINER, re.MULTILINE)
    assert (PROJECT / entry).stat().st_mode & 0o111
    last = CONTAINER.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last, re.MULTILINE) == ["hotline"]
    assert last.index("\nUSER ") < last.index("\nENTRYPOINT ")
    images = re.findall(r"^FROM (\S+)", CONTAINER, re.MULTILINE) + re.findall(r"^\s+image: (\S+)", COMPOSE, re.MULTILINE)
    assert [image for image in images if "." in image.partition("/")[0]] == []


def test_the_compose_file_runs_every_line_of_the_procfile_and_has_its_secrets_as_files() -> None:
    services = dict(re.findall(r"^  (\w+):\n    <<: \*hotline\n    command: \[(\w+)\]", COMPOSE, re.MULTILINE))
    assert services == {name: name for name in read_procfile(PROJECT / "Procfile")}
    used = {name for line in re.findall(r"secrets: \[(.+)\]", COMPOSE) for name in line.split(", ")}
    files = dict(re.findall(r"^  (\w+): \{file: \./secrets/(\w+)\}", COMPOSE, re.MULTILINE))
    assert files == {name: name for name in used}
    assert {"HOTLINE_SECRET_KEY", "HOTLINE_DATABASE_URL"} <= used
    assert "read_only: true" in COMPOSE
    assert '"127.0.0.1:8000:8000"' in COMPOSE
    assert re.findall(r"^      test: \[(\S+),", COMPOSE, re.MULTILINE) == ["CMD"] * 3, "podman-compose takes a shell's line for one word"


@pytest.mark.parametrize(
    ("words", "said"), [(["clock"], "clock ran 8000\n"), (["echo", "as", "it", "is"], "as it is\n"), (["/bin/echo", "this"], "this\n")]
)
def test_the_entry_runs_a_line_of_the_procfile_or_a_command(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(PROJECT / "deploy/entry.sh", tmp_path / "deploy")
    (tmp_path / "Procfile").write_text("web: false\nclock: echo clock ran ${PORT:-8000}\n")
    ran = subprocess.run([tmp_path / "deploy/entry.sh", *words], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
    assert ran.stdout == said
