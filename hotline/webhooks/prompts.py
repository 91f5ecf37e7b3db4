"""The gateway fetches the sound of a prompt. Open to all, over plain http and whatever the Host: a prompt tells nobody anything."""

import hashlib
import io
import re

from flask import Blueprint, Response, abort, send_file

from hotline import i18n
from hotline.domain.languages import SPOKEN_LANGUAGES
from hotline.i18n import prompts_path

blueprint = Blueprint("prompts", __name__, url_prefix="/prompts")

MAX_AGE_S = 3600
"""How long the gateway may play what it has without asking: a new recording is heard within the hour."""

# No dot but the one before the number of a piece: the name never leads out of the folder.
_CLIP = re.compile(r"[a-z0-9_]{1,60}(\.[0-9]{1,2})?", re.ASCII)


@blueprint.get("/<language>/<clip>.wav")
def clip(language: str, clip: str) -> Response:
    """The sound of a clip, whole or in part, or the answer that it has not changed."""
    if language not in SPOKEN_LANGUAGES or not _CLIP.fullmatch(clip):
        abort(404)
    path = prompts_path(i18n.LOCALES, language) / f"{clip}.wav"
    try:
        content, changed_at = path.read_bytes(), path.stat().st_mtime
    except FileNotFoundError:
        abort(404)
    # By content: the same on every machine and after every deployment.
    etag = hashlib.sha256(content).hexdigest()[:32]
    return send_file(io.BytesIO(content), mimetype="audio/wav", conditional=True, etag=etag, last_modified=changed_at, max_age=MAX_AGE_S)
