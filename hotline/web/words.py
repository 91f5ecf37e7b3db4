"""The words for statuses, deliveries, events and other codes on pages: marked for gettext here, translated where they are shown."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hotline.alarms import AlarmKind
from hotline.domain.bridge import Bar, Came, End
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.closing import HowTold
from hotline.domain.danger import BroughtIn, Danger
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.erasure import Bar as EraseBar
from hotline.domain.erasure import How
from hotline.domain.grant import RightKind
from hotline.domain.health import Verdict
from hotline.domain.holder import Holder
from hotline.domain.languages import BY_CODE, TEXT_LANGUAGES
from hotline.domain.look import Look, LookAnswer
from hotline.domain.needs import Interpreter, Only
from hotline.domain.queue import Channel, QueueList
from hotline.domain.reading import Part as ReadPart
from hotline.domain.rights import Role
from hotline.domain.ticket import Priority, Status
from hotline.guards import N_
from hotline.services.people.passwords import PasswordCommon, PasswordsBusy, PasswordTooShort
from hotline.services.tickets.bulk import Outcome
from hotline.storage.events import Deed, EventKind, Part
from hotline.storage.peopleevents import PeopleEventKind
from hotline.storage.showings import ShowingKind

STATUSES = {
    Status.NEW: N_("New"),
    Status.ASSIGNED: N_("Assigned"),
    Status.IN_PROGRESS: N_("In progress"),
    Status.REFERRED: N_("Referred"),
    Status.RESOLVED: N_("Resolved"),
    Status.CLOSED: N_("Closed"),
    Status.REOPENED: N_("Reopened"),
}
PRIORITIES = {Priority.URGENT: N_("Urgent"), Priority.HIGH: N_("High"), Priority.NORMAL: N_("Normal"), Priority.LAST: N_("Last")}
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
    Reason.REFUSED: N_("the citizen said that texts to this phone are not safe"),
    Reason.BY_PERSON: N_("of a ticket like this only a person tells the citizen, on a safe contact"),
    Reason.HOLD: N_("the ticket is on hold"),
    Reason.SEALED: N_("the ticket is sealed: a person may write, a machine may not"),
    Reason.NOT_SAFE: N_("this phone may not be texted"),
    Reason.NO_PHONE: N_("there is no phone that we can text"),
    Reason.NEVER_WROTE: N_("its number was typed in, and that phone has not given us the number of this ticket yet"),
    Reason.LANDLINE: N_("it is a landline, which takes no texts"),
    Reason.TOO_LATE: N_("too late to make sense"),
    Reason.ERASED: N_("its words were erased"),
    Reason.NEVER_KNOWN: N_("nobody can tell whether it left: the people who run this hotline decide whether it is sent again"),
    Reason.CROWDED: N_("many texts to this phone wait: it leaves some seconds later"),
    Reason.LEFT: N_("nobody can tell whether it left"),
    Reason.UNREADABLE: N_("it cannot be opened: tell the people who run this hotline"),
}
INSTEAD = {
    Reason.STOPPED: N_(
        "A text of the citizen with the word START allows it again. Until then leave a note; this phone is told the stage if it asks."
    ),
    Reason.REFUSED: N_(
        "Answer the next text of the citizen at once: for some minutes that may go. A volunteer can take it back, with a reason."
    ),
    Reason.HOLD: N_(
        "Answer the next text of the citizen at once: for some minutes that may go. Else it takes the citizen's own hours and a lead's yes."
    ),
    Reason.NOT_SAFE: N_("Leave a note. This phone is told the stage if it asks with the number of the ticket."),
    Reason.NO_PHONE: N_("Leave a note. Only the phone that a ticket came from is told its stage, and not with a withheld number."),
    Reason.NEVER_WROTE: N_(
        "Ask for one text with the number of this ticket from that phone, or one call that keys it in. Until then leave a note."
    ),
    Reason.LANDLINE: N_("Ring it if it may be rung; else leave a note."),
}
"""What the volunteer can do where no text can be sent."""
CHANNELS = {Channel.TEXT: N_("By text"), Channel.CALL: N_("By phone"), Channel.WALK_IN: N_("Walk-in")}
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
TICKET_KEYS = (
    (("A",), N_("Write to the citizen")),
    (("S",), N_("Status")),
    (("M",), N_("Note for colleagues")),
    (("F",), N_("What we know")),
    (("P",), N_("Keep people safe")),
    (("H",), N_("What happened")),
    (("T",), N_("Take it")),
    (("N",), N_("Take next")),
    (("Q",), N_("Back to the queue")),
    (("R",), N_("Show what has changed")),
    (("Esc",), N_("Leave a field")),
    (("/",), N_("Search")),
    (("?",), N_("This card")),
)
ERASE_BARS = {
    EraseBar.OPEN: N_("Not now: a ticket of this phone has not ended, or something of it waits to be read, heard or looked at."),
    EraseBar.HELD: N_("Not now: a ticket of this phone is on hold. A lead lifts that first."),
    EraseBar.STAFF: N_("Not now: this is a volunteer's own phone. Its account needs another phone first."),
}

ERASE_HOW = {
    How.TEXT: N_("By a text"),
    How.CALL: N_("On a call"),
    How.VISIT: N_("On a visit"),
}

EVENTS = {
    EventKind.OPENED: N_("Ticket opened"),
    EventKind.ADDED: N_("A text was added"),
    EventKind.CAME_AGAIN: N_("The same words came again: told twice by the company, or said twice by the citizen"),
    EventKind.RAISED: N_("Made more pressing"),
    EventKind.HELD: N_("Put on hold: nothing is texted by machine"),
    EventKind.SEALED: N_("Sealed: seen by its own team only"),
    EventKind.ROUTED: N_("Sent to its team"),
    EventKind.UNATTENDED: N_("Nobody was on duty"),
    EventKind.CLAIMED: N_("Claimed"),
    EventKind.MOVED: N_("Status changed"),
    EventKind.READ: N_("Marked as read"),
    EventKind.LATE: N_("Late: what was promised for it has not been done"),
    EventKind.DANGER: N_("In danger"),
    EventKind.ACTED: N_("Acted on it"),
    EventKind.RANG: N_("Phones began to ring"),
    EventKind.CANNOT: N_("Cannot act on it: the next phone rings"),
    EventKind.SEAL_BROKEN: N_("Broke the seal, as its own team did not act"),
    EventKind.MUST_BE_SILENT: N_("The caller cannot speak, and keyed so: no call and no text of ours"),
    EventKind.DUTY_TAKEN: N_("The duty line took the call"),
    EventKind.RECORDED: N_("The recording came"),
    EventKind.RECORDING_LOST: N_("The recording never came"),
    EventKind.PHOTO_CAME: N_("The photo came"),
    EventKind.PHOTO_LOST: N_("The photo never came"),
    EventKind.PHOTO_SEEN: N_("Looked at the photo"),
    EventKind.LISTENED: N_("Listened to the recording"),
    EventKind.LOOKED: N_("Looked at it"),
    EventKind.WRITTEN_DOWN: N_("Wrote down what was said"),
    EventKind.CARD_PUT: N_("Protocol card put to it"),
    EventKind.STEP_DONE: N_("Step done"),
    EventKind.STEP_UNDONE: N_("Tick of a step taken away"),
    EventKind.STEPS_PASSED_OVER: N_("Went on without steps of the card"),
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
    EventKind.NUMBER_ASKED: N_("Asked another person to agree that a number is shown"),
    EventKind.NUMBER_RELEASED: N_("Agreed that the number is shown, to"),
    EventKind.NUMBER_REFUSED: N_("Did not agree that the number is shown, to"),
    EventKind.GLASS_BROKEN: N_("Opened the number without another person's yes"),
    EventKind.HANDED_BACK: N_("Went back: the volunteer who had it is not here any more, or not in its team"),
    EventKind.ALARM_RAISED: N_("Alarm raised"),
    EventKind.ALARM_ACKNOWLEDGED: N_("Alarm acknowledged"),
    EventKind.NUMBER_SOUGHT: N_("Found by its phone number"),
    EventKind.MOVED_OUT: N_("Texts of it were moved to another ticket of this phone"),
    EventKind.MOVED_IN: N_("Texts of another ticket of this phone were moved to it"),
    EventKind.PHONE_ADDED: N_("Another phone of the citizen's was typed in"),
    EventKind.PHONE_CONFIRMED: N_("Another phone of the citizen's was confirmed"),
    EventKind.PHONE_MET: N_("A phone that was typed in has given us the number of this ticket"),
    EventKind.PHONE_TAKEN_AWAY: N_("Another phone of the citizen's was taken away"),
    EventKind.UNSAFE: N_("The citizen said that we must neither text nor ring this phone"),
    EventKind.TEXT_AGREED: N_("Agreed that one text goes though it is on hold"),
    EventKind.CODE_WORD: N_("The code word was changed"),
    EventKind.CALL_AGREED: N_("Found in a text: the citizen agrees to a call"),
    EventKind.CALL_URGED: N_("Recorded why silence is deadlier than a call"),
    EventKind.CALL_PROMISED: N_("A call was promised"),
    EventKind.CALL_NOT_MADE: N_("The promised call is not made"),
    EventKind.BRIDGE_ASKED: N_("Asked to call the citizen"),
    EventKind.BRIDGE_ANSWERED: N_("Call: the volunteer's phone was answered"),
    EventKind.BRIDGE_RUNG: N_("Call: the citizen's phone rings"),
    EventKind.BRIDGE_JOINED: N_("Call: joined"),
    EventKind.BRIDGE_ENDED: N_("Call: over"),
    EventKind.BRIDGE_CAME: N_("What came of the call"),
    EventKind.ERASURE_ASKED: N_("The sender asks us to forget this phone and what it told us. A person sees to it"),
    EventKind.ERASURE_CONFIRMED: N_("Said that the citizen was reached safely and asks to be erased: a second person has to agree"),
    EventKind.ERASURE_AGREED: N_("Agreed that the citizen is erased: some days are left to stop it"),
    EventKind.ERASURE_STOPPED: N_("The erasure was stopped"),
    EventKind.ERASED: N_("Erased at the citizen's wish"),
    EventKind.PRANK_MARKED: N_("Said to abuse us or play pranks: a second person has to confirm it"),
    EventKind.PRANK_CONFIRMED: N_("Confirmed that this phone abuses us or plays pranks: its ordinary tickets come last"),
    EventKind.PRANK_UNMARKED: N_("This phone counts like any other again"),
    EventKind.KIND_UNDONE: N_("The change of the kind was undone"),
    EventKind.KEPT_LONGER: N_("What was written here is kept for longer"),
    EventKind.WORDS_GONE: N_("What was written here was deleted: it had been kept for long enough"),
    EventKind.UNSENT: N_("Took a text back before it left"),
    EventKind.MASKED: N_("Masked a part of what was said: nobody is shown it"),
    EventKind.UNMASKED: N_("A masked part is shown again"),
    EventKind.REWRITTEN: N_("Had a masked part rewritten for good"),
}
BARS = {
    Bar.NO_LINE: N_("This hotline places no calls."),
    Bar.NO_PHONE: N_("There is no phone that we can ring."),
    Bar.NO_OWN_PHONE: N_("We cannot ring your phone: put its number into “Your account”."),
    Bar.NO_CALLS: N_("The citizen wants no calls, or they are not safe."),
    Bar.SILENT: N_("The caller could not speak: somebody listens. Nobody rings this phone."),
    Bar.MARKED: N_("This phone is marked: nothing goes to it."),
    Bar.UNDER_WAY: N_("A call is under way."),
    Bar.TRIED: N_("It was tried today. Not again before tomorrow."),
    Bar.UNASKED: N_("The citizen has not agreed to a call."),
    Bar.HOURS: N_("It is not an hour in which this phone may be rung."),
}
"""Why a citizen is not called back now."""
BRIDGES = {
    End.JOINED: N_("the two were joined"),
    End.NO_ANSWER: N_("nobody answered"),
    End.BUSY: N_("busy"),
    End.FAILED: N_("it could not be put through"),
    End.NOT_TAKEN: N_("the volunteer did not press 1; the citizen's phone was not rung"),
    End.NOT_PLACED: N_("the volunteer's phone could not be rung"),
    End.BARRED: N_("it may not be made any more"),
    End.UNKNOWN: N_("nobody knows what became of it"),
    Came.SPOKE: N_("We spoke"),
    Came.DROPPED: N_("The line dropped while we spoke"),
    Came.OTHER_VOICE: N_("Another voice"),
    Came.NOBODY: N_("Nobody spoke, or a mailbox"),
}
"""How a call back ended, and what came of it."""
CAME = tuple(Came)
READ_PARTS = {
    ReadPart.DANGER: N_("somebody may be in danger"),
    ReadPart.AGAINST: N_("it may complain of police or other officials"),
    ReadPart.QUIET: N_("a text or a call from us may expose the citizen"),
}
"""What the model judges in a text."""
DEEDS = {
    Deed.TEXTED: N_("Wrote to the citizen"),
    Deed.CALLED: N_("Rang the citizen"),
    Deed.BROUGHT_IN: N_("Brought somebody in"),
    Deed.STEP: N_("Did a step of the protocol"),
    Deed.NOTHING_TO_DO: N_("Nothing can be done"),
}
BROUGHT_IN = {
    BroughtIn.RESCUE: N_("Ambulance or rescue"),
    BroughtIn.POLICE: N_("Police"),
    BroughtIn.DOCTOR: N_("Doctor or counsellor"),
    BroughtIn.CHILDREN: N_("Child protection"),
    BroughtIn.SHELTER: N_("Shelter"),
    BroughtIn.LAWYER: N_("Lawyer"),
    BroughtIn.TRUSTED: N_("Somebody whom the citizen trusts"),
    BroughtIn.OTHER: N_("Somebody else"),
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
    PeopleEventKind.GATEWAY_STOPPED: N_("Gateway stopped"),
    PeopleEventKind.GATEWAY_STARTED: N_("Gateway started again"),
    PeopleEventKind.TEXT_SENT_AGAIN: N_("Had a text sent again of which nobody could tell whether it had left"),
    PeopleEventKind.TEXT_LEFT: N_("Left a text as it is of which nobody could tell whether it had left"),
}
SHOWINGS = {
    ShowingKind.LIST: N_("Saw it in a list"),
    ShowingKind.OPEN_PAGE: N_("Had the ticket's page open as it changed"),
    ShowingKind.TEXT: N_("Saw a text or recording that is on no ticket"),
    ShowingKind.SEARCH: N_("Searched"),
    ShowingKind.NUMBER: N_("Had a phone number shown"),
    ShowingKind.EXPORT: N_("Exported"),
    ShowingKind.COMMAND: N_("A command read words or numbers"),
    ShowingKind.KEY: N_("A command used the keys"),
    ShowingKind.AUDIT: N_("Looked up who had looked"),
}
ALARMS = {
    AlarmKind.URGENT: N_("An urgent ticket is yours."),
    AlarmKind.OFF_DUTY: N_("A ticket is urgent and the volunteer who has it is off duty."),
    AlarmKind.NOBODY_ON_DUTY: N_("Nobody was on duty: this ticket came to you."),
    AlarmKind.UNATTENDED: N_("A ticket waits: nobody is on duty and its team has no lead."),
    AlarmKind.DANGER: N_("Somebody is in danger. Phones ring until somebody acts."),
    AlarmKind.SEALED_DANGER: N_("A sealed ticket is in danger and its own team does not act."),
    AlarmKind.BESIDE: N_("A sealed ticket is in danger too: work on it together with its own team."),
    AlarmKind.SEAL_BROKEN: N_("A lead broke the seal of a ticket in danger."),
    AlarmKind.RECORDING_LOST: N_("A recording did not come, or not whole, or in a form we cannot play."),
    AlarmKind.PHOTO_LOST: N_("A photo that came with a text could not be fetched."),
    AlarmKind.SEALED_WAITS: N_("A sealed ticket waits and nobody of its team is on duty."),
    AlarmKind.LOOK_LATE: N_("What came in waits too long for a first look. If you see none of it, ring the team that has sealed tickets."),
    AlarmKind.NOT_COMING: N_("Somebody of your team cannot come to a shift: see the roster."),
    AlarmKind.NO_SHOW: N_("A volunteer of your team has not come to the shift: see the roster."),
    AlarmKind.TOO_FEW: N_("A shift of your team has too few: see the roster."),
    AlarmKind.ACCOUNT: N_("A link to log in by was made for somebody: see the people page."),
    AlarmKind.NOT_REACHED: N_("Phones did not answer the daily test: somebody could not be rung."),
    AlarmKind.CODE_TRIED: N_("Wrong codes came by text under your phone number: somebody may have forged it. Trust the page, not a text."),
    AlarmKind.MENTIONED: N_("A colleague asks you to look at a ticket."),
    AlarmKind.GATEWAY_KEEPS: N_("Old texts and calls still lie with the company that carries them. Ask who runs the hotline to see why."),
    AlarmKind.GATEWAY_RESTS: N_("A gateway is out of order: texts leave by another, or wait. Tell the people who run this hotline."),
    AlarmKind.GATEWAY_DEAF: N_("Texts to one of our numbers do not come in. Tell the people who run this hotline."),
    AlarmKind.ALL_REST: N_("No text leaves: no gateway carries any. Tell the people who run this hotline, and ring citizens in danger."),
    AlarmKind.NUMBER_ASKED: N_("A colleague asks to have a number shown: somebody else has to say yes or no."),
    AlarmKind.NUMBER_OPEN: N_("You may have the number shown now, for some minutes."),
    AlarmKind.GLASS_BROKEN: N_("A number was opened without another person's yes. Ask why."),
    AlarmKind.NAMED: N_("A complaint names somebody of ours. That person does not see it."),
    AlarmKind.GRANT: N_("A right was asked for, or somebody came in by a link and is to be confirmed: see the people page."),
    AlarmKind.SPOOL_STUCK: N_("Something that came in cannot be read: tell the person who looks after the server."),
    AlarmKind.SPOOL_WAITS: N_("Texts that came in wait and are on no list yet: tell the person who looks after the server."),
    AlarmKind.UNSENT: N_("Texts wait too long to leave. Tell the person who looks after the server, and ring citizens in danger."),
    AlarmKind.STANDS_STILL: N_("Part of this hotline stands still: texts may not leave. Tell the person who looks after the server."),
    AlarmKind.PHONE_SILENT: N_("A phone that carries our texts is off, or without a network. Tell the people who run this hotline."),
    AlarmKind.DISK_FULL: N_("A disk is nearly full: tell the person who looks after the server."),
    AlarmKind.CERTIFICATE: N_("The certificate of our address ends soon: tell the person who looks after the server."),
    AlarmKind.NO_BACKUP: N_("There is no new backup: tell the person who looks after the server."),
}
NEEDS = {
    "database": N_("Database"),
    "redis": N_("Redis, which wakes the workers"),
    "spool": N_("Where texts wait while the database is away"),
    "clock": N_("Clock and workers"),
    "disk": N_("Room on the disks"),
}
TICKS = {
    "clock": N_("The clock, which wakes all others"),
    "sending": N_("The worker that sends texts"),
    "tickets": N_("The worker of tickets and alarms"),
    "spool": N_("The worker that takes in what waits on the disk"),
    "calls": N_("The worker of calls and recordings"),
    "gateways": N_("The worker that asks the gateways"),
    "backups": N_("The worker that makes backups"),
}
"""The clock and each queue of jobs."""

DISKS = {
    "data": N_("The disk of recordings and photos"),
    "database": N_("The disk of the database"),
    "backups": N_("The disk of backups"),
}
WAITING_LOOKS = {
    Look.FIRST: N_("Wait for a first look, and may be danger"),
    Look.NEXT: N_("Wait for a first look"),
    Look.LAST: N_("Wait for a first look, from phones that two people marked"),
}
GATEWAY_KINDS = {
    "android": N_("Android phone"),
    "http": N_("Company, over HTTP"),
    "smpp": N_("Company, over SMPP"),
    "sip": N_("Telephone line"),
}
RESTS = {
    Verdict.ERRORS: N_("most texts were not taken"),
    Verdict.SLOW: N_("most texts were not delivered within minutes"),
    Verdict.SILENT: N_("nothing comes in, at an hour at which something always did"),
    "no_service": N_("the phone has no signal"),
    "radio_off": N_("the phone's radio is off"),
    "limit_exceeded": N_("the phone lets no more texts out just now"),
    "no_sim": N_("there is no SIM in the phone"),
    "sim_blocked": N_("the SIM is blocked"),
    "no_memory": N_("the phone's memory is full"),
    "no_balance": N_("no balance is left"),
    "20003": N_("our password is not taken"),
}
"""Why a gateway rests, by its own code or our word."""
STRETCHES = {
    timedelta(minutes=15): N_("in 15 minutes"),
    timedelta(hours=1): N_("in an hour"),
    timedelta(days=1): N_("in a day"),
}
"""The stretches of time for which a gateway has a limit."""
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
    "no_texts": N_("The citizen said: no texts"),
    "no_calls": N_("The citizen said: no calls"),
    "deaf": N_("Deaf"),
    "only": N_("Only one way"),
    "interpreter": N_("Interpreter"),
}
ONLY = {Only.TEXTS: N_("Only by text"), Only.CALLS: N_("Only by call")}
INTERPRETERS = {
    Interpreter.PASHTO: N_("Pashto"),
    Interpreter.BALOCHI: N_("Balochi"),
    Interpreter.PUNJABI: N_("Punjabi"),
    Interpreter.SARAIKI: N_("Saraiki"),
}
SPOKEN = LANGUAGES | {code.value: name for code, name in INTERPRETERS.items()}
"""What people text us in, also where we do not write it."""
HOLDERS = {
    Holder.CITIZEN: N_("The citizen, and nobody else"),
    Holder.TRUSTED: N_("Somebody whom the citizen trusts"),
    Holder.FAMILY: N_("Somebody of the family or the house"),
    Holder.UNKNOWN: N_("We do not know"),
}
TOLD = {
    HowTold.CALL: N_("The citizen was told on a safe call"),
    HowTold.IN_PERSON: N_("The citizen was told in person"),
    HowTold.UNSAFE: N_("The citizen cannot be told safely"),
}
LOOKS = {
    LookAnswer.DANGER: N_("In danger"),
    LookAnswer.HOLD: N_("Text nothing by machine"),
    LookAnswer.KIND: N_("Kind"),
    LookAnswer.PLACE: N_("Where"),
    LookAnswer.ORDINARY: N_("Ordinary"),
    LookAnswer.NOT_OURS: N_("Not ours"),
    LookAnswer.ELSEWHERE: N_("Part of another ticket"),
    LookAnswer.UNSURE: N_("I cannot tell"),
}
"""What a person says who has looked at a text or a recording."""
DANGERS = {
    Danger.PERSON: N_("a person said so"),
    Danger.KEYED: N_("by a key on a call"),
    Danger.CRY: N_("a cry for help"),
    Danger.SURE: N_("read in the words, and sure"),
    Danger.READ: N_("read in the words"),
}
"""How we know that somebody is in danger."""
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
    "number_asked": N_("Asked. The number can be shown once another person has said yes."),
    "number_open": N_("Open now. Press “Show the number”; your heads are alarmed."),
    "yours": N_("It is yours now."),
    "unsent": N_("Taken back. Nothing was sent; your words are in the box again."),
    "undone": N_("Undone."),
    "stayed_sealed": N_("The ticket stays sealed: its team has begun with it, or the words of the citizen ask for it."),
    "next_rings": N_("The next phone rings."),
    "passed": N_("Passed on. It is no longer yours."),
    "moved": N_("The texts are on this ticket now."),
    "masked": N_("Masked. Nobody is shown it any more."),
    "unmasked": N_("It is shown again."),
    "removed": N_("Removed for good."),
    "rewritten": N_("Rewritten for good. A recording takes some minutes, and is silent there meanwhile."),
    "looked": N_("Noted."),
    "looked_all": N_("Noted. Nothing else waits for you."),
    "second": N_("Noted. It counts once a second person says the same; it stays on the list for a colleague."),
    "first": N_("A colleague has looked at it meanwhile."),
    "ringing": N_("Your phone will ring. Press 1, and say nothing until they speak."),
    "forgotten": N_("The view is gone."),
    "stopped": N_("Stopped. Nothing leaves by it until somebody lets it carry again."),
    "started": N_("It carries again."),
    "sent_again": N_("It is sent again."),
    "left": N_("Left as it is. It is off the list."),
    "gone": N_("Saved. Only its own team sees this ticket now: it is gone from your pages."),
}
PARTS = {
    Part.KIND: N_("Kind"),
    Part.URGENCY: N_("Urgency"),
    Part.HOLD: N_("On hold"),
    Part.SEAL: N_("Sealed"),
    Part.PLACE: N_("Team and volunteer"),
}
"""What a kind changes on a ticket."""
SEVERAL = {"take": N_("Yours now"), "pass": N_("Passed on"), "close": N_("Closed, or noted")}
OUTCOMES = {
    Outcome.DONE: N_("Done"),
    Outcome.SECOND: N_("noted: it is closed once a second person says within the hour that it is not ours"),
    Outcome.MOVED: N_("somebody was first: look at it again"),
    Outcome.GONE: N_("there is no such ticket, or it is not yours to see"),
    Outcome.UNSEEN: N_("nobody has looked at all of it yet"),
    Outcome.URGENT: N_("it is urgent"),
    Outcome.HELD: N_("it is on hold"),
    Outcome.SEALED: N_("it is sealed"),
    Outcome.BEGUN: N_("somebody has begun to work on it, or it is closed"),
    Outcome.BY_PERSON: N_("a person tells its citizen of the end: close it on its own page"),
    Outcome.STEPS: N_("its protocol demands steps first"),
    Outcome.BLIND: N_("it cannot be passed there"),
}
"""What became of one of several tickets."""
CALLS = {CallDirection.IN: N_("Rang, and left nothing"), CallDirection.MISSED: N_("Missed call")}
CALL_REASONS = {
    CallReason.HOURS: N_("not called back: outside the hours"),
    CallReason.UNFIT: N_("not called back: no phone we ring"),
    CallReason.NOT_SAFE: N_("not called back: this phone may not be rung"),
    CallReason.UNDER_WAY: N_("being called back"),
    CallReason.LOST: N_("not known whether it was called back"),
    CallReason.CROWDED: N_("not called back: too many calls at once"),
    CallReason.ENOUGH: N_("not called back: often enough today"),
    CallReason.SLOWED: N_("not called back: two people marked this phone"),
}
AGES = ((86_400, N_("%(num)s d")), (3_600, N_("%(num)s h")), (60, N_("%(num)s min")))
"""Seconds of each unit of an age, and the age in that unit."""


def age(at: datetime, now: datetime) -> tuple[str, int]:
    """How long ago something was: the sentence and its number, in the largest unit of which two are full, or in minutes."""
    seconds = max(0, int((now - at).total_seconds()))
    return next((sentence, seconds // unit) for unit, sentence in AGES if seconds >= 2 * unit or unit == AGES[-1][0])


WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
