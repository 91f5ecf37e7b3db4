"""What a person at the pretend phone and the network do, for tests and pages: below `/control/`, without a password.

POST   /control/texts   {"from", "text", "sim", "times"}  a phone texts one of the SIMs
GET    /control/texts   {"arrived": [{"to", "text", "sim"}], "heard": [{"from", "text", "sim", "at"}]}
POST   /control/mms     {"from", "text", "pictures" (base64), "serves", "tells"}  a phone sends an MMS (`androidmms.py`)
POST   /control/ping    the app tells how the phone is
GET    /control/faults  PUT sets all: a fault that is not named is off (`androidfaults.py`)
GET    /control/log     what became of each webhook
DELETE /control/state   forget everything
"""

import base64
import socket
from typing import Any

from flask import Blueprint, Response, jsonify, request

from hotline.simulator.androidfaults import PhoneFaults
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.androidtexts import written
from hotline.simulator.faults import BadFault


def hang_control(blueprint: Blueprint, phone: AndroidPhone) -> None:
    """Hang the addresses below `/control/` on the blueprint of the phone."""

    @blueprint.post("/control/texts")
    def come_in() -> Response:
        given = request.get_json(force=True)
        phone.hear(given["from"], given["text"], sim=given.get("sim", 1), times=given.get("times", 1))
        return Response(status=201)

    @blueprint.post("/control/mms")
    def come_in_mms() -> Response:
        given = request.get_json(force=True)
        pictures = [base64.b64decode(one) for one in given.get("pictures", [])]
        more = {name: given[name] for name in ("serves", "tells") if name in given}
        phone.mms.hear(given["from"], given.get("text", ""), pictures, **more)
        return Response(status=201)

    @blueprint.get("/control/texts")
    def texts() -> Response:
        arrived = [{"to": one.to, "text": one.text, "sim": one.sim} for one in phone.arrived()]
        heard = [{"from": one.sender, "text": one.text, "sim": one.sim, "at": written(one.at)} for one in phone.heard()]
        return jsonify(arrived=arrived, heard=heard)

    @blueprint.post("/control/ping")
    def ping() -> Response:
        phone.ping()
        return Response(status=202)

    @blueprint.get("/control/faults")
    def faults() -> Response:
        return jsonify(phone.faults.as_json())

    @blueprint.put("/control/faults")
    def set_faults() -> Response:
        try:
            phone.faults = PhoneFaults.from_json(request.get_json(force=True))
        except BadFault as fault:
            return error(400, str(fault))
        return jsonify(phone.faults.as_json())

    @blueprint.get("/control/log")
    def log() -> Response:
        return jsonify(phone.log)

    @blueprint.delete("/control/state")
    def forget() -> Response:
        phone.reset()
        return Response(status=204)


def answer(document: Any, status: int) -> Response:
    """JSON with a status."""
    made = jsonify(document)
    made.status_code = status
    return made


def error(status: int, message: str) -> Response:
    """An error as the app words it."""
    return answer({"message": message}, status)


def cut() -> Response:
    """Cut the connection, so that nobody can know what became of the request."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
