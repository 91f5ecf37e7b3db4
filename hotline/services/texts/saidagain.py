"""The same words come once more from a service that gives a text neither an id nor a time.

It may be the same text: the service did not hear our answer. It may be another one: the citizen says the same twice. Nobody can tell, so
the words are not stored a second time and are not answered twice, and the ticket says that they came again, and when.
"""

from datetime import timedelta

from hotline.domain import conversation
from hotline.domain.message import kept
from hotline.gateways.base import IncomingText
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.texts.adding import add
from hotline.services.tickets import meaning
from hotline.storage import events, messages, tickets

_APART = timedelta(minutes=1)
"""How far apart two notes of one text are at least: a service that tells it over and over does not fill the ticket."""


def said_again(rt: Runtime, gateway: str, text: IncomingText) -> None:
    """Note that the words of a text came again, on the ticket of the text, which becomes unread. Danger in them is told anew."""
    body = kept(text.body)
    asked = conversation.parse(body, rt.lexicon.ours, taken_for=text.keyword)
    meant = meaning.read_words(rt, body, said=asked.danger)
    with rt.transaction() as tx:
        found = messages.under(tx.session, gateway, text.gateway_id)
        if found is None or found.ticket_id is None:  # its words ask nothing of a person, or it was erased
            logger().info("a text came again that is on no ticket", gateway=gateway)
            return
        tickets.locked(tx.session, found.ticket_id)
        if events.came_again(tx.session, found.ticket_id, found.id, since=tx.now - _APART):
            return
        add(rt, tx, found.ticket_id, body, meant, again_of=found.id)
    logger().info("the words of a text came again", gateway=gateway, message_id=found.id)
