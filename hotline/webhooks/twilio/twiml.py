"""Our actions as TwiML. Sources: twilio.com/docs/voice/twiml and its pages on Play, Gather, Record, Dial, Number, Reject.

Some defaults of TwiML would be wrong here and are always set: Gather's action, its finishing `#`, and no request after silence;
Record's end at any key, its limit of an hour and its trimming of silence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from hotline.domain.prompts import Prompt
from hotline.domain.voice import CUT_WAIT_S, Action, Ask, Beep, HangUp, Hush, Join, Pause, Reject, Ring, Say, Sound, Tell

HUSH = "hush"
"""The field of an address that says who hears nothing if the call breaks off (`Hush`)."""

Clips = Callable[[str, Prompt, dict[str, str]], Sequence[str]]
"""(language, prompt, values) → the names of the clips that speak the prompt, in order."""


@dataclass(frozen=True)
class Addresses:
    """The absolute addresses for one turn of a call. Relative ones would break behind some proxies."""

    voice: str  # …/hooks/twilio/voice
    prompts: str  # …/prompts
    turn: int
    call_id: int = 0
    hush: Hush = Hush.NEVER

    @property
    def keys(self) -> str:
        """The address for keys and silence."""
        return self.of("keys")

    def of(self, what: str) -> str:
        """The address at which the end of this turn is told."""
        return f"{self.voice}/{what}/{self.turn}" + (f"?{HUSH}={self.hush}" if self.hush is not Hush.NEVER else "")


@dataclass(frozen=True)
class OtherPhone:
    """A phone that is rung during a call, the seconds it rings, and the number it shows: one of ours, never that of the other person."""

    number: str
    ring_s: int
    shows: str


def twiml(actions: Sequence[Action], addresses: Addresses, clips: Clips, other: OtherPhone | None = None) -> str:
    """The TwiML document for the actions of one turn. `other`: the phone that a `Ring` or a `Join` rings."""
    response = VoiceResponse()
    for action in actions:
        match action:
            case Ask():
                gather = Gather(
                    input="dtmf",
                    action=addresses.keys,
                    method="POST",
                    timeout=action.wait_s,
                    num_digits=action.digits,
                    finish_on_key=action.ends_with,
                    action_on_empty_result=True,
                )
                _sound(gather, action.sounds, addresses, clips)
                response.append(gather)
            case Tell():
                _sound(response, action.sounds, addresses, clips)
            case Beep():
                if action.sounds:
                    # TwiML: without a key Twilio goes on to the next verb, which is Record.
                    cut = Gather(input="dtmf", action=addresses.keys, method="POST", timeout=CUT_WAIT_S, num_digits=1, finish_on_key="")
                    _sound(cut, action.sounds, addresses, clips)
                    response.append(cut)
                response.record(
                    action=addresses.of("recorded"),
                    method="POST",
                    timeout=action.silence_s,
                    max_length=action.longest_s,
                    finish_on_key=action.ends_with,
                    play_beep=action.aloud,
                    trim="do-not-trim",  # silence is heard too: somebody may whisper, or be heard in the background
                    recording_status_callback=f"{addresses.voice}/recording",
                    recording_status_callback_method="POST",
                    recording_status_callback_event="completed absent",
                )
                # If nothing was recorded, Twilio goes on here.
                response.redirect(addresses.keys, method="POST")
            case Ring():
                _ring(response, addresses, other)
            case Join():
                _join(response, addresses, other)
            case HangUp():
                response.hangup()
            case Reject():
                response.reject(reason="busy")
    return str(response)


def _sound(into: VoiceResponse | Gather, sounds: Sequence[Sound], addresses: Addresses, clips: Clips) -> None:
    for sound in sounds:
        match sound:
            case Say():
                for clip in clips(sound.language, sound.prompt, dict(sound.values)):
                    into.play(f"{addresses.prompts}/{sound.language}/{clip}.wav")
            case Pause():
                into.pause(length=sound.seconds)


def _ring(response: VoiceResponse, addresses: Addresses, duty: OtherPhone | None) -> None:
    action = addresses.of("dialled")
    if duty is None:  # the phone was taken out of the configuration during the call
        response.redirect(action, method="POST")
        return
    dial = Dial(action=action, method="POST", timeout=duty.ring_s, caller_id=duty.shows, answer_on_bridge=True)
    dial.number(duty.number, url=f"{addresses.voice}/duty/{addresses.call_id}", method="POST")
    response.append(dial)


def _join(response: VoiceResponse, addresses: Addresses, citizen: OtherPhone | None) -> None:
    """Ring the citizen's phone. Its Number has no document of its own: a fault in one would be spoken into that phone. What becomes of it
    is reported beside the call. Dial records nothing unless it is told to."""
    if citizen is None:
        response.hangup()
        return
    dial = Dial(action=addresses.of("dialled"), method="POST", timeout=citizen.ring_s, caller_id=citizen.shows)
    dial.number(
        citizen.number,
        status_callback=f"{addresses.voice}/leg/{addresses.call_id}",
        status_callback_event="ringing answered completed",
        status_callback_method="POST",
    )
    response.append(dial)
