"""What statuses, deliveries and events are called on a page: marked here, translated where they are shown."""

from hotline.alarms import AlarmKind
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.language import Language
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
    Reason.TOO_LATE: N_("too late to make sense"),
}
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
    EventKind.DANGER: N_("Said to be in danger, by a key"),
    EventKind.DUTY_TAKEN: N_("The duty line took the call"),
    EventKind.RECORDED: N_("The recording came"),
    EventKind.RECORDING_LOST: N_("The recording never came"),
    EventKind.LISTENED: N_("Listened to the recording"),
    EventKind.WRITTEN_DOWN: N_("Wrote down what was said"),
    EventKind.CATEGORISED: N_("Kind changed"),
    EventKind.PLACED: N_("Place changed"),
    EventKind.LOWERED: N_("Made less pressing"),
    EventKind.LIFTED: N_("Hold lifted"),
    EventKind.UNSEALED: N_("Unsealed"),
    EventKind.PROMISED: N_("Promise changed"),
    EventKind.WANTS_WOMAN: N_("Asks to speak to a woman, or no longer"),
    EventKind.SAFE_CONTACT: N_("How the phone may be reached was changed"),
    EventKind.PASSED: N_("Passed on"),
    EventKind.SHUT_OUT: N_("Hidden from somebody"),
    EventKind.LET_IN: N_("Shown to somebody again"),
    EventKind.NUMBER_SHOWN: N_("Looked at the phone number"),
    EventKind.VIEWED: N_("Read it"),
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
}
LANGUAGES = {
    Language.EN: N_("English"),
    Language.UR: N_("Urdu"),
    Language.SD: N_("Sindhi"),
    Language.UR_LATN: N_("Roman Urdu"),
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
