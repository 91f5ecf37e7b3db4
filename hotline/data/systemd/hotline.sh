#!/bin/sh
# The command `hotline` as the user of the services, with their settings and secrets. `hotline install --systemd` made it.
# HOTLINE_FOLDER names the folder of another version, to try its commands before it is installed.
set -eu
umask 077
set -a
. @etc@/hotline.env
HOTLINE_SECRETS=@etc@/secrets
set +a
code=${HOTLINE_FOLDER:-@project@}
if [ "$(id -un)" = @user@ ]; then exec "$code/.venv/bin/hotline" "$@"; fi
if [ "$(id -u)" != 0 ]; then
    echo "hotline: say sudo hotline" >&2
    exit 1
fi
exec runuser -u @user@ -- "$code/.venv/bin/hotline" "$@"
