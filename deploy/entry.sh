#!/bin/sh
# Runs a line of the Procfile by its name, or any other command as it is.
set -eu
umask 077
cd "$(dirname "$0")/.."
case $1 in
    *[!a-z]*) line= ;;
    *) line=$(sed -n "s/^$1: *//p" Procfile) ;;
esac
if [ -n "$line" ]; then exec sh -c "exec $line"; fi
exec "$@"
