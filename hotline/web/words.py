"""The words for statuses, deliveries, events and other codes on pages: marked for gettext here, translated where they are shown."""

from collections.abc import Mapping

from hotline.alarms import AlarmKind
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.grant import RightKind
from hotline.domain.languages import BY_CODE, TEXT_LANGUAGES
from hotline.domain.queue import QueueList
from hotline.domain.rights import Role
from hotline.domain.ticket import Priority, Status
from hotline.guards import N_
from hotline.services.people.passwords import PasswordCommon, PasswordsBusy, PasswordTooShort
from hotline.storage.events import EventKind
from hotline.storage.peopleevents import PeopleEventKind

STATUSES = {
    Status.NEW: N_("New"),
    Status.ASSIGNED: N_("Assigned"),
    Status.IN_PROGRESS: N_("In progress"),
    Status.REFERRED: N_("Referred"),
    Status.RESOLVED: N_("Resolved"),
    Status.CLOSED: N_("Closed"),
    Status.REOPENED: N_("Reopened"),
}
PRIORITIES = {Priority.URGENT: N_("Urgent"), Priority.HIGH: N_("High"), Priority.NORMAL: N_("Normal")}
DELIVERIES = {
    Delivery.QUEUED: N_("waiting to leave"),
    Delivery.SENDING: N_("leaving"),
    Delivery.UNKNOWN: N_("not known yet"),
    Delivery.SENT: N_("sent"),
    Delivery.DELIVERED: N_("delivered"),
    Delivery.UNDELIVERED: N_("not delivered"),
    Delivery.FAILED: N_("not sent"),
}
REASONS = {
    Reason.STOPPED: N_("the citizen asked us not to text"),
    Reason.HOLD: N_("the ticket is on hold"),
    Reason.SEALED: N_("the ticket is sealed: a person may write, a machine may not"),
    Reason.NOT_SAFE: N_("this phone may not be texted"),
    Reason.NO_PHONE: N_("there is no phone that we can text"),
    Reason.NEVER_WROTE: N_("its number was typed in, and that phone has not given us the number of this ticket yet"),
    Reason.LANDLINE: N_("it is a landline, which takes no texts"),
    Reason.TOO_LATE: N_("too late to make sense"),
}
INSTEAD = {
    Reason.STOPPED: N_(
        "A text of the citizen with the word START allows it again. Until then leave a note; this phone is told the stage if it asks."
    ),
    Reason.HOLD: N_("A lead can lift the hold once it is safe. Until then keep your words here, or leave a note."),
    Reason.NOT_SAFE: N_("Leave a note. This phone is told the stage if it asks with the number of the ticket."),
    Reason.NO_PHONE: N_("Leave a note. Only the phone that a ticket came from is told its stage, and not with a withheld number."),
    Reason.NEVER_WROTE: N_(
        "Ask for one text with the number of this ticket from that phone, or one call that keys it in. Until then leave a note."
    ),
    Reason.LANDLINE: N_("Ring it if it may be rung; else leave a note."),
}
"""What the volunteer can do where no text can be sent."""
LISTS = {
    QueueList.MINE: N_("Mine"),
    QueueList.TEAMS: N_("My teams'"),
    QueueList.UNASSIGNED: N_("Nobody's"),
    QueueList.ALL: N_("All"),
}
EMPTY = {
    QueueList.MINE: N_("You hold no ticket. Take the next one, or look at another list."),
    QueueList.TEAMS: N_("Nothing waits for your teams. What comes in shows here by itself."),
    QueueList.UNASSIGNED: N_("Every ticket is somebody's. What comes in shows here by itself."),
    QueueList.ALL: N_("No ticket is open. What comes in shows here by itself."),
}
KEYS = (
    (("J", "↓"), N_("To the next ticket of the list")),
    (("K", "↑"), N_("To the one before it")),
    (("Enter",), N_("Open it")),
    (("N",), N_("Take next")),
    (("R",), N_("Show what has changed")),
    (("/",), N_("Search")),
    (("?",), N_("This card")),
)
EVENTS = {
    EventKind.OPENED: N_("Ticket opened"),
    EventKind.ADDED: N_("A text was added"),
    EventKind.RAISED: N_("Made more pressing"),
    EventKind.HELD: N_("Put on hold: nothing is texted by machine"),
    EventKind.SEALED: N_("Sealed: seen by its own team only"),
    EventKind.ROUTED: N_("Sent to its team"),
    EventKind.UNATTENDED: N_("Nobody was on duty"),
    EventKind.CLAIMED: N_("Claimed"),
    EventKind.MOVED: N_("Status changed"),
    EventKind.READ: N_("Marked as read"),
    EventKind.LATE: N_("Late: what was promised for it has not been done"),
    EventKind.DANGER: N_("Said to be in danger, by a key"),
    EventKind.DUTY_TAKEN: N_("The duty line took the call"),
    EventKind.RECORDED: N_("The recording came"),
    EventKind.RECORDING_LOST: N_("The recording never came"),
    EventKind.LISTENED: N_("Listened to the recording"),
    EventKind.WRITTEN_DOWN: N_("Wrote down what was said"),
    EventKind.REPLIED: N_("Wrote to the citizen"),
    EventKind.NOTED: N_("Note for colleagues"),
    EventKind.CHANGED: N_("Changed"),
    EventKind.UNHELD: N_("Hold lifted"),
    EventKind.UNSEALED: N_("Unsealed"),
    EventKind.PASSED: N_("Passed on"),
    EventKind.SHUT_OUT: N_("Must not see it any more"),
    EventKind.LET_IN: N_("May see it again"),
    EventKind.VIEWED: N_("Read this page"),
    EventKind.NUMBER_SHOWN: N_("Had the number shown"),
    EventKind.HANDED_BACK: N_("Went back: the volunteer who had it is not here any more, or not in its team"),
    EventKind.ALARM_RAISED: N_("Alarm raised"),
    EventKind.ALARM_ACKNOWLEDGED: N_("Alarm acknowledged"),
    EventKind.NUMBER_SOUGHT: N_("Found by its phone number"),
    EventKind.PHONE_ADDED: N_("Another phone of the citizen's was typed in"),
    EventKind.PHONE_CONFIRMED: N_("Another phone of the citizen's was confirmed"),
    EventKind.PHONE_MET: N_("A phone that was typed in has given us the number of this ticket"),
    EventKind.PHONE_TAKEN_AWAY: N_("Another phone of the citizen's was taken away"),
}
PEOPLE_EVENTS = {
    PeopleEventKind.INVITED: N_("Account made"),
    PeopleEventKind.LINK_MADE: N_("Link to log in by made"),
    PeopleEventKind.CAME_BY_LINK: N_("Came in by a link"),
    PeopleEventKind.PASSWORD_RESET: N_("Password made anew"),
    PeopleEventKind.DEACTIVATED: N_("Not here any more"),
    PeopleEventKind.BROUGHT_BACK: N_("Here again"),
    PeopleEventKind.LANGUAGES: N_("Languages changed"),
    PeopleEventKind.TEAM_JOINED: N_("Put into a team"),
    PeopleEventKind.RIGHT_ASKED: N_("Right asked for"),
    PeopleEventKind.RIGHT_GIVEN: N_("Right given"),
    PeopleEventKind.RIGHT_REFUSED: N_("Right refused"),
    PeopleEventKind.RIGHT_TAKEN: N_("Right taken away"),
    PeopleEventKind.FILE_LOADED: N_("Organisation file loaded"),
    PeopleEventKind.SHIFT_PLANNED: N_("Weekly shift planned"),
    PeopleEventKind.SHIFT_TAKEN_OUT: N_("Weekly shift taken out"),
    PeopleEventKind.STAND_IN_ASKED: N_("Asked to stand in"),
    PeopleEventKind.STAND_IN_NOT_ASKED: N_("Asked no longer to stand in"),
    PeopleEventKind.STAND_IN_AGREED: N_("Agreed to stand in for"),
    PeopleEventKind.STAND_IN_CANNOT: N_("Cannot stand in for"),
    PeopleEventKind.COMES: N_("Said that the shift is kept"),
    PeopleEventKind.DOES_NOT_COME: N_("Said that the shift is not kept"),
    PeopleEventKind.MISSED: N_("Did not come to the shift"),
    PeopleEventKind.HANDED_OVER: N_("Shift handed over"),
}
ALARMS = {
    AlarmKind.URGENT: N_("An urgent ticket is yours."),
    AlarmKind.OFF_DUTY: N_("A ticket is urgent and the volunteer who has it is off duty."),
    AlarmKind.NOBODY_ON_DUTY: N_("Nobody was on duty: this ticket came to you."),
    AlarmKind.UNATTENDED: N_("A ticket waits: nobody is on duty and its team has no lead."),
    AlarmKind.UNOPENED: N_("An urgent ticket waits: nobody has opened it."),
    AlarmKind.RECORDING_LOST: N_("A recording did not come, or not whole, or in a form we cannot play."),
    AlarmKind.SEALED_WAITS: N_("A sealed ticket waits and nobody of its team is on duty."),
    AlarmKind.NOT_COMING: N_("Somebody of your team cannot come to a shift: see the roster."),
    AlarmKind.NO_SHOW: N_("A volunteer of your team has not come to the shift: see the roster."),
    AlarmKind.TOO_FEW: N_("A shift of your team has too few: see the roster."),
    AlarmKind.ACCOUNT: N_("A link to log in by was made for somebody: see the people page."),
    AlarmKind.CODE_TRIED: N_("Wrong codes came by text under your phone number: somebody may have forged it. Trust the page, not a text."),
    AlarmKind.GRANT: N_("A right was asked for, or somebody came in by a link and is to be confirmed: see the people page."),
}
LANGUAGES = {code: BY_CODE[code].name for code in TEXT_LANGUAGES}
FACTS = {
    "category": N_("Kind"),
    "area": N_("Where"),
    "priority": N_("Urgency"),
    "assignee": N_("Assigned to"),
    "promised_at": N_("Promised by"),
    "wants_woman": N_("Asks for a woman"),
    "may_text": N_("May be texted"),
    "may_call": N_("May be rung"),
    "safe_hours": N_("Safe hours"),
    "on_hold": N_("Nothing goes to this phone"),
}
ROLES = {Role.VOLUNTEER: N_("Volunteer"), Role.ADMINISTRATOR: N_("Administrator"), Role.AUDITOR: N_("Auditor")}
RIGHTS = {
    RightKind.ADMINISTRATOR: N_("to be an administrator"),
    RightKind.AUDITOR: N_("to be an auditor"),
    RightKind.LEAD: N_("to lead this team"),
    RightKind.TEAM: N_("to be of this team, which sees sealed tickets"),
    RightKind.NUMBERS: N_("to have phone numbers shown"),
    RightKind.LINK: N_("a new link to log in by"),
    RightKind.ACCOUNT: N_("to be confirmed as the person who uses the account"),
}
PASSWORDS: Mapping[type[Exception], str] = {
    PasswordTooShort: N_("A password has ten characters or more. Choose a longer one."),
    PasswordCommon: N_(
        "That password is easy to guess: many people use it, or it is made of your name. Take a few words that do not belong together."
    ),
    PasswordsBusy: N_("Too many passwords come in just now. Wait a few seconds, then type it again and send it."),
}
"""Why a password was not taken. Nothing was changed then."""
DONE = {
    "saved": N_("Saved."),
    "yours": N_("It is yours now."),
    "passed": N_("Passed on. It is no longer yours."),
    "gone": N_("Saved. Only its own team sees this ticket now: it is gone from your pages."),
}
CALLS = {CallDirection.IN: N_("Rang, and left nothing"), CallDirection.MISSED: N_("Missed call")}
CALL_REASONS = {
    CallReason.HOURS: N_("not called back: outside the hours"),
    CallReason.UNFIT: N_("not called back: no phone we ring"),
    CallReason.NOT_SAFE: N_("not called back: this phone may not be rung"),
    CallReason.UNDER_WAY: N_("being called back"),
    CallReason.CROWDED: N_("not called back: too many calls at once"),
    CallReason.ENOUGH: N_("not called back: often enough today"),
}
WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
