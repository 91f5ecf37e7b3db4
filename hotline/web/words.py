"""What statuses, deliveries and events are called on a page: marked here, translated where they are shown."""

from hotline.alarms import AlarmKind
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.grant import Asked
from hotline.domain.language import Language
from hotline.domain.queue import QueueList
from hotline.domain.rights import Role
from hotline.domain.ticket import Priority, Status
from hotline.guards import N_
from hotline.storage.events import EventKind

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
    Reason.NOT_SAFE: N_("this phone may not be texted"),
    Reason.NO_PHONE: N_("there is no phone that we can text"),
    Reason.TOO_LATE: N_("too late to make sense"),
}
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
    EventKind.CHANGED: N_("Changed"),
    EventKind.UNHELD: N_("Hold lifted"),
    EventKind.UNSEALED: N_("Unsealed"),
    EventKind.PASSED: N_("Passed on"),
    EventKind.SHUT_OUT: N_("Must not see it any more"),
    EventKind.LET_IN: N_("May see it again"),
    EventKind.VIEWED: N_("Read this page"),
    EventKind.NUMBER_SHOWN: N_("Had the number shown"),
    EventKind.HANDED_BACK: N_("Went back: whoever had it is not here any more, or not of its team"),
    EventKind.ALARM_RAISED: N_("Alarm raised"),
    EventKind.ALARM_ACKNOWLEDGED: N_("Alarm acknowledged"),
    EventKind.NUMBER_SOUGHT: N_("Found by its phone number"),
}
ALARMS = {
    AlarmKind.URGENT: N_("An urgent ticket is yours."),
    AlarmKind.OFF_DUTY: N_("A ticket is urgent and whoever has it is off duty."),
    AlarmKind.NOBODY_ON_DUTY: N_("Nobody was on duty: this ticket came to you."),
    AlarmKind.UNATTENDED: N_("A ticket waits: nobody is on duty and its team has no lead."),
    AlarmKind.RECORDING_LOST: N_("A recording did not come, or not whole."),
    AlarmKind.SEALED_WAITS: N_("A sealed ticket waits and nobody of its team is on duty."),
    AlarmKind.NOT_COMING: N_("Somebody of your team cannot come to a shift: see the roster."),
    AlarmKind.NO_SHOW: N_("Somebody of your team has not come to her shift: see the roster."),
    AlarmKind.TOO_FEW: N_("A shift of your team has too few: see the roster."),
    AlarmKind.GRANT: N_("A right was asked for, for somebody: see the people page."),
}
LANGUAGES = {
    Language.EN: N_("English"),
    Language.UR: N_("Urdu"),
    Language.SD: N_("Sindhi"),
    Language.UR_LATN: N_("Roman Urdu"),
}
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
    Asked.ADMINISTRATOR: N_("to be an administrator"),
    Asked.AUDITOR: N_("to be an auditor"),
    Asked.LEAD: N_("to lead this team"),
    Asked.TEAM: N_("to be of this team, which sees sealed tickets"),
    Asked.NUMBERS: N_("to have phone numbers shown"),
    Asked.LINK: N_("a new link to log in by"),
}
CALLS = {"in": N_("Rang, and left nothing"), "missed": N_("Missed call")}
CALL_REASONS = {
    "hours": N_("not called back: outside the hours"),
    "unfit": N_("not called back: no phone we ring"),
    "not_safe": N_("not called back: this phone may not be rung"),
    "under_way": N_("being called back"),
    "crowded": N_("not called back: too many calls at once"),
    "enough": N_("not called back: often enough today"),
}
WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
