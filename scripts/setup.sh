#!/usr/bin/env bash
# Makes what a make target needs, from nothing. A second run reads one stamp and stops.
#   scripts/setup.sh run        .venv           what `make demo` needs
#   scripts/setup.sh dev        .venv           the same and what the tests need
#   scripts/setup.sh bench      .venv-bench     the same and the peers of `make bench`
#   scripts/setup.sh pymerkle   .venv-pymerkle  a peer under the GPL, alone
#   scripts/setup.sh localstripe .venv-localstripe  a stand-in for Stripe's servers, under the GPL, alone
#   scripts/setup.sh clients    .clients        programs made for other counters, from npm, for one test
#   scripts/setup.sh browser                    Chromium from Debian, for the browser tests
# Whatever goes wrong ends in one line that says what to do; the installers' own words go to a log.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

say() { printf 'troth setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Debian packages can be installed only by root; everyone else is told which one is missing.
apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing Debian's $1"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"; } \
        </dev/null >"$log" 2>&1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    fail 'python 3.11 is missing: run `apt-get install python3.11 python3.11-venv`, or name another: PYTHON=...'
}

# The last line of a log, unless the log holds a cause that can be said better.
cause() {
    if grep -qiE 'no space left' "$log"; then
        echo "the disk is full"
    elif grep -qiE 'do not match the hashes|hash mismatch' "$log"; then
        echo "a package does not have the pinned hash; nothing was installed"
    elif grep -qiE 'resolution|resolve host|dns error|unreachable|connection|connect|timed out|request' "$log"; then
        echo "the package index cannot be reached; check the network and run it again"
    else
        tail -n 1 "$log"
    fi
}

install() {
    "$@" </dev/null >>"$log" 2>&1 || fail "cannot install the packages of requirements/$set.txt: $(cause) (log: $log)"
}

make_venv() {
    local python version
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        apt_install "python$version-venv" ||
            fail "the venv module of $python is missing: run \`apt-get install python$version-venv\`"
    fi
    "$python" -m venv --clear "$venv" </dev/null >>"$log" 2>&1 ||
        fail "cannot make the environment $venv: $(tail -n 1 "$log")"
}

make_environment() {
    local state=$1 python=$venv/bin/python
    # A folder that was moved or copied holds scripts that name its old place, so it is made anew.
    if ! "$python" -c '' 2>/dev/null || { [ -f "$stamp" ] && [ "$(tail -n 1 "$stamp")" != "$PWD" ]; }; then
        make_venv
    fi
    rm -f "$stamp"
    say "installing $set into $venv"
    if ! "$venv/bin/uv" --version 2>/dev/null | grep -qF "$(grep -oE '^uv==[0-9.]+' requirements/uv.txt | sed 's/==/ /') "; then
        install "$python" -m pip install --quiet --retries 2 --no-deps --require-hashes -r requirements/uv.txt
    fi
    export UV_PYTHON_DOWNLOADS=never UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-2}"
    install "$venv/bin/uv" pip sync --quiet --python "$python" --require-hashes --compile-bytecode "requirements/$set.txt"
    if [ "$set" != pymerkle ] && [ "$set" != localstripe ]; then
        install "$venv/bin/uv" pip install --quiet --python "$python" --no-deps --no-build-isolation -e .
    fi
    printf '%s\n%s\n' "$state" "$PWD" >"$stamp"
}

environment() {
    local files=(requirements/uv.txt pyproject.toml scripts/setup.sh "requirements/$set.txt") state
    stamp=$venv/.troth
    state="$set $(cat "${files[@]}" | sha256sum)"
    if [ -f "$stamp" ] && [ -x "$venv/bin/python" ] && [ "$(cat "$stamp")" = "$state"$'\n'"$PWD" ]; then
        return
    fi
    # Two runs at once in one checkout would pull packages from under each other.
    exec 9<. && flock 9
    make_environment "$state"
}

# The development set holds the run set, so that `make demo` after `make test` changes nothing.
run_environment() {
    local dev_state
    dev_state="dev $(cat requirements/uv.txt pyproject.toml scripts/setup.sh requirements/dev.txt | sha256sum)"
    if [ -f .venv/.troth ] && [ "$(cat .venv/.troth)" = "$dev_state"$'\n'"$PWD" ]; then
        return
    fi
    environment
}

# Without Chromium the other tests still run, and the browser tests fail with the line below.
browser() {
    command -v chromium-headless-shell chromium >/dev/null && return
    apt_install chromium-headless-shell || apt_install chromium ||
        say 'chromium is missing, so the browser tests will fail: run `apt-get update && apt-get install chromium` as root'
}

# Without Node the one test that runs them is skipped, and says so.
clients() {
    local state
    state=$(cat tests/npm/package.json tests/npm/package-lock.json | sha256sum)
    [ "$(cat .clients/.troth 2>/dev/null)" != "$state" ] || return 0
    if ! command -v npm >/dev/null; then
        say 'node and npm are missing, so one test is skipped: run `apt-get install nodejs npm` as root'
        return 0
    fi
    say "installing the clients of tests/npm into .clients"
    mkdir -p .clients && cp tests/npm/package.json tests/npm/package-lock.json .clients/
    if (cd .clients && npm ci --ignore-scripts --no-audit --no-fund) </dev/null >"$log" 2>&1; then
        printf '%s\n' "$state" >.clients/.troth
    else
        say "the clients of tests/npm cannot be installed, so one test is skipped: $(cause)"
    fi
}

set=${1:-}
venv=.venv
log=$(mktemp "${TMPDIR:-/tmp}/troth-setup.XXXXXX") || fail "cannot write to ${TMPDIR:-/tmp}"
trap 'status=$?; if [ "$status" = 0 ] || [ ! -s "$log" ]; then rm -f "$log"; fi' EXIT
case $set in
    run) run_environment ;;
    dev) environment ;;
    bench | pymerkle | localstripe) venv=.venv-$set; environment ;;
    browser) browser ;;
    clients) clients ;;
    *) fail "unknown set \`$set\`: one of run, dev, bench, pymerkle, localstripe, browser, clients" ;;
esac
