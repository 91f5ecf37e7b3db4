"""The line itself, before an exchange that answers at once."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hotline.gateways.sip.settings import Line, LineTerms
from hotline.gateways.sip.trunk import Trunk
from tests.asynchronous import run
from tests.workers.sipphones import free_port, so


@contextmanager
def busy_exchange() -> Iterator[str]:
    """The address of an exchange that answers each call with 486."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))

        def answer() -> None:
            while (asked := held.recvfrom(65_536))[0]:
                kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*$", asked[0].decode(), re.MULTILINE)
                lines = ["SIP/2.0 486 Busy Here", *(line.strip() for line in kept), "Content-Length: 0", "", ""]
                if asked[0].startswith(b"INVITE"):
                    held.sendto("\r\n".join(lines).encode(), asked[1])

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"127.0.0.1:{held.getsockname()[1]}"
        finally:
            held.sendto(b"", held.getsockname())
            thread.join()


def test_a_phone_that_is_busy_before_we_look_is_not_waited_for() -> None:
    async def story(host: str) -> None:
        terms = LineTerms(host=host, user="hotline", register=False, listen=f"127.0.0.1:{free_port()}")
        trunk = Trunk(Line("line", terms, ""), region="PK")
        await trunk.open(lambda *_: None, lambda: None)
        try:
            dialling = asyncio.create_task(trunk.dial("+923001234567"))
            asyncio.get_running_loop().call_soon(time.sleep, 0.5)  # other work holds the process until the exchange has answered
            handset = await dialling
            await so(lambda: not handset.is_there, within_s=2)
            assert handset.why.startswith("486")
        finally:
            await trunk.close()

    with busy_exchange() as host:
        run(story(host))
