# lib.sh: what the deploy scripts share: settings, packages, privileges. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
STATE=${LYCEUM_STATE:-/var/lib/lyceum}
PORT=${LYCEUM_HTTP_PORT:-8080}
USER_PREFIX=${LYCEUM_USER_PREFIX:-lyceum-}
ASSUME_YES=${LYCEUM_YES:-}
export DEBIAN_FRONTEND=noninteractive

BUILD_PACKAGES="ca-certificates gcc libc6-dev cmake ninja-build pkg-config libfcgi-dev libsodium-dev libjansson-dev
 libcurl4-openssl-dev libconfig-dev libseccomp-dev libcmark-gfm-dev libcmark-gfm-extensions-dev"
RUN_PACKAGES="nginx runit iso-codes curl procps passwd"
TEST_PACKAGES="clang libclang-rt-14-dev libcmocka-dev chromium valgrind python3"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# Runs a command as root: directly, or by sudo after it was said what for.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    else
        command -v sudo >/dev/null || die "This needs root and there is no sudo: run it as root."
        sudo --preserve-env=DEBIAN_FRONTEND "$@"
    fi
}

# ask "What will happen?": goes on when root, with --yes, or when the person says so.
ask() {
    say "$1"
    if [ "$(id -u)" = 0 ] || [ -n "$ASSUME_YES" ]; then return 0; fi
    [ -t 0 ] || die "Nobody can answer here: run it again with --yes to agree."
    local reply
    read -r -p "Go on? [y/N] " reply
    case $reply in y | Y | yes) ;; *) die "Nothing was changed." ;; esac
}

# need_packages NAME...: installs the Debian packages that are missing, without letting them start services.
need_packages() {
    local missing=() p
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi
    ask "These Debian packages are missing and will be installed: ${missing[*]}"
    local made_policy=
    if [ ! -e /usr/sbin/policy-rc.d ]; then # nginx's package would start a server on port 80
        printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
        as_root chmod 755 /usr/sbin/policy-rc.d
        made_policy=1
    fi
    local ok=1
    { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || ok=
    if [ -n "$made_policy" ]; then as_root rm -f /usr/sbin/policy-rc.d; fi
    [ -n "$ok" ] || die "Installing packages failed; see above. Nothing else was changed."
}

# Node.js 18 or newer with npm: Debian's own will do.
need_node() {
    if command -v node >/dev/null && command -v npm >/dev/null &&
        node -e 'process.exit(+process.versions.node.split(".")[0] >= 18 ? 0 : 1)'; then return 0; fi
    need_packages nodejs npm
}

# npm's packages as the lock file says, once per lock file.
need_npm() {
    need_node
    local stamp="$ROOT/node_modules/.lyceum-lock"
    if [ -f "$stamp" ] && cmp -s "$stamp" "$ROOT/package-lock.json"; then return 0; fi
    say "Installing npm packages (no install scripts are run)"
    (cd "$ROOT" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
        die "npm ci failed; see above. Run this again when the registry answers."
    cp "$ROOT/package-lock.json" "$stamp"
}

# Short words of a deployment's parts, in the order in which they start.
SERVICES="gate query effect egress stream agent-public agent-private web nginx"

has_systemd() { [ -d /run/systemd/system ]; }
