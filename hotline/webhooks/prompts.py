"""The gateway fetches the audio of a prompt. Open to everybody, also over plain http and with any Host: a prompt holds no secrets."""

import hashlib
import io
import re

from flask import Blueprint, Response, abort, send_file

from hotline import i18n
from hotline.domain.languages import SPOKEN_LANGUAGES
from hotline.i18n import prompts_path

blueprint = Blueprint("prompts", __name__, url_prefix="/prompts")

MAX_AGE_S = 3600
"""Seconds for which the gateway may play its copy without asking again: callers hear a new recording within an hour."""

# No dot except before the number of a piece, so that a name cannot lead out of the folder.
_CLIP = re.compile(r"[a-z0-9_]{1,60}(\.[0-9]{1,2})?", re.ASCII)


@blueprint.get("/<language>/<clip>.wav")
def clip(language: str, clip: str) -> Response:
    """The audio of a clip, whole or in part; or 304 if it has not changed."""
    if language not in SPOKEN_LANGUAGES or not _CLIP.fullmatch(clip):
        abort(404)
    path = prompts_path(i18n.LOCALES, language) / f"{clip}.wav"
    try:
        content, changed_at = path.read_bytes(), path.stat().st_mtime
    except FileNotFoundError:
        abort(404)
    # The hash of the content: the same on every machine and after every deployment.
    etag = hashlib.sha256(content).hexdigest()[:32]
    return send_file(io.BytesIO(content), mimetype="audio/wav", conditional=True, etag=etag, last_modified=changed_at, max_age=MAX_AGE_S)
