"""What a ticket's page says of when its words go. `told.html` and `keeplonger.html` show it."""

from typing import Any

from hotline.domain.keeping import LONGEST_DAYS
from hotline.guards import runtime
from hotline.services import access
from hotline.services.access import Access, Act
from hotline.services.keeping import longer


def on_page(entered: Access) -> dict[str, Any]:
    """The values of the two templates."""
    found = entered.ticket
    return {
        "goes_at": longer.goes_at(runtime(), found),
        "may_keep": access.may(entered.rights, found, Act.KEEP),
        "longest_days": LONGEST_DAYS,
    }
