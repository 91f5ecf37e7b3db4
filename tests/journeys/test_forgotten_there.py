"""What is old enough is deleted at the gateway, by real processes; the phone and the hotline have it still."""

import urllib.error
import urllib.request
from base64 import b64encode

from hotline.jobs import Job
from hotline.sealing import mark
from tests.journeys.phoning import Phoning
from tests.journeys.running import RunningHotline
from tests.support import KEYS

CITIZEN = "+923001234541"


def is_at_the_gateway(hotline: RunningHotline, kind: str, sid: str) -> bool:
    account = hotline.environment["HOTLINE_TWILIO_ACCOUNT_SID"], hotline.environment["HOTLINE_TWILIO_AUTH_TOKEN"]
    request = urllib.request.Request(hotline._simulator(f"/2010-04-01/Accounts/{account[0]}/{kind}/{sid}.json"))
    request.add_header("Authorization", "Basic " + b64encode(":".join(account).encode()).decode())
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as fault:
        if fault.code != 404:
            raise
        return False
    return True


def make_old(hotline: RunningHotline, table: str, began: str, kind: str, *more: str) -> list[str]:
    """Make what a phone left a month old, and let the worker begin with it; the ids at the gateway."""
    of_phone = "contact_id = (SELECT id FROM contacts WHERE mark = :mark)"
    changes = ", ".join(f"{column} = '2020-01-01 00:00:00.000000'" for column in (began, *more))
    hotline.rows(f"UPDATE {table} SET {changes} WHERE {of_phone}", mark=mark(KEYS, CITIZEN))
    found = hotline.rows(f"SELECT id, gateway_id FROM {table} WHERE {of_phone} ORDER BY id", mark=mark(KEYS, CITIZEN))
    hotline.rows("DELETE FROM marks WHERE name = :name", name=f"forget_{kind}")
    hotline.rows("INSERT INTO marks (name, value) VALUES (:name, :value)", name=f"forget_{kind}", value=found[0].id - 1)
    return [row.gateway_id for row in found]


def test_texts_and_calls_that_are_old_are_deleted_at_the_gateway(hotline: RunningHotline) -> None:
    hotline.text(CITIZEN, "orangi town mein mera mobile cheen liya")
    received = hotline.await_texts(CITIZEN, 1)
    hotline.wait_until(lambda: hotline.deliveries(CITIZEN) == ["delivered"], within_s=15)
    caller = Phoning(hotline, CITIZEN)
    caller.hang_up()
    hotline.wait_until(lambda: caller.row.ended_at is not None, within_s=15)
    hotline.rows(
        "UPDATE calls SET next_attempt_at = NULL WHERE contact_id = (SELECT id FROM contacts WHERE mark = :m)", m=mark(KEYS, CITIZEN)
    )
    texts = make_old(hotline, "messages", "created_at", "text", "sent_at", "delivered_at")
    calls = make_old(hotline, "calls", "started_at", "call", "ended_at")
    there = [("Messages", sid) for sid in texts] + [("Calls", sid) for sid in calls]
    assert len(there) == 3
    assert all(is_at_the_gateway(hotline, *one) for one in there)
    hotline.ring(Job.FORGET_DUE)
    hotline.wait_until(lambda: not any(is_at_the_gateway(hotline, *one) for one in there), within_s=15)
    hotline.wait_until(lambda: hotline.rows("SELECT count(*) FROM gateway_copies")[0][0] == 0, within_s=15)
    assert hotline.received(CITIZEN) == received
