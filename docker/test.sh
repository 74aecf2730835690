#!/usr/bin/env bash
# Tests the image: builds docker/Dockerfile with buildah and runs it with podman, both from Debian's packages and without
# a registry, and brings up docker/compose.yaml on the made-up area.
#
# The bases come from Debian's mirror under the names that the Dockerfile and the compose file give them. The program is
# the one that SENDLINK_TEST_PROGRAM names, put in the place of the stage that would compile it; with --whole that stage
# runs too, with this machine's Rust, which takes long.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=../tests/lib.sh
. tests/lib.sh

whole=
[ "${1:-}" = --whole ] && whole=1

[ "$(id -u)" = 0 ] || fail 'containers without a registry are built as root here; run it under sudo'
program=${SENDLINK_TEST_PROGRAM:-${CARGO_TARGET_DIR:-target}/ci/sendlink}
[ -n "$whole" ] || [ -x "$program" ] || fail "there is no program at $program: cargo build --profile ci --package sendlink"

# --- What it needs ---------------------------------------------------------------------------------------------------

for tool in podman buildah runc mmdebstrap podman-compose iptables; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
[ -e /usr/lib/podman/netavark ] || missing+=(netavark)
[ -e /usr/lib/podman/aardvark-dns ] || missing+=(aardvark-dns)
if [ -n "${missing[*]:-}" ]; then
  say "Installing ${missing[*]}"
  install "${missing[@]}"
fi
find_postgres

place=$(mktemp -d "${TMPDIR:-/tmp}/sendlink-image-XXXXXX")
chmod 755 "$place"
clear_away() {
  podman rm --all --force --time 1 >/dev/null 2>&1 || true
  podman network prune --force >/dev/null 2>&1 || true
  stop_cluster
  rm -rf "$place"
}
trap clear_away EXIT

# A storage and a configuration of its own: whatever else this machine's podman holds is not touched. runc and plain
# limits work inside other containers too.
cat >"$place/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$place/storage"
runroot = "$place/run"
CONF
cat >"$place/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_config_dir = "$place/networks"
CONF
export CONTAINERS_STORAGE_CONF=$place/storage.conf CONTAINERS_CONF=$place/containers.conf

# --- The bases -------------------------------------------------------------------------------------------------------

argument() { sed -n "s/^ARG $1=//p" docker/Dockerfile; }
debian=$(argument DEBIAN)
postgres=$(sed -n 's/.*POSTGRES_IMAGE:-\([^}]*\)}.*/\1/p' docker/compose.yaml)

say "Making $debian from Debian's mirror"
base=${SENDLINK_TEST_BASE:-$place/base.tar}
[ -e "$base" ] || mmdebstrap --quiet --variant=minbase --include=ca-certificates,tzdata bookworm "$base"
podman import --quiet "$base" "$debian" >/dev/null

# The mirror of this machine, for the steps of a build that install packages; a copy, as packages write there too.
cp -a /etc/apt "$place/apt"
mirror=(--isolation chroot --network host --pull-never --volume "$place/apt:/etc/apt")

# --- The image -------------------------------------------------------------------------------------------------------

say 'Building docker/Dockerfile'
image=localhost/sendlink:test
building=("${mirror[@]}")
if [ -n "$whole" ]; then
  rust=$(argument RUST)
  say "Making $rust from $debian and this machine's Rust"
  mkdir "$place/rust"
  cat >"$place/rust/Dockerfile" <<DOCKERFILE
FROM $debian
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
ENV PATH=/opt/rust/bin:/usr/local/bin:/usr/bin:/bin
DOCKERFILE
  buildah bud "${mirror[@]}" --tag "$rust" "$place/rust" >"$place/rust.log" 2>&1 || { cat "$place/rust.log"; fail 'no Rust'; }
  # This machine's toolchain, certificates and registry settings; none of them goes into an image.
  building+=(--volume "$(rustc --print sysroot):/opt/rust:ro" --volume /etc/ssl/certs:/etc/ssl/certs:ro)
  [ ! -e "$HOME/.cargo/config.toml" ] || building+=(--volume "$HOME/.cargo/config.toml:/root/.cargo/config.toml:ro")
  stage=(--build-arg "PROFILE=${PROFILE:-dist}")
