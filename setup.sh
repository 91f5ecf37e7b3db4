#!/bin/sh
# Makes .venv ready, and nothing outside this folder unless you are root on Debian. `make` calls it; without make, call it yourself:
#   ./setup.sh run     what the hotline needs to run, then: .venv/bin/hotline run
#   ./setup.sh dev     the same and what its tests need, then: .venv/bin/pytest
#   ./setup.sh bench   the same, wrk and a C compiler
# A second call finds everything as it should be and takes no time.
set -eu
cd "$(dirname "$0")"
here=$(pwd -P)
venv=$here/.venv
unfinished=$venv/.unfinished

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv_module() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
can_apt_get() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# What must change for the set-up to be done again. The folder is part of it: a moved .venv points at where it was.
fingerprint() { { echo "$here"; cat "$1" pyproject.toml setup.sh; } | cksum; }

# The import tells whether the Python that made .venv is still there: a newer one would look for the packages in another folder.
is_ready() {
    [ ! -e "$unfinished" ] && [ "$(cat "$venv/.ready-$1" 2>/dev/null)" = "$2" ] && "$venv/bin/python" -I -c 'import hotline' 2>/dev/null
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1 9>&-; }

apt_install() {
    say "installing $1 (Debian)"
    log=$(mktemp)
    # A fresh machine has no package lists; one that has them need not wait for new ones.
    if ! apt_get install -y --no-install-recommends "$1"; then
        if ! { apt_get update && apt_get install -y --no-install-recommends "$1"; }; then
            cat "$log" >&2
            die "apt-get could not install $1: what it said stands above"
        fi
    fi
    rm -f "$log"
}

find_python() {
    for python in python3 python3.13 python3.12 python3.11 ""; do
        if [ -n "$python" ] && is_new_enough "$python"; then break; fi
    done
    [ -n "$python" ] || die "no Python 3.11 or newer found (looked for python3, python3.13, python3.12 and python3.11): install one, then run this again"
    if ! has_venv_module "$python"; then
        command -v apt-get >/dev/null 2>&1 || die "$python has no venv module: install it with your system's packages, then run this again"
        can_apt_get || die "the venv module is missing: sudo apt-get install $python-venv, then run this again"
        apt_install "$python-venv"
    fi
}

# Whether .venv can be built upon: finished, made in this folder, by a Python new enough.
is_sound() {
    [ ! -e "$unfinished" ] && grep -qF "$venv/bin/python" "$venv/bin/pip" 2>/dev/null && is_new_enough "$venv/bin/python" &&
        "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@" 9>&-; }

install_locked() {
    # Compiling all of it would be most of the work, and a tenth of it is ever imported: Python compiles that at the first start.
    pip install -q --no-compile --require-hashes -r "$1" || die "the packages of $1 could not be installed: what pip said stands above; run this again"
    # The build tells at length what every build tells; it is shown if it fails.
    said=$(pip install -q --no-compile --no-deps --no-build-isolation -e . 2>&1) || die "the project could not be installed: $said"
}

set_up() { # kind, lock
    lock=$2
    is_ready "$1" "$(fingerprint "$lock")" && return 0
    # What the tests need includes what running needs.
    [ "$1" = run ] && is_ready dev "$(fingerprint requirements-dev.lock)" && return 0
    [ ! -L "$venv" ] || die "$venv is a link, and what it leads to would be emptied: remove the link, then run this again"
    [ -w . ] || die "this folder is read-only: $here; copy it to a place where you may write"
    [ ! -e "$venv" ] || [ -w "$venv" ] || die "$venv belongs to somebody else: remove it, then run this again"
    # Two set-ups at once would spoil each other's; the second waits here and finds the work done.
    if command -v flock >/dev/null 2>&1; then
        exec 9<"$here/setup.sh"
        flock 9
        is_ready "$1" "$(fingerprint "$lock")" && return 0
    fi
    if ! is_sound; then
        find_python
        rebuild=yes
    fi
    say "preparing .venv from $lock: this takes half a minute, once"
    rm -f "$venv/.ready-run" "$venv/.ready-dev"
    if [ -n "${rebuild:-}" ]; then
        "$python" -m venv --clear "$venv" || die "$python could not make $venv: what it said stands above; run this again"
    fi
    # Whatever ends this before its last line leaves the mark, and the next call begins with an empty .venv: a package that was
    # half unpacked looks whole to pip.
    : >"$unfinished"
    install_locked "$lock"
    fingerprint "$lock" >"$venv/.ready-$1"
    rm -f "$unfinished"
}

