"""What the app's states and reasons mean for a text."""

import pytest

from hotline.domain.delivery import Delivery
from hotline.gateways.android import states
from hotline.gateways.base import Outcome

FAILED, UNDELIVERED = Delivery.FAILED, Delivery.UNDELIVERED


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        (
            "Send result: RESULT_ERROR_NO_SERVICE (Failed because service is currently unavailable)",
            (FAILED, "no_service", Outcome.ILL),
        ),
        ("Send result: RESULT_ERROR_RADIO_OFF (Failed because radio was explicitly turned off)", (FAILED, "radio_off", Outcome.ILL)),
        (
            "Send result: RESULT_ERROR_LIMIT_EXCEEDED (Failed because we reached the sending queue limit)",
            (FAILED, "limit_exceeded", Outcome.ILL),
        ),
        ("Send result: RESULT_ERROR_LIMIT_EXCEEDED", (FAILED, "limit_exceeded", Outcome.ILL)),
        ("Send result: RESULT_RIL_SIM_ABSENT (…)", (FAILED, "no_sim", Outcome.ILL)),
        ("Send result: RESULT_ERROR_GENERIC_FAILURE (Generic failure cause)", (FAILED, "generic_failure", Outcome.NOT_SENT)),
        ("Send result: RESULT_NETWORK_REJECT (…)", (FAILED, "network_reject", Outcome.NOT_SENT)),
        ("Send result: RESULT_RIL_SOMETHING_NEW_AND_LONG (…)", (FAILED, "something_new_an", Outcome.NOT_SENT)),
        ("Send result: RESULT_ERROR_SHORT_CODE_NEVER_ALLOWED (…)", (FAILED, "short_code", Outcome.REFUSED)),
        ("Send result: Unknown error code: 133404", (FAILED, "failed", Outcome.NOT_SENT)),
        ("TTL expired", (FAILED, "expired", Outcome.NOT_SENT)),
        ("Can't send message: SIM 2 not found", (FAILED, "no_sim", Outcome.ILL)),
        ("Can't send message: No SIMs found", (FAILED, "no_sim", Outcome.ILL)),
        ("Can't send message: SIM selection requires READ_PHONE_STATE permission", (FAILED, "no_sim", Outcome.ILL)),
        ("sendSMS: null", (FAILED, "failed", Outcome.NOT_SENT)),
        ("", (FAILED, "failed", Outcome.NOT_SENT)),
        ("Delivery result from SC +923000000042: 70", (UNDELIVERED, "sc_70", Outcome.UNREACHABLE)),
        ("Delivery result from SC null: 70", (UNDELIVERED, "sc_70", Outcome.UNREACHABLE)),
        ("Delivery result from SC +923000000042: 96", (UNDELIVERED, "sc_96", Outcome.UNREACHABLE)),
        ("Delivery result from SC +923000000042: 65", (UNDELIVERED, "sc_65", None)),
        ("Delivery result: 4", (UNDELIVERED, "not_delivered", None)),
    ],
)
def test_a_reason_means(reason: str, wanted: tuple[Delivery, str, Outcome | None]) -> None:
    assert states.failed(reason) == wanted


def test_every_code_fits_its_column() -> None:
    assert all(len(code) <= 16 for code, _ in states.RESULTS.values())
    assert all(len(states.failed(f"Send result: {name} (…)")[1]) <= 16 for name in states.RESULTS)


def test_a_number_in_a_reason_is_in_no_code() -> None:
    assert "92300" not in states.failed("Delivery result from SC +923000000042: 70")[1]
