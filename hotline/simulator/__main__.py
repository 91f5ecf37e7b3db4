"""`python -m hotline.simulator [--port 8001] [--bind 127.0.0.1] [--hotline-url http://127.0.0.1:8000]`.

The pretend account is set by the variables that the hotline itself reads: HOTLINE_TWILIO_ACCOUNT_SID, HOTLINE_TWILIO_AUTH_TOKEN,
HOTLINE_TWILIO_NUMBER, HOTLINE_PUBLIC_URL (or for each a file, named by `…_FILE`). HOTLINE_VOICE_NUMBERS are the numbers that can be
called, with commas between them: the main one, then the one for missed calls. Without it, the number for texts can be called.
With HOTLINE_PHONE_PASSWORD and HOTLINE_PHONE_SIGNING_KEY, the secrets of a gateway `phone`, texts go by a pretend Android phone.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from hotline.simulator.account import is_loopback
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.app import create_simulator
from hotline.simulator.server import make_simulator_server

_NEEDED = ("HOTLINE_TWILIO_ACCOUNT_SID", "HOTLINE_TWILIO_AUTH_TOKEN", "HOTLINE_TWILIO_NUMBER", "HOTLINE_PUBLIC_URL")


def _setting(environ: Mapping[str, str], name: str) -> str:
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as failure:
            raise ValueError(f"{name}_FILE cannot be read: {failure.strerror}") from None
    return environ.get(name, "").strip()


def build(environ: Mapping[str, str], hotline_url: str | None, *, keep: int = 5000) -> Flask:
    """The simulator for these settings; it remembers `keep` texts. Raises ValueError, whose message is one line to print."""
    settings = {name: _setting(environ, name) for name in _NEEDED}
    if missing := [name for name, value in settings.items() if not value]:
        raise ValueError(f"the simulator needs {', '.join(missing)} in the environment")
    api_url = environ.get("HOTLINE_TWILIO_API_URL", "")
    if api_url and not is_loopback(urlsplit(api_url).hostname or ""):
        # The hotline would send its texts through the real Twilio, and a rehearsal would reach real people.
        raise ValueError("HOTLINE_TWILIO_API_URL is not on this computer: the simulator does not run beside a real gateway")
    android = _phone(environ, settings["HOTLINE_PUBLIC_URL"], hotline_url or settings["HOTLINE_PUBLIC_URL"])
    return create_simulator(
        android=android,
        keep=keep,
        account_sid=settings["HOTLINE_TWILIO_ACCOUNT_SID"],
        auth_token=settings["HOTLINE_TWILIO_AUTH_TOKEN"],
        number=settings["HOTLINE_TWILIO_NUMBER"],
        public_url=settings["HOTLINE_PUBLIC_URL"],
        hotline_url=hotline_url,
        voice_numbers=tuple(number.strip() for number in _setting(environ, "HOTLINE_VOICE_NUMBERS").split(",") if number.strip()),
    )


def _phone(environ: Mapping[str, str], public_url: str, hotline_url: str) -> AndroidPhone | None:
    """The pretend Android phone, already paired; None if its secrets are not set."""
    password, key = _setting(environ, "HOTLINE_PHONE_PASSWORD"), _setting(environ, "HOTLINE_PHONE_SIGNING_KEY")
    if not password or not key:
        return None
    phone = AndroidPhone(password=password, hotline_url=hotline_url)
    phone.setup.pair(f"{public_url.rstrip('/')}/hooks/android/phone", key)
    return phone


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m hotline.simulator", description="A pretend Twilio and a phone in the browser.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--bind", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--hotline-url", help="where the hotline listens, if that is not HOTLINE_PUBLIC_URL")
    parser.add_argument("--keep", type=int, default=5000, help="how many texts are remembered; of calls it is a tenth, and 1000 at least")
    given = parser.parse_args()
    try:
        app = build(os.environ, given.hotline_url, keep=given.keep)
        server = make_simulator_server(app, host=given.bind, port=given.port)
    except ValueError as failure:
        sys.stderr.write(f"{failure}\n")
        return 2
    logging.basicConfig(level=logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for serve_forever() to return, which runs in the thread that handles the signal.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    host = f"[{given.bind}]" if ":" in given.bind else given.bind
    sys.stdout.write(f"The phones are at http://{host}:{server.server_port}/\n")
    sys.stdout.flush()
    server.serve_forever()
    server.server_close()
    app.extensions["simulator"].close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
