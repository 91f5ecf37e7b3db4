"""Whether each number in the configuration is of the kind that it should be."""

from hotline.cli.checks.verdict import Doubtful, Wrong
from hotline.config import Config
from hotline.domain.phone import NumberIs, what_is

_NEVER = {
    NumberIs.EMERGENCY: "is an emergency number: each call of ours to it, or with it, would reach the police or an ambulance",
    NumberIs.COSTLY: "costs more than a call: people without money cannot ring it, and we would pay for ringing it",
}


def check(config: Config) -> str:
    """Check what each number is, as the numbering plans tell."""
    wrong, doubtful, region = [], [], config.numbers.region
    ours = {"[voice] number": config.voice.number, "[voice] missed_call_number": config.voice.missed_call_number}
    lines = {f"[gateways.{name}] lines": one for name, settings in config.gateways.items() for one in settings.terms.lines}
    people = {f"[voice] duty_line {one}": one for one in config.voice.duty_line}
    for key, number in {**ours, **lines, **people, "[numbers] answer_number": config.numbers.answer_number}.items():
        kind = what_is(number, region) if number else None
        if kind in _NEVER:
            wrong.append(f"{key}: {number} {_NEVER[kind]}")
        elif kind is NumberIs.SHORT and (key in ours or key in people):
            wrong.append(f"{key}: {number} is a short code: it cannot be rung from everywhere, nor shown by a call of ours")
        elif kind is NumberIs.NOTHING:
            doubtful.append(f"{key}: {number} is no number in any country's plan: count its digits, and ring it")
        elif kind is NumberIs.MOBILE and key in ours:
            doubtful.append(f"{key}: {number} is a mobile: right only if its SIM is in a gateway of yours, and it is no person's own phone")
    named = {"police": config.numbers.police, "ambulance": config.numbers.ambulance}
    unknown = [(key, number) for key, number in named.items() if what_is(number, region) is not NumberIs.EMERGENCY]
    doubtful += [f"[numbers] {key}: {number} is not known as an emergency number in {region}: ring it once" for key, number in unknown]
    if wrong:
        raise Wrong("; ".join(wrong))
    if doubtful:
        raise Doubtful("; ".join(doubtful))
    return "each is of the kind that it should be"
