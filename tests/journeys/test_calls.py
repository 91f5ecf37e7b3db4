"""Calls, walked by a phone through real processes: each leaves the rows it should, and only a phone that agreed hears from us."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from hotline.jobs import Job
from hotline.sealing import mark
from tests.journeys.phoning import Phoning
from tests.journeys.running import DUTY_LINE, HOTLINE_NUMBER, MISSED_CALL_NUMBER, RunningHotline
from tests.journeys.test_text_and_back import log_in, reference_in
from tests.opened import numbered
from tests.support import KEYS

URGENT = 1


def settled(hotline: RunningHotline) -> bool:
    """Whether no text waits to leave any more."""
    return bool(hotline.rows("SELECT count(*) FROM messages WHERE delivery IN ('queued', 'sending', 'unknown')")[0][0] == 0)


def heard_nothing(hotline: RunningHotline, number: str) -> bool:
    """Whether a phone got no text, and was not rung, once everything that was to leave has left."""
    hotline.wait_until(lambda: settled(hotline), within_s=15)
    rung = [call for call in hotline.ask("GET", "/calls") if call["direction"] == "outbound-api" and call["phone"] == number]
    return hotline.received(number) == [] and rung == []


def hurry(hotline: RunningHotline) -> bool:
    """Shorten the minutes before the gateway is asked about a call, and the half minute between two sweeps."""
    hotline.rows(
        "UPDATE calls SET next_attempt_at = '2020-01-01 00:00:00.000000' WHERE next_attempt_at IS NOT NULL AND gateway_id IS NOT NULL"
    )
    hotline.ring(Job.CLOSE_CALLS)
    return True


@pytest.mark.parametrize(("key", "language", "n"), [("1", "ur", 1), ("2", "sd", 2), ("3", "en", 3)])
def test_a_report_in_each_language_and_its_status(hotline: RunningHotline, key: str, language: str, n: int) -> None:
    number = f"+92300123460{n}"
    caller = Phoning(hotline, number).press(key, "1", "1", "1", "1")
    assert caller.listen().awaits == "Record"
    caller.speak().press("1")
    reference = caller.row.reference
    digits = [clip for clip in caller.heard if re.fullmatch(f"{language}/digit_[0-9].*", clip)]
    assert len(digits) >= 2 * 9
    caller.press("")
    assert caller.awaits == ""
    assert reference_in(hotline.await_texts(number, 1)[0]) == reference
    hotline.wait_until(lambda: caller.row.ended_at is not None, within_s=40)

    again = Phoning(hotline, number).press("2", reference)
    assert any(clip.startswith(f"{language}/stage_") for clip in again.heard)
    assert not any(clip.startswith(other) for clip in again.heard for other in {"ur/", "sd/", "en/"} - {f"{language}/"})
    again.hang_up()
    assert again.row.reference is None


def test_consent_refused(hotline: RunningHotline) -> None:
    number = "+923001234611"
    caller = Phoning(hotline, number).press("1", "1", "1", "2", "2").listen().speak().press("1", "")
    assert caller.row.reference
    assert heard_nothing(hotline, number)


def test_a_withheld_number(hotline: RunningHotline) -> None:
    number = "+923001234612"
    caller = Phoning(hotline, number, withheld=True).press("1", "1", "1")
    assert caller.listen().awaits == "Record"
    caller.speak().press("1").hang_up()
    assert caller.row.reference
    assert heard_nothing(hotline, number)
    assert hotline.tickets_of(number) == 0


def test_please_call_me(hotline: RunningHotline) -> None:
    number = "+923001234613"
    caller = Phoning(hotline, number).press("1", "3", "1", "1")
    assert any(clip.startswith("ur/call_me_done") for clip in caller.heard)
    caller.hang_up()
    assert reference_in(hotline.await_texts(number, 1)[0]) == caller.row.reference


def test_another_language(hotline: RunningHotline) -> None:
    caller = Phoning(hotline, "+923001234614").press("4", "2", "2")
    assert caller.listen().awaits == "Record"
    caller.speak().press("1").hang_up()
    assert caller.row.reference
    assert heard_nothing(hotline, "+923001234614")


def test_silence_throughout_leads_to_the_beep_and_to_a_ticket_that_somebody_listens_to(hotline: RunningHotline) -> None:
    number = "+923001234615"
    caller = Phoning(hotline, number)
    for _ in range(20):
        if not caller.awaits:
            break
        caller.press("")
    assert caller.awaits == ""
    assert any(clip.startswith("ur/goodbye") for clip in caller.heard)
    hotline.wait_until(lambda: caller.row.ended_at is not None, within_s=40)
    assert caller.row.reference
    assert hotline.rows("SELECT look FROM recordings WHERE call_id = :call", call=caller.row.id) == [(1,)]
    assert heard_nothing(hotline, number)


def test_wrong_keys_are_said_so_and_lead_on(hotline: RunningHotline) -> None:
    caller = Phoning(hotline, "+923001234616").press("8", "8", "8")
    assert sum(clip.startswith("ur/wrong_key") for clip in caller.heard) == 2
    assert caller.listen().awaits == "Record"
    caller.speak(end="hangup")
    hotline.wait_until(lambda: caller.row.reference is not None, within_s=40)
    assert heard_nothing(hotline, "+923001234616")


def test_danger_taken_by_the_duty_line(hotline: RunningHotline) -> None:
    hotline.ask("PUT", "/duty", {DUTY_LINE[0]: "silent", DUTY_LINE[1]: "takes"})
    caller = Phoning(hotline, "+923001234617").press("0")
    assert caller.row.priority == URGENT
    caller.listen().press("")
    assert caller.row.duty_taken
    dialled = [step for step in caller.call["path"] if step.get("verb") == "Dial"]
    assert [step["callerId"] for step in dialled] == [HOTLINE_NUMBER] * 2
    assert heard_nothing(hotline, "+923001234617")


@pytest.mark.parametrize("script", ["no-answer", "busy", "wrong", "silent", "hangs_up"])
def test_danger_that_nobody_takes_leads_to_the_beep_and_an_alarm(hotline: RunningHotline, script: str) -> None:
    hotline.ask("PUT", "/duty", dict.fromkeys(DUTY_LINE, script))
    caller = Phoning(hotline, "+923001234618").press("0").listen().press("")
    assert caller.listen().awaits == "Record"
    caller.speak(end="hangup")
    alarms = "SELECT count(*) FROM alarms WHERE ticket_id = :ticket"
    hotline.wait_until(lambda: hotline.rows(alarms, ticket=caller.row.ticket_id)[0][0] > 0, within_s=40)
    assert not caller.row.duty_taken
    assert heard_nothing(hotline, "+923001234618")


def test_whoever_cannot_speak_presses_five_and_is_heard(hotline: RunningHotline) -> None:
    caller = Phoning(hotline, "+923001234619").press("0", "5")
    assert caller.listen().awaits == "Record"
    said = len(caller.heard)
    caller.speak(end="silence")
    assert (caller.awaits, len(caller.heard)) == ("Record", said)  # nothing more is heard, and it goes on
    caller.hang_up()


def test_a_missed_call_is_rejected_unbilled_and_called_back_within_a_minute(hotline: RunningHotline) -> None:
    number = "+923001234620"
    rung = Phoning(hotline, number, to=MISSED_CALL_NUMBER)
    assert (rung.awaits, rung.heard) == ("", [])
    assert any(step.get("verb") == "Reject" for step in rung.call["path"])
    back = Phoning.answering(hotline, number, within_s=60)
    assert {clip.partition("/")[2].partition(".")[0] for clip in back.heard} == {"press_one"}
    back.press("1", "1", "1", "1", "1", "1").listen().speak().press("1")
    assert reference_in(hotline.await_texts(number, 1)[0]) == back.row.reference
    assert back.row.direction == "back"


def test_a_call_back_that_nobody_answers_is_not_repeated(hotline: RunningHotline) -> None:
    number = "+923001234621"
    Phoning(hotline, number, to=MISSED_CALL_NUMBER)

    def ours() -> list[dict[str, object]]:
        return [call for call in hotline.ask("GET", "/calls") if call["direction"] == "outbound-api" and call["phone"] == number]

    hotline.wait_until(lambda: len(ours()) == 1, within_s=60)
    hotline.ask("POST", f"/calls/{ours()[0]['sid']}/reject", {})
    ended = "SELECT count(*) FROM calls k JOIN contacts c ON c.id = k.contact_id WHERE c.mark = :mark AND direction = 'back'"
    hotline.wait_until(lambda: hotline.rows(f"{ended} AND ended_at IS NOT NULL", mark=mark(KEYS, number))[0][0] == 1, within_s=40)
    assert len(ours()) == 1


def own_phone(hotline: RunningHotline, login: str, number: str) -> None:
    """A volunteer's own phone, which never contacted us."""
    hotline.rows(
        "INSERT INTO contacts (uid, wrapped_key, mark, number, kind, country, language, language_named, may_text, may_call, on_hold,"
        " created_at, times_seen) "
        "VALUES (:uid, :wrapped_key, :mark, :number, 'phone', 'PK', 'ur', false, true, true, false, '2026-11-23 00:00:00.000000', 0)",
        **numbered(number),
    )
    sql = "UPDATE volunteers SET phone_id = (SELECT id FROM contacts WHERE mark = :mark) WHERE login = :login"
    hotline.rows(sql, mark=mark(KEYS, number), login=login)


