# shellcheck shell=bash
# What tests/run and the benchmarks share: progress lines, packages of the system, a PostgreSQL cluster of one's own.
# To be sourced, by a script under `set -euo pipefail`.

say() { printf '\n== %s\n' "$*"; }

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

apt_updated=
install() { # package...
  if [ -z "$apt_updated" ]; then as_root apt-get update -qq; apt_updated=1; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# --- PostgreSQL -------------------------------------------------------------------------------------------------

newest_postgres() { # the newest PostgreSQL 15 or later, as the folder of its programs
  local dir version
  while read -r dir; do
    if ! [ -x "$dir/initdb" ] || ! [ -x "$dir/pg_ctl" ] || ! [ -x "$dir/postgres" ]; then continue; fi
    version=$("$dir/postgres" --version | grep -oE '[0-9]+' | head -1)
    if [ "${version:-0}" -ge 15 ]; then echo "$dir"; return; fi
  done < <(
    printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr
    dirname "$(command -v initdb || echo /nowhere/x)"
  )
}

postgres_bin= # the folder of PostgreSQL's programs, once find_postgres has run
find_postgres() {
  command -v setpriv >/dev/null || install util-linux
  postgres_bin=$(newest_postgres)
  if [ -z "$postgres_bin" ]; then
    say 'Installing PostgreSQL'
    install postgresql postgresql-client
    postgres_bin=$(newest_postgres)
  fi
  [ -n "$postgres_bin" ] || fail 'PostgreSQL 15 or later is needed and could not be installed'
}

as_postgres() { # PostgreSQL refuses to run as root
  if [ "$(id -u)" != 0 ]; then "$@"; return; fi
  runuser -u postgres -- "$@"
}

cluster_folder=
cluster_port=
# shellcheck disable=SC2034 # for those who source this
cluster_socket= # the folder of the socket, as a host in a connection URL

# Makes a cluster in a folder that exists and that nobody else uses, and starts it on a free port and on a socket in
# that folder. Further arguments go to the server.
start_cluster() { # folder server-option...
  local folder=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || useradd --system --no-create-home postgres
    chown postgres "$folder"
  fi
  as_postgres test -x "$folder" || fail "the user postgres cannot reach $folder"
  cluster_folder=$folder
  # shellcheck disable=SC2034
  cluster_socket=${folder//\//%2F}
  cluster_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + RANDOM % 20000)))
  say "Starting PostgreSQL on port $cluster_port"
  (cd "$folder" && as_postgres "$postgres_bin/initdb" -D "$folder/cluster" -A trust -U postgres --no-sync --encoding UTF8 --locale C.UTF-8 >/dev/null)
  (cd "$folder" && as_postgres "$postgres_bin/pg_ctl" -D "$folder/cluster" -w -l "$folder/postgres.log" \
    -o "-p $cluster_port -k '$folder' -c listen_addresses=127.0.0.1 $*" start >/dev/null)
}

stop_cluster() {
  [ -n "$cluster_folder" ] || return 0
  as_postgres "$postgres_bin/pg_ctl" -D "$cluster_folder/cluster" -m immediate stop >/dev/null 2>&1 || true
  cluster_folder=
}