else
  # Without its symbols, as a shipped one is.
  command install -D --strip "$program" "$place/build/out/sendlink"
  stage=(--build-context "build=$place/build")
fi
buildah bud "${building[@]}" "${stage[@]}" --tag "$image" --file docker/Dockerfile . >"$place/build.log" 2>&1 \
  || { cat "$place/build.log"; fail 'the image is not built'; }

# --- What is asserted ------------------------------------------------------------------------------------------------

passed=0
ok() { passed=$((passed + 1)); printf 'ok  %s\n' "$1"; }

# Runs the image as it is meant to be run: no root, nothing writable but what is mounted, no capability.
sealed=(--rm --read-only --cap-drop all --security-opt no-new-privileges)
sendlink() { podman run "${sealed[@]}" "${with[@]}" "$image" "$@"; }

# Runs a command and expects this exit code; what it said is in $said.
ends() { # code command...
  local expected=$1 code=0
  shift
  said=$("$@" 2>&1) || code=$?
  [ "$code" = "$expected" ] || fail "exit code $code, not $expected: $*
$said"
}

says() { # text
  case $said in *"$1"*) ;; *) fail "it does not say \"$1\":
$said" ;; esac
}

with=(--network none)
ends 0 sendlink --version
says "sendlink $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
ok 'says its version'

size=$(podman image inspect --format '{{.Size}}' "$image")
[ "$size" -le 60000000 ] || fail "the image has $size bytes"
ok "has $((size / 1000000)) MB"