def test_an_alarm_nobody_saw_rings_her_own_phone_and_9_acknowledges_it(hotline: RunningHotline) -> None:
    number = "+923001234631"
    hotline.rows("UPDATE tickets SET next_ring_at = NULL")  # those in danger of the tests before ring the same phones
    own_phone(hotline, "head", number)
    hotline.rows(
        "INSERT INTO alarms (id, about, kind, volunteer_id, raised_at) "
        "SELECT 77, 'shift:77', 'no_show', id, '2026-11-23 00:00:00.000000' FROM volunteers WHERE login = 'head'"
    )
    hotline.ring(Job.WATCH_SHIFTS)
    rung = Phoning.answering(hotline, number, within_s=60)
    assert [clip.partition("/")[2] for clip in rung.heard] == ["page_needs_you"]
    rung.press("5", "9")
    assert [clip.partition("/")[2] for clip in rung.heard] == ["page_needs_you", "page_needs_you", "goodbye"]
    assert rung.awaits == ""
    assert hotline.rows("SELECT count(*) FROM alarms WHERE id = 77 AND acknowledged_at IS NOT NULL")[0][0] == 1
    hotline.wait_until(lambda: rung.row.ended_at is not None, within_s=40)
    assert (rung.row.direction, rung.row.reference, hotline.tickets_of(number)) == ("alarm", None, 0)
    assert len(hotline.await_texts(number, 1)) == 1
    assert len([call for call in hotline.ask("GET", "/calls") if call["phone"] == number]) == 1


