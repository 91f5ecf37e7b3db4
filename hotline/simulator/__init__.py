"""A pretend Twilio, and phones in the browser, for a computer without a real account.

It takes the requests of the real SDK when `client.api.base_url` points here, signs webhooks as Twilio does, and can be told to go wrong
as Twilio sometimes does (`faults.py` lists all faults). It listens on loopback only, posts to loopback only, and keeps everything in
memory. It imports nothing else of the hotline, and nothing imports it, so that the two stay independent.

JSON for tests (`phones.py`, `callers.py`), beside Twilio's own API under `/2010-04-01/`:

    POST   /phones/{number}/texts   {"body": "…", "sid": "SM…" (optional)}  a phone texts the hotline; the reply is the hotline's answer
    GET    /phones/{number}/texts   all texts of that phone, in the order the phone saw them
    GET    /texts                   all texts of all phones, the newest first
    POST   /phones/{number}/calls   {"to", "withheld", "withheld_as"} (all optional)  a phone calls the hotline
    GET    /calls, /calls/{sid}     the calls (`?phone=`): what they wait for, what was heard, the path so far
    POST   /calls/{sid}/keys        {"digits": "12#", "then_silence": true (optional)}
    POST   /calls/{sid}/silence     the caller does nothing until the time is over
    POST   /calls/{sid}/speech      {"seconds": 12 or "wav_base64": "…", "end": a key, "silence", "max_length" or "hangup"}
    POST   /calls/{sid}/hangup, …/answer, …/reject
    GET    /duty                    PUT {"+92…": "takes"}: how each volunteer's phone takes a call (`dialling.py` has the scripts)
    GET    /log                     what became of each webhook
    GET    /faults                  PUT sets all: a fault that is not named is off
    DELETE /state                   forget everything
"""

from hotline.simulator.app import create_simulator

__all__ = ["create_simulator"]
