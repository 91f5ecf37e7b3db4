"""Every sentence we send by text, in English; the catalogues hold it in Urdu, Sindhi and Roman Urdu under the same key.

A family shares a phone: no text names what the complaint is about, the office complained of, our own name, or the citizen's words.
In Urdu and Sindhi the reference comes first, with dashes: after an Urdu letter a phone would show 482-719-365 as 365-719-482.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hotline.domain import reference, segments
from hotline.domain.languages import BY_CODE

LONGEST: Mapping[str, str] = {
    "ref": reference.written(reference.EXAMPLE),
    "police": "1122",
    "ambulance": "1122",
    "hotline": "021111786786",
    "time": "22:00",
    "code": "99",
    "yes": "99",
    "no": "98",
    "day": "28.11",
    "letters": "W" * 16,
}
"""The longest value of each placeholder; budgets are checked with these. A number of ours is in national form: a firm's has 12
digits (021-111-786-786)."""


@dataclass(frozen=True)
class Text:
    """One sentence: its key (the context in the catalogues), its English, and the segments it may take in any language.

    A text that `asks` ends with `ANSWER_TO` where the recipient cannot simply reply to the number it comes from.
    """

    key: str
    english: str
    segments_max: int = 1
    asks: bool = False

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the values it needs."""
        return placeholders(self.english)

    @property
    def shows_reference(self) -> bool:
        """Whether it carries the citizen's reference."""
        return "ref" in self.placeholders


def sentence(key: str, english: str, *, segments_max: int = 1, asks: bool = False) -> Text:
    """Make a text. This is a function so that Babel can find the sentences by its name: (context, sentence)."""
    return Text(key, english, segments_max, asks)


def placeholders(template: str) -> frozenset[str]:
    """The names in braces. Raises ValueError for a brace left open, and for anything but a plain name in braces."""
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(template):
        if name is None:
            continue
        # An attribute, an index or a format would let a catalogue reach into a value or spoil a number.
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"{{{name}}} is not a plain name in braces")
        names.add(name)
    return frozenset(names)


def with_answer(language: str, text: str, answer: str) -> str:
    """A text that asks, with the sentence that says where to send the answer, joined as the language does it."""
    return f"{text}{BY_CODE[language].joint}{answer}"


def placeholder_faults(text: Text, language: str, wording: str) -> list[str]:
    """How the placeholders of a wording differ from the English, a sentence each: it could not be filled, or would lose its number."""
    try:
        found = placeholders(wording)
    except ValueError as error:
        return [f"{language} {text.key}: {error}"]
    missing = sorted(text.placeholders - found)
    unknown = sorted(found - text.placeholders)
    return [f"{language} {text.key}: {{{name}}} is missing" for name in missing] + [
        f"{language} {text.key}: {{{name}}} is not in the English" for name in unknown
    ]


def faults(text: Text, language: str, wording: Callable[[Text], str]) -> list[str]:
    """What is wrong with the wording of a text in a language: its placeholders, or too many segments with the longest values.

    `wording` gives the sentence of a text in that language, with its placeholders.
    """
    wrong = placeholder_faults(text, language, wording(text))
    if wrong or (text.asks and placeholder_faults(ANSWER_TO, language, wording(ANSWER_TO))):
        return wrong  # faults of ANSWER_TO are told under its own key
    taken = segments.count(longest(text, language, wording))
    if taken.segments <= text.segments_max:
        return []
    return [f"{language} {text.key}: {taken.units} units of {taken.encoding} are {taken.segments} segments, not {text.segments_max}"]


def longest(text: Text, language: str, wording: Callable[[Text], str]) -> str:
    """A text as it goes out at its longest; `wording` as in `faults`."""
    filled = wording(text).format_map(LONGEST)
    if not text.asks:
        return filled
    return with_answer(language, filled, wording(ANSWER_TO).format_map(LONGEST))


# For translators: the same for every category and for danger, so that it tells nothing. Reference first in Urdu and Sindhi.
RECEIPT = sentence(
    "receipt",
    "{ref}: we have your message. Keep this number. Send it to us to ask how it is going. "
    "If you need help right now: {police} or {ambulance}.",
)