def test_a_step_asked_for_twice_is_one_step(hotline: RunningHotline) -> None:
    hotline.faults(voice_repeat_next=-1)
    caller = Phoning(hotline, "+923001234622").press("1", "1", "1", "1", "1").listen().speak().press("1")
    reference = caller.row.reference
    assert reference
    assert hotline.tickets_of("+923001234622") == 1
    assert hotline.rows("SELECT count(*) FROM recordings WHERE call_id = :call", call=caller.row.id)[0][0] == 1


def test_a_recording_nobody_tells_of_is_found(hotline: RunningHotline) -> None:
    """Neither Record's own step nor the callback comes, as the line and the hotline were down. The sweep asks the gateway."""
    hotline.faults(recording_callback_drop_next=-1)
    caller = Phoning(hotline, "+923001234623").press("1", "")
    assert caller.listen().awaits == "Record"
    hotline.kill_web()
    caller.speak(end="hangup")
    hotline.start_web()
    state = "SELECT r.state FROM recordings r WHERE r.call_id = :call"
    hotline.wait_until(lambda: hurry(hotline) and [r[0] for r in hotline.rows(state, call=caller.row.id)] == ["done"], within_s=40)
    assert caller.row.reference
    assert heard_nothing(hotline, "+923001234623")


def test_a_call_whose_end_is_never_told_is_closed_by_the_sweep(hotline: RunningHotline) -> None:
    hotline.faults(call_status_drop_next=-1)
    caller = Phoning(hotline, "+923001234624").press("1", "1", "1", "1", "1").hang_up()
    assert caller.row.ended_at is None
    hotline.wait_until(lambda: hurry(hotline) and caller.row.ended_at is not None, within_s=40)
    assert reference_in(hotline.await_texts("+923001234624", 1)[0]) == caller.row.reference


def test_with_the_database_away_the_lines_are_busy_and_whoever_had_begun_is_in_the_book(hotline: RunningHotline) -> None:
    number = "+923001234625"
    caller = Phoning(hotline, number).press("1")
    hotline.rows("ALTER TABLE calls RENAME TO calls_elsewhere")
    try:
        caller.press("1")
        stranger = Phoning(hotline, "+923001234626")
    finally:
        hotline.rows("ALTER TABLE calls_elsewhere RENAME TO calls")
    for one in (caller, stranger):
        assert one.awaits == ""
        assert {clip.rpartition("/")[0] for clip in one.heard if "/busy." in clip} == {"ur", "sd", "en"}
        assert heard_nothing(hotline, one.number)
    hotline.wait_until(lambda: hurry(hotline) and caller.row.ended_at is not None, within_s=40)
    assert (caller.row.reference, caller.row.reason) == (None, None)


