"""`python -m hotline.simulator.androidmain --port 8002 --kept FILE`: a pretend Android phone in a process of its own, which can be killed.

It begins with what FILE has. Its password is HOTLINE_PHONE_PASSWORD, and it is paired by its API as a real one is.
"""

import argparse
import os
import sys
from pathlib import Path

from hotline.simulator.androidapi import create_phone_app
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.server import make_simulator_server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m hotline.simulator.androidmain", description="A pretend Android phone.")
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--kept", type=Path, required=True, help="the file that the phone lives on after a kill")
    parser.add_argument("--hotline-url", default="http://127.0.0.1:8000", help="where the hotline listens")
    parser.add_argument("--step-s", type=float, default=0.1, help="seconds between one state of a text and the next")
    parser.add_argument("--retry-s", type=float, default=5.0, help="seconds before a webhook is told the second time")
    given = parser.parse_args()
    if not (password := os.environ.get("HOTLINE_PHONE_PASSWORD")):
        sys.stderr.write("the pretend phone needs HOTLINE_PHONE_PASSWORD in the environment\n")
        return 2
    phone = AndroidPhone(password=password, hotline_url=given.hotline_url, kept=given.kept, step_s=given.step_s, retry_s=given.retry_s)
    make_simulator_server(create_phone_app(phone), port=given.port).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