STATUS_RECEIVED = sentence("status_received", "{ref}: we have it. It is waiting its turn.")

STATUS_IN_PROGRESS = sentence("status_in_progress", "{ref}: it is being worked on. This can take time.")

# For translators: an answer to it is a bare 1 or 2; leave room for answer_to behind it.
STATUS_RESOLVED = sentence("status_resolved", "{ref}: we think this is done. If it is done, send 1. If it is not, send 2.", asks=True)

# For translators: the answer is a bare 2; leave room for answer_to behind it.
STATUS_CLOSED = sentence("status_closed", "{ref}: closed. If it is not solved, send 2 and we will open it again.", asks=True)

# For translators: the answer to a citizen who asks. It asks nothing, because only of some is anything asked.
STATUS_CLOSED_OTHER = sentence("status_closed_other", "{ref}: it is closed. If it is not solved, tell us again.")

# For translators: the citizen sent a 1. It must be true where the complaint is closed now, and where a person looks at it first.
# No number: the citizen has not sent it, and somebody else may hold the phone.
STATUS_NOTED = sentence("status_noted", "Noted, thank you. If it is not solved, send 2.", asks=True)

# For translators: the citizen sent a 2. No number, as before.
STATUS_REOPENED_ANSWER = sentence("status_reopened_answer", "We have opened it again and will look at it afresh.")

STATUS_REOPENED = sentence("status_reopened", "{ref}: we have opened it again and will look at it afresh.")

# For translators: the citizen sent a 3. It must be true of any wish.
NOTED = sentence("noted", "We have noted it, thank you.")

# For translators: never repeats what was sent.
REFERENCE_MISTYPED = sentence("reference_mistyped", "That number does not look right. Please check your 9 digits and send them again.")

# For translators: to any phone but the citizen's own, alike for every category and stage; it may take two segments.
TOLD_ELSEWHERE = sentence(
    "told_elsewhere",
    "{ref}: we have it. We tell only the phone it came from how it is going. "
    "If you no longer have that phone, write that to us with this number.",
    segments_max=2,
)

# For translators: one answer to a number that nobody has and to one too many: it must be true of both.
REFERENCE_REFUSED = sentence(
    "reference_refused",
    "We cannot say anything about that number here. Please check it, or ask from the phone you first wrote from.",
)

# For translators: may take two segments. OFF and the languages are words the citizen can send; do not translate them into others.
HELP = sentence(
    "help",
    "Write what happened and where; we answer with a number. Send it to ask about it. OFF stops texts. "
    "To talk to a woman send 3. Help right now: {police} or {ambulance}. Languages: URDU, ROMAN, SINDHI",
    segments_max=2,
)

# For translators: no religious greeting, no name of ours; the languages are words the citizen can send.
GREETING = sentence(
    "greeting",
    "Hello. Please tell us what happened and where. Help right now: {police}. For another language send: URDU, ROMAN or SINDHI",
)

# For translators: says it in the language it names.
LANGUAGE_SWITCHED = sentence("language_switched", "Done. We will answer in English from now on.")

# For translators: ON is a word the citizen can send (in Urdu and Sindhi جاری or جاري, in Roman Urdu JARI).
STOPPED = sentence("stopped", "Done. We will not text this phone on our own any more. To start again send ON")

# For translators: it promises no text, for it must also be true of a phone that is kept quiet for another reason.
# OFF is a word the citizen can send (in Urdu and Sindhi بند, in Roman Urdu BAND).
STARTED = sentence("started", "Done. Texts may come to this phone again. To stop them send OFF")

# For translators: two questions are open on one phone and a bare 1 or 2 came.
WHICH_REFERENCE = sentence("which_reference", "Which one do you mean? Please send the 9-digit number, then 1 or 2 in the next text.")

# For translators: a question is open on this phone, and nobody can tell which of the two the answer means.
WHICH_DIGIT = sentence("which_digit", "Is it solved? If it is, send 1. If it is not, send 2.", asks=True)

# For translators: somebody asks how it is going, without a number. To every phone alike: it must not tell whether there is a complaint.
SEND_REFERENCE = sentence(
    "send_reference", "To ask how it is going, send us the 9-digit number that we gave you. If you have none, write what happened."
)

