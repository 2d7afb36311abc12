# lib.sh: what the deploy scripts share: settings, packages, privileges. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail
umask 022 # what is installed is read by other users, whatever the person's own mask
PATH=$PATH:/usr/sbin:/sbin # nginx and useradd; a plain user's path lacks them

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
STATE=${LYCEUM_STATE:-/var/lib/lyceum}
PORT=${LYCEUM_HTTP_PORT:-}             # none: what the deployment has, or 8080
USER_PREFIX=${LYCEUM_USER_PREFIX:-}    # none: what the deployment has, or lyceum-
ASSUME_YES=${LYCEUM_YES:-}
export DEBIAN_FRONTEND=noninteractive

BUILD_PACKAGES="ca-certificates gcc libc6-dev cmake ninja-build pkg-config libfcgi-dev libsodium-dev libjansson-dev
 libcurl4-openssl-dev libconfig-dev libseccomp-dev libcmark-gfm-dev libcmark-gfm-extensions-dev"
RUN_PACKAGES="nginx runit iso-codes curl procps passwd"
# What deploy/scripts/box-python needs besides: Debian's tools that make the sandbox's Python. Only building it needs them.
BOX_PACKAGES="dpkg-dev make clang-14 lld-14 llvm-14 wasi-libc libclang-rt-14-dev-wasm32 binaryen wabt python3.11 tzdata"
PROVIDER_KEYS=OPENAI_API_KEY,ANTHROPIC_API_KEY,GEMINI_API_KEY # taken from the shell, for egress alone
TEST_PACKAGES="clang libclang-rt-14-dev libcmocka-dev chromium valgrind python3"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# Runs a command as root: directly, or by sudo after it was said what for.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    else
        command -v sudo >/dev/null || die "This needs root and there is no sudo: run it as root."
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
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

# While packages are installed nothing may start a service: nginx's would open a server on port 80.
POLICY=/usr/sbin/policy-rc.d
policy_begin() {
    if [ -e $POLICY ] && ! grep -q lyceum $POLICY; then return 0; fi # somebody else's stays
    trap policy_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\n# made by lyceum for as long as it installs packages\nexit 101\n' | as_root tee $POLICY >/dev/null
    as_root chmod 755 $POLICY
}
policy_end() {
    if grep -qs lyceum $POLICY; then as_root rm -f $POLICY; fi
    trap - EXIT INT TERM HUP
}

# need_packages NAME...: installs the Debian packages that are missing, without letting them start services.
need_packages() {
    local missing=() p
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi
    ask "These Debian packages are missing and will be installed: ${missing[*]}"
    local ok=1
    policy_begin
    # An installation that was interrupted is finished first; apt refuses to go on otherwise. A fresh machine may be busy
    # with its own updates: apt waits for them.
    { as_root dpkg --configure -a >/dev/null && as_root apt-get update -qq &&
        as_root apt-get install -o DPkg::Lock::Timeout=300 -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || ok=
    policy_end
    # Lyceum starts an nginx of its own; Debian's, which nobody here asked for, would open port 80 at the next boot.
    case " ${missing[*]} " in *" nginx "*) as_root update-rc.d nginx disable >/dev/null 2>&1 || true ;; esac
    [ -n "$ok" ] || die "Installing packages failed; see above. Nothing else was changed."
}

# The packages that bring Node.js 18 or newer with npm where there is none: Debian's own will do.
node_packages() {
    if command -v node >/dev/null && command -v npm >/dev/null &&
        node -e 'process.exit(+process.versions.node.split(".")[0] >= 18 ? 0 : 1)'; then return 0; fi
    printf 'nodejs npm'
}

# npm's packages as the lock file says, once per lock file.
need_npm() {
    local stamp="$ROOT/node_modules/.lyceum-lock"
    if [ -f "$stamp" ] && cmp -s "$stamp" "$ROOT/package-lock.json"; then return 0; fi
    say "Installing npm packages (no install scripts are run)"
    (cd "$ROOT" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
        die "npm ci failed; see above. Run this again when the registry answers."
    cp "$ROOT/package-lock.json" "$stamp"
}

# Short words of a deployment's parts, in the order in which they start.
SERVICES="gate query effect egress plugin stream agent-public agent-private web nginx"
# What is looked at once an hour: by a timer of systemd's, or by a service of runit's that sleeps in between.
HOURLY="market"

has_systemd() { [ -d /run/systemd/system ]; }

# The process id of the runsvdir that supervises $STATE, if there is one. The file alone proves nothing: after a reboot its
# number may be another program's.
runsvdir_pid() {
    local pid
    pid=$(cat "$STATE/run/runsvdir.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && [ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" = "runsvdir -P $STATE/sv " ] && printf '%s' "$pid"
}

# Stops runsvdir, its services and their supervisors, also such as a killed runsvdir left behind.
stop_runit() {
    local pid s dir
    if pid=$(runsvdir_pid); then as_root kill -HUP "$pid" 2>/dev/null || true; fi # it tells every runsv to end
    for s in $SERVICES $HOURLY; do as_root sv -w 15 force-stop "$STATE/sv/$s" >/dev/null 2>&1 || true; done
    for s in $SERVICES $HOURLY; do
        for dir in "$STATE/sv/$s" "$STATE/sv/$s/log"; do as_root sv -w 5 exit "$dir" >/dev/null 2>&1 || true; done
    done
    as_root rm -f "$STATE/run/runsvdir.pid"
}