# Without compiled catalogues no process starts, and services may not write here. Tests and the bench compile them at each start
# (tests/conftest.py): there a .po changes more often than this is called. A compiled catalogue has the time of its source.
compile_catalogues() {
    for po in locales/*/LC_MESSAGES/*.po; do
        if [ ! -e "${po%.po}.mo" ] || [ "$po" -nt "${po%.po}.mo" ]; then
            "$venv/bin/hotline" compile >/dev/null || die "the catalogues could not be compiled: what it said stands above"
            return 0
        fi
    done
}

find_chromium() {
    if [ -n "${HOTLINE_CHROMIUM:-}" ]; then
        [ -x "$HOTLINE_CHROMIUM" ] || die "HOTLINE_CHROMIUM is not a program: $HOTLINE_CHROMIUM"
    elif ! command -v chromium >/dev/null 2>&1; then
        can_apt_get || die "the browser tests need Chromium: sudo apt-get install chromium, or name one in HOTLINE_CHROMIUM, then run this again"
        apt_install chromium
    fi
}

# A minimal Debian lacks a library that Playwright's own program, which drives Chromium, is linked with.
find_driver() {
    for node in "$venv"/lib/python*/site-packages/playwright/driver/node; do
        if "$node" --version >/dev/null 2>&1; then return 0; fi
    done
    can_apt_get || die "the browser tests need libatomic: sudo apt-get install libatomic1, then run this again"
    apt_install libatomic1
}

# Fetches a program that tests need out of Debian's package, which is not installed, because that would start a server.
fetch() { # package, path of the program in it, what else can be done
    command -v apt-get >/dev/null 2>&1 || die "the tests need ${2##*/}: $3"
    say "fetching ${2##*/} (Debian's package $1, not installed)"
    kept=$(mktemp -d "$venv/.fetched.XXXXXX")
    log=$kept/log
    (cd "$kept" && { apt_get download "$1" || { can_apt_get && apt_get update && apt_get download "$1"; }; }) ||
        { cat "$log" >&2; rm -rf "$kept"; die "apt-get could not fetch the package $1: what it said stands above; or $3"; }
    dpkg --fsys-tarfile "$kept"/"$1"_*.deb | tar -x -C "$venv" "./$2" || die "${2##*/} could not be unpacked: $3"
    rm -rf "$kept"
}

# Tests hold what we tell Prometheus to its own tool.
find_promtool() {
    if [ -n "${HOTLINE_PROMTOOL:-}" ]; then
        [ -x "$HOTLINE_PROMTOOL" ] || die "HOTLINE_PROMTOOL is not a program: $HOTLINE_PROMTOOL"
    elif ! command -v promtool >/dev/null 2>&1 && [ ! -x "$venv/usr/bin/promtool" ]; then
        fetch prometheus usr/bin/promtool "get it from prometheus.io/download and name it in HOTLINE_PROMTOOL, then run this again"
    fi
}

# Tests send through the shipped configuration of the proxy. An nginx that is installed may lie where only root's PATH looks.
find_nginx() {
    if [ -n "${HOTLINE_NGINX:-}" ]; then
        [ -x "$HOTLINE_NGINX" ] || die "HOTLINE_NGINX is not a program: $HOTLINE_NGINX"
    elif ! command -v nginx >/dev/null 2>&1 && [ ! -x /usr/sbin/nginx ]; then
        if [ ! -x "$venv/usr/sbin/nginx" ]; then
            fetch nginx usr/sbin/nginx "install it, or name one in HOTLINE_NGINX, then run this again"
        fi
        "$venv/usr/sbin/nginx" -v 2>/dev/null || die "the nginx that was fetched does not run here: install nginx, or name one in HOTLINE_NGINX"
    fi
}

find_wrk() {
    if ! command -v wrk >/dev/null 2>&1; then
        can_apt_get || die "the bench needs wrk: sudo apt-get install wrk, then run this again"
        apt_install wrk
    fi
}

find_compiler() {
    if ! command -v cc >/dev/null 2>&1; then
        can_apt_get || die "the bench needs a C compiler: sudo apt-get install gcc libc6-dev, then run this again"
        apt_install gcc
        apt_install libc6-dev
    fi
}

case ${1:-} in
    run)
        set_up run requirements.lock
        compile_catalogues
        ;;
    dev | bench)
        # First what somebody may have to see to, then what takes long.
        find_chromium
        if [ "$1" = bench ]; then find_wrk; find_compiler; fi
        set_up dev requirements-dev.lock
        find_driver
        find_promtool
        find_nginx
        ;;
    *) die "say what for: ./setup.sh run, ./setup.sh dev or ./setup.sh bench" ;;
esac