ASK_WHERE = sentence("ask_where", "Where did it happen? Please text us the area and a landmark near it.")

# For translators: the phone that takes texts here brings no photo to us. It must be true too where none was sent.
PHOTO_NOT_BROUGHT = sentence("photo_not_brought", "Pictures do not reach us on this number. Please write in words what happened and where.")

# Templates for a volunteer who writes to a citizen. They are shown in the citizen's language, and the volunteer may change them.
REPLY_READ = sentence("reply_read", "{ref}: we have read it and are looking into it.")

# For translators: leave room for answer_to behind it, as behind all that ask.
REPLY_WHERE = sentence("reply_where", "{ref}: where did it happen? Please send us the area and a landmark.", asks=True)

REPLY_WHEN = sentence("reply_when", "{ref}: when did it happen? Please send us the day and the time.", asks=True)

# For translators: never the word "safe".
REPLY_CALL = sentence("reply_call", "{ref}: may we call you on this phone? At what time? Please send it to us.", asks=True)

REPLY_TRIED = sentence(
    "reply_tried", "{ref}: we could not reach you by phone. When shall we call again? Please send us the time.", asks=True
)

REPLY_STILL = sentence("reply_still", "{ref}: we are still working on it. We will text you when there is news.")

REPLY_MORE = sentence("reply_more", "{ref}: we need to know a little more. Please text us again.", asks=True)

# For translators: never name the place.
REPLY_PLACE = sentence("reply_place", "{ref}: the place we told you of is open now. You can go there.")

# For translators: put behind a text that asks, joined by a comma (English: a space). {hotline} is one run of digits.
ANSWER_TO = sentence("answer_to", "Send to {hotline}")

# For translators: the next two go to a volunteer's own phone, which others may read: they name nothing and nobody.
# {yes}, {no} and {code} have two digits, and are others each time.
SHIFT_ASK = sentence("shift_ask", "Are you coming at {time}? If yes, send {yes}. If not, send {no}.", asks=True)

# For translators: neither who we are nor why.
PAGE_NEEDS_YOU = sentence("page_needs_you", "Your page needs you. Please open it. If you have seen it, send {code}.", asks=True)

# For translators: once a day, to the same phones. Neither who we are, nor what is tested but the phone.
RING_TEST = sentence(
    "ring_test", "This is the daily test of this phone. Nothing has happened. If you have read this, send {code}.", asks=True
)

# For translators: once a day, to the phones of those who oversee the hotline. Neither who we are, nor what the code is of.
# {day} is a day and a month in digits. {letters} is one run of letters and digits: it comes first, for a phone that reads from the right.
DAYS_CODE = sentence("days_code", "{letters}: code of {day}. Please keep this text.")

TEXTS: Mapping[str, Text] = {
    text.key: text
    for text in (
        RECEIPT,
        STATUS_RECEIVED,
        STATUS_IN_PROGRESS,
        STATUS_RESOLVED,
        STATUS_CLOSED,
        STATUS_CLOSED_OTHER,
        STATUS_NOTED,
        STATUS_REOPENED,
        STATUS_REOPENED_ANSWER,
        NOTED,
        REFERENCE_MISTYPED,
        TOLD_ELSEWHERE,
        REFERENCE_REFUSED,
        HELP,
        GREETING,
        LANGUAGE_SWITCHED,
        STOPPED,
        STARTED,
        WHICH_REFERENCE,
        WHICH_DIGIT,
        SEND_REFERENCE,
        ASK_WHERE,
        PHOTO_NOT_BROUGHT,
        SHIFT_ASK,
        PAGE_NEEDS_YOU,
        RING_TEST,
        DAYS_CODE,
        REPLY_READ,
        REPLY_WHERE,
        REPLY_WHEN,
        REPLY_CALL,
        REPLY_TRIED,
        REPLY_STILL,
        REPLY_MORE,
        REPLY_PLACE,
        ANSWER_TO,
    )
}

REPLIES = tuple(text for key, text in TEXTS.items() if key.startswith("reply_"))
"""The templates a volunteer chooses from."""
