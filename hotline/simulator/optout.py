"""The words Twilio keeps for itself on a long code, and what it answers to them.

Source: Twilio's support article on opt-out keywords for SMS. Only a text of that one word counts, in any case. The text still reaches
the hotline, which must neither answer it nor be surprised by error 21610 afterwards.
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
    """Do what a phone's keyword says; gives Twilio's own answer, or None if the text is none of its words."""
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
