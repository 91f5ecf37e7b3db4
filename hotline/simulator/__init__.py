"""A pretend Twilio and a phone in the browser, for a computer without a real account.

It takes what the real SDK sends when `client.api.base_url` points here, signs webhooks as Twilio does, and can be told to
misbehave as the real one does (`faults.py` has the whole list). It listens on loopback only, posts to loopback only, keeps
everything in memory, and imports nothing else of the hotline: the code under trial cannot come to lean on it.

JSON for tests (`phones.py`, `callers.py`), beside Twilio's own under `/2010-04-01/`:

    POST   /phones/{number}/texts   {"body": "…", "sid": "SM…" (optional)}  a phone texts the hotline; answers what the hotline said
    GET    /phones/{number}/texts   every text in and out of that phone, in the order the phone saw them
    POST   /phones/{number}/calls   {"to", "withheld", "withheld_as"} (all optional)  a phone calls the hotline
    GET    /calls, /calls/{sid}     the calls (`?phone=`): what is awaited, what was heard, the path so far
    POST   /calls/{sid}/keys        {"digits": "12#", "then_silence": true (optional)}
    POST   /calls/{sid}/silence     what waits gives up
    POST   /calls/{sid}/speech      {"seconds": 12 or "wav_base64": "…", "end": a key, "silence", "max_length" or "hangup"}
    POST   /calls/{sid}/hangup, …/answer, …/reject
    GET    /duty                    PUT {"+92…": "takes"}: how each volunteer's phone takes a call (`dialling.py` has the scripts)
    GET    /log                     what became of each webhook
    GET    /faults                  PUT replaces them all: what is not named is off again
    DELETE /state                   forget everything
"""

from hotline.simulator.app import create_simulator

__all__ = ["create_simulator"]
