"""The keywords that Twilio itself obeys on a long code, and its answers.

Source: Twilio's support article on opt-out keywords for SMS. A text counts if it is only that word, in upper or lower case. It still
goes to the hotline, which must not answer it, and must expect error 21610 when it sends a text later.
"""

from hotline.simulator.state import State

STOP_WORDS = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

STOPPED = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
STARTED = (
    "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


def obey(state: State, number: str, body: str) -> str | None:
    """Do what the keyword in a text says; Twilio's answer, or None if the text is not a keyword."""
    word = body.strip().upper()
    if not state.faults.opt_out:
        return None
    if word in STOP_WORDS:
        state.opt_out(number)
        return STOPPED
    if word in START_WORDS:
        state.opt_in(number)
        return STARTED
    return HELP if word in HELP_WORDS else None