[ "$(podman image inspect --format '{{.Config.User}}' "$image")" = 65532:65532 ] || fail 'it runs as another user'
for label in title version licenses revision; do
  [ -n "$(podman image inspect --format "{{index .Config.Labels \"org.opencontainers.image.$label\"}}" "$image")" ] \
    || fail "it has no label $label"
done
container=$(podman create "$image")
podman export "$container" | tar --list --verbose >"$place/files"
podman rm "$container" >/dev/null
if grep -E '^-..[sS]|^-.....[sS]|/(sh|bash|dash|busybox|apt|dpkg)$' "$place/files"; then fail 'it holds a shell or more'; fi
grep -q 'usr/share/zoneinfo/Europe/London' "$place/files" || fail 'it has no time zones'
grep -q 'etc/ssl/certs/ca-certificates.crt' "$place/files" || fail 'it has no authorities'
ok 'runs as user 65532, has labels, time zones and authorities, and neither a shell nor a program that makes one root'

if [ -n "$whole" ]; then
  mkdir "$place/whole"
  container=$(podman create "$image")
  podman cp "$container:/usr/local/bin/sendlink" "$place/whole/"
  podman rm "$container" >/dev/null
  readelf --section-headers "$place/whole/sendlink" | grep -q '\.dep-v0' || fail 'the program does not list what is in it'
  ok 'lists in the program itself what it is made of'
fi

# A night without a network, on files alone, and as another owner of the same folder would find it.
area=$place/area
as_at=2026-06-30
command install -d -o 65532 -g 65532 -m 700 "$area"
with=(--network none --volume "$area:/area")
ends 0 sendlink synth --children 300 --years 1 --seed 7 --as-at "$as_at" --out .
ends 77 sendlink run --as-at "$as_at"
says keys/sendlink.key
ok 'says which key is missing, with code 77'
ends 0 sendlink keys new keys/sendlink.key
# A mounted secret belongs to root and is read through the group.
chown root:65532 "$area/keys/sendlink.key"
chmod 440 "$area/keys/sendlink.key"
version() { sendlink status --format json | sed -n 's/.*"version": "\(.*\)".*/\1/p'; }
ends 0 sendlink run --as-at "$as_at"
first=$(version)
ends 0 sendlink run --as-at "$as_at"
[ -n "$first" ] && [ "$first" = "$(version)" ] || fail "a second night made $(version) of $first"
ok 'runs a night without a network, and again to the same digest'
ends 0 sendlink status --max-age 26h
ends 4 sendlink status --max-age 0s
says 'No night has published within'
ok 'raises the alarm of status --max-age with code 4'

start_cluster_for_image() {
  mkdir -m 755 "$place/postgres"
  start_cluster "$place/postgres" -c fsync=off
}
start_cluster_for_image
as_postgres "$postgres_bin/psql" --quiet --host "$place/postgres" --port "$cluster_port" --command 'create database night' postgres
cp -a "$area" "$place/area-postgres"
rm -rf "$place/area-postgres/data" "$place/area-postgres/landing" "$place/area-postgres/reports"
sed -i "s|sqlite:data|postgres://postgres@127.0.0.1:$cluster_port/night|" "$place/area-postgres/sendlink.toml"
with=(--network host --volume "$place/area-postgres:/area")
for _ in 1 2; do
  ends 0 sendlink run --as-at "$as_at"
  [ "$(version)" = "$first" ] || fail "PostgreSQL has $(version), and SQLite $first"
done
ok 'runs a night against PostgreSQL, and again, to the digest that SQLite has'

# Waits until a container has said something.
logs() { # container text
  local said
  for _ in $(seq 600); do
    said=$(podman logs "$1" 2>&1)
    case $said in *"$2"*) return ;; esac
    sleep 0.1
  done
  fail "it never said \"$2\":
$said"
}

# Starts a container, waits for a line of its log, stops it as any scheduler does, and expects an exit code in time.
stopped_at() { # code line arguments...
  local expected=$1 line=$2 container code began
  shift 2
  container=$(podman run --detach "${sealed[@]/--rm/--log-driver=k8s-file}" "${with[@]}" "$image" "$@")
  logs "$container" "$line"
  began=$(date +%s%N)
  podman stop --time 10 "$container" >/dev/null
  took=$((($(date +%s%N) - began) / 1000000))
  code=$(podman inspect --format '{{.State.ExitCode}}' "$container")
  [ "$code" = "$expected" ] || { podman logs "$container"; fail "stopped at \"$line\" it ended with $code, not $expected"; }
  [ "$took" -lt 10000 ] || fail "it took $took ms to stop"
  podman rm "$container" >/dev/null
}

rm -rf "$area/data" "$area/landing" "$area/reports"
with=(--network none --volume "$area:/area")
stopped_at 75 'A delivery is loaded' run --as-at "$as_at"
ends 0 sendlink run --as-at "$as_at"
[ "$(version)" = "$first" ] || fail 'a night that was stopped and run again came to another dataset'
ok 'stops in the middle of a night with code 75, and the next run comes to the same digest'

cp "$area/sendlink.toml" "$place/sendlink.toml"
cat >>"$area/sendlink.toml" <<'TOML'

[[feed]]
name = "pulled"
kind = "section23"
provider = "RAJ"
mapping = "section23/api-json"
from = { https = { url = "https://127.0.0.1:1/notices", file = "notices.json", patience = "1 hour" } }
delivery = "delta"
basis = "duty"
TOML
stopped_at 75 'is tried again after a wait' run --as-at "$as_at"
ok "cuts a wait for a source short, and stops within $took ms"
stopped_at 0 'The next night is planned' run --every-night-at 03:30
ok 'keeps the time itself, and stops between two nights with code 0'

: >"$place/no-authorities"
with+=(--volume "$place/no-authorities:/etc/ssl/certs/ca-certificates.crt:ro")
ends 78 sendlink check
says 'certificates of authorities'
ok 'says that the authorities are missing'
cp "$place/sendlink.toml" "$area/sendlink.toml"

# --- PostgreSQL and the night, brought up together -------------------------------------------------------------------

say "Making a stand-in for $postgres"
mkdir "$place/stand-in"
cat >"$place/stand-in/Dockerfile" <<DOCKERFILE
FROM $debian
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
COPY start /usr/local/bin/start
ENTRYPOINT ["/usr/local/bin/start"]
DOCKERFILE
# What the published image does at its first start, in so far as the compose file relies on it.
cat >"$place/stand-in/start" <<'START'
#!/bin/sh
set -eu
as() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
mkdir -p "$PGDATA" /run/postgresql
chown postgres: "$PGDATA" /run/postgresql
if ! [ -e "$PGDATA/PG_VERSION" ]; then
  install -m 600 -o postgres "$POSTGRES_PASSWORD_FILE" /tmp/password
  as initdb --username "$POSTGRES_USER" --pwfile /tmp/password --auth-local trust $POSTGRES_INITDB_ARGS >/dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  as pg_ctl -w -o "-c listen_addresses=''" start >/dev/null
  for script in /docker-entrypoint-initdb.d/*; do sh "$script"; done
  as pg_ctl -w -m fast stop >/dev/null
fi
exec setpriv --reuid postgres --regid postgres --init-groups postgres -c 'listen_addresses=*'
START
chmod 755 "$place/stand-in/start"
buildah bud "${mirror[@]}" --tag "$postgres" "$place/stand-in" >"$place/stand-in.log" 2>&1 \
  || { cat "$place/stand-in.log"; fail 'no stand-in for PostgreSQL'; }

say 'Bringing up docker/compose.yaml'
mkdir "$place/copy"
cp -a docker "$place/copy/"
rm -rf "$place/copy/docker/secrets"
export CONTAINER_TOOL=podman COMPOSE=podman-compose SENDLINK_IMAGE=$image SENDLINK_CHILDREN=300
"$place/copy/docker/demo" >"$place/demo.log" 2>&1 || { cat "$place/demo.log"; fail 'docker/demo does not come to its end'; }
cd "$place/copy/docker"
export SENDLINK_AREA=/area/demo
night=$(podman ps --filter name=night --format '{{.ID}}')
[ "$(wc -w <<<"$night")" = 1 ] || fail 'the night does not go on'
logs "$night" 'The next night is planned'
ends 0 podman-compose run -T --rm night status --max-age 26h
says 'schemas joint and open of database sendlink'
ok 'docker/demo brings up PostgreSQL and the night, with a first night published'

database=$(podman ps --filter name=database --format '{{.ID}}')
query() { podman exec "$database" psql --username postgres --dbname sendlink --tuples-only --no-align --command "$1"; }
ends 0 query "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = 'sendlink'"
[ "$said" = f ] || fail 'the role sendlink may more than it needs'
ends 0 query "set role sendlink_analyst; select count(*) > 0 from joint.child"
says t
ends 1 query "set role sendlink_analyst; select count(*) from vault.record"
ends 1 query "set role sendlink_reader; select count(*) from joint.child"
ok 'whoever runs the night is no superuser, analysts read the joint dataset and not the vault, readers neither'

"$place/copy/docker/demo" >"$place/demo.log" 2>&1 || { cat "$place/demo.log"; fail 'docker/demo cannot be repeated'; }
ok 'docker/demo can be given again'
cd "$OLDPWD"

# --- Kubernetes ------------------------------------------------------------------------------------------------------

python3 - <<'PYTHON'
import re
import yaml

with open("docker/cronjob.yaml") as file:
    spec = yaml.safe_load(file)["spec"]
assert spec["concurrencyPolicy"] == "Forbid" and spec["timeZone"] == "Europe/London", spec
hour = int(spec["schedule"].split()[1])
assert hour not in (0, 1), "an hour that London skips or has twice"
rules = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
named = [code for rule in rules if "onExitCodes" in rule for code in rule["onExitCodes"]["values"]]
with open("docs/operating.md") as file:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", file.read(), re.M)}
assert sorted(named) == sorted(documented - {0}), (sorted(named), sorted(documented))
PYTHON
ok 'every exit code that the manual names has a rule in docker/cronjob.yaml'

say "$passed assertions on the image passed in $SECONDS seconds"