def _press(phone: Locator, key: str) -> None:
    """A key of the phone in the browser, and what it leads to."""
    path = phone.locator("details.path li")
    before = path.count()
    phone.get_by_label("Keypad").get_by_role("button", name=key, exact=True).click()
    expect(path).not_to_have_count(before)


def test_a_complaint_from_someone_who_does_not_read(hotline: RunningHotline, page: Page) -> None:
    """From the phone in the browser, in Urdu, into a microphone; a volunteer hears it; the caller asks about it by its number."""
    number = "+923001234630"
    phones = f"http://127.0.0.1:{hotline.simulator_port}/"
    page.goto(phones)
    page.get_by_label("Number of another phone").fill(number)
    page.get_by_label("Number of another phone").press("Enter")
    phone = page.locator(f'[data-number="{number}"]')
    phone.get_by_role("button", name="Call").click()
    for key in "111115":  # the last key cuts short what is said before the beep
        _press(phone, key)
    phone.get_by_role("button", name="Speak into the microphone").click()
    expect(phone.get_by_text("Recording…")).to_be_visible()
    page.wait_for_function("() => [...handsets.values()].some((one) => one.recording?.recorder.state === 'recording')")
    page.wait_for_timeout(1500)  # somebody speaks
    phone.get_by_label("Keypad").get_by_role("button", name="#", exact=True).click()
    expect(phone.get_by_text("Waiting for a key")).to_be_visible()
    _press(phone, "1")
    opened = "SELECT t.reference, k.id FROM tickets t JOIN calls k ON k.ticket_id = t.id JOIN contacts c ON c.id = k.contact_id"
    [row] = hotline.rows(f"{opened} WHERE c.mark = :mark", mark=mark(KEYS, number))
    phone.get_by_role("button", name="Hang up").click()
    assert reference_in(hotline.await_texts(number, 1)[0]) == row.reference
    done = "SELECT state FROM recordings WHERE call_id = :call"
    hotline.wait_until(lambda: [r[0] for r in hotline.rows(done, call=row.id)] == ["done"], within_s=20)

    log_in(page, hotline)
    page.goto(f"{hotline.url}/tickets/{row.reference}")
    page.evaluate("document.querySelector('audio').play()")  # fetched only when played, as listening is an event
    page.wait_for_function("() => document.querySelector('audio').readyState >= 1")
    assert 0.8 < page.evaluate("document.querySelector('audio').duration") < 10
    listened = "SELECT count(*) FROM events e JOIN tickets t ON t.id = e.ticket_id WHERE t.reference = :ref AND e.kind = 'listened'"
    hotline.wait_until(lambda: hotline.rows(listened, ref=row.reference)[0][0] == 1, within_s=40)

    page.goto(phones)
    phone.get_by_role("button", name="Call").click()
    for key in "2" + row.reference:
        _press(phone, key)
    expect(phone.locator("details.path")).to_contain_text(re.compile("stage_(received|worked_on)"))


def test_a_volunteer_calls_back_and_the_two_are_joined_without_a_number(hotline: RunningHotline, page: Page) -> None:
    citizen, own = "+923001234640", "+923001234641"
    caller = Phoning(hotline, citizen).press("1", "3", "1").hang_up()
    hotline.wait_until(lambda: hotline.rows("SELECT count(*) FROM tickets WHERE routed_at IS NULL")[0][0] == 0, within_s=15)
    hotline.show_phone(citizen)
    log_in(page, hotline)
    page.goto(f"{hotline.url}/account")
    page.fill('form[action$="/choices"] [name=phone]', own)
    page.click('form[action$="/choices"] button')
    page.goto(f"{hotline.url}/tickets/{caller.row.reference}")
    if page.get_by_role("button", name="Take it").is_visible():
        page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Ring my phone").click()
    volunteer = Phoning.answering(hotline, own, within_s=15)
    assert [clip.partition(".")[0] for clip in volunteer.heard] == ["en/call_ready"]
    volunteer.press("1")
    theirs = Phoning.answering(hotline, citizen, within_s=15)
    assert (theirs.call["from"], theirs.call["heard"]) == (HOTLINE_NUMBER, [])
    theirs.hang_up()
    hotline.wait_until(lambda: hotline.rows("SELECT ended FROM bridges") == [("joined",)], within_s=15)
    page.reload()
    page.get_by_label("We spoke", exact=True).check()
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_text("What came of the call: We spoke")).to_be_visible()
    assert citizen not in page.content()
    assert theirs.call["heard"] == []
