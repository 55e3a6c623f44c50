# Sourced by the scripts beside it. Progress goes to stderr, so that a command's own output stays clean.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

fail() { # STATUS MESSAGE...
	local status=$1
	shift
	say "pinfold: $*"
	exit "$status"
}

now_ms() { local us=${EPOCHREALTIME/[.,]/}; echo $((us / 1000)); }

seconds_since() { # START_MS
	local ms=$(($(now_ms) - $1))
	printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}

# Runs a step silently and says how long it took; on failure shows everything it printed.
step() { # LABEL COMMAND...
	local label=$1 start log status=0
	shift
	start=$(now_ms)
	log=$(mktemp)
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 0 ]; then
		cat "$log" >&2
		rm -f "$log"
		fail "$status" "$label: failed (exit status $status); its output is above"
	fi
	rm -f "$log"
	say "$(printf '  %-34s %9s' "$label" "$(seconds_since "$start")")"
}

# One digest over names and contents of all files below the given places.
digest() { # PATH...
	find "$@" -type f -not -path '*/build/*' -print0 | LC_ALL=C sort -z |
		xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# Whether output FILE... are there and were made from inputs with this digest.
made_from() { # STAMP DIGEST FILE...
	local stamp=$1 digest=$2 file
	shift 2
	[ "$(cat "$stamp" 2>/dev/null)" = "$digest" ] || return 1
	for file in "$@"; do [ -e "$file" ] || return 1; done
}

# Holds a lock on the checkout until the shell that called it ends, so that two scripts never build at once.
lock_checkout() {
	exec 9<package.json
	flock 9
}
unlock_checkout() { exec 9<&-; }

# One line for each thing that recording and enforcing need and that is not here; nothing when all is.
kernel_gaps() {
	[ "$(uname -s)" = Linux ] || { echo "Linux (this is $(uname -s))"; return; }
	[ "$(id -u)" -eq 0 ] || echo 'root: you are user id '"$(id -u)"
	[ -r /sys/kernel/btf/vmlinux ] ||
		echo 'kernel type information: /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF=y)'
	grep -q ' cgroup2 ' /proc/self/mounts ||
		echo 'a cgroup v2 hierarchy: mount -t cgroup2 none /sys/fs/cgroup/unified'
}

# Says once what is missing and what can be done without it; nothing when nothing is missing.
tell_limits() { # LINE...
	[ $# -gt 0 ] || return 0
	say "pinfold: recording and enforcing do not work here. Missing:$(printf '\n  - %s' "$@")"
	say 'Without it, lint, explain, diff, merge and export work, unit tests run, and kernel tests are skipped by name.'
}

# apt-get, quiet unless it fails. Its own timeout covers dpkg's lock only, so those of the lists and of the archive
# are waited for here: an unattended upgrade on a fresh machine holds them for minutes.
apt() { # COMMAND...
	local deadline=$((SECONDS + 600)) said
	until said=$(LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 \
		-o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@" 2>&1); do
		if [[ $said != *'Could not get lock'* || $SECONDS -ge $deadline ]]; then
			printf '%s\n' "$said"
			return 1
		fi
		sleep 1
	done
}
