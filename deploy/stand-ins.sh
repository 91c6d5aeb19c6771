#!/usr/bin/env bash
# Images under the names that Dockerfile and compose.yaml ask for, made from Debian's packages: for a machine that reaches
# no registry, or that has no engine but podman. Root and debootstrap are needed; what is there already is kept.
# They take the same variables as the real ones, as far as compose.yaml uses them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
engine() { podman "$@"; }
have() { engine image exists "$1"; }

# A Debian with packages, imported as an image: name, entrypoint, packages…
image() {
  local name=$1 entry=$2 root=$work/root
  shift 2
  rm -rf "$root"
  cp -a "$work/base" "$root"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  if (($# > 0)); then
    chroot "$root" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $* >/dev/null && apt-get clean"
    rm -rf "$root"/var/lib/apt/lists/*
  fi
  [[ $entry ]] && { cat >"$root/entrypoint"; chmod 755 "$root/entrypoint"; }
  tar -C "$root" -c . | engine import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    ${entry:+--change 'ENTRYPOINT ["/entrypoint"]'} ${CHANGE:+--change "$CHANGE"} - "$name" >/dev/null
  echo "made $name"
}

names=(docker.io/library/node:20-bookworm-slim docker.io/library/postgres:18 docker.io/library/rabbitmq:4-management
  docker.io/library/nginx:1 mcr.microsoft.com/azure-storage/azurite:latest)
missing=0
for name in "${names[@]}"; do have "$name" || missing=1; done
((missing)) || exit 0
debootstrap --variant=minbase bookworm "$work/base" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >/dev/null
# Certificates of this machine, should its way to the packages need them.
[[ -f /etc/ssl/certs/ca-certificates.crt ]] && install -D /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/ca-certificates.crt"

node_into() {
  local npm
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  mkdir -p "$1/usr/local/lib/node_modules" "$1/usr/local/bin"
  cp "$(readlink -f "$(command -v node)")" "$1/usr/local/bin/node"
  cp -a "$npm" "$1/usr/local/lib/node_modules/npm"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
}

if ! have "${names[0]}"; then
  cp -a "$work/base" "$work/plain"
  node_into "$work/base"
  CHANGE='ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' image "${names[0]}" '' libstdc++6
  rm -rf "$work/base" && mv "$work/plain" "$work/base"
fi

have "${names[1]}" || image "${names[1]}" entry postgresql <<'SH'
#!/bin/sh
set -e
bin=$(echo /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/data
mkdir -p "$data" /run/postgresql
chown -R postgres: /var/lib/postgresql /run/postgresql
chmod 700 "$data"
as() { setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp PATH="$bin:$PATH" "$@"; }
if [ ! -f "$data/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" > /run/postgresql/pw
  chown postgres /run/postgresql/pw
  as initdb -D "$data" -U "$POSTGRES_USER" --pwfile=/run/postgresql/pw -A scram-sha-256 --locale=C.UTF-8 >/dev/null
  rm /run/postgresql/pw
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$data" -c listen_addresses='*'
SH

have "${names[2]}" || image "${names[2]}" entry rabbitmq-server <<'SH'
#!/bin/sh
set -e
printf 'default_user = %s\ndefault_pass = %s\nloopback_users = none\n' \
  "$RABBITMQ_DEFAULT_USER" "$RABBITMQ_DEFAULT_PASS" > /etc/rabbitmq/rabbitmq.conf
echo '[rabbitmq_management].' > /etc/rabbitmq/enabled_plugins
chown -R rabbitmq: /var/lib/rabbitmq /etc/rabbitmq
export HOME=/var/lib/rabbitmq RABBITMQ_LOGS=-
exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups /usr/lib/rabbitmq/bin/rabbitmq-server
SH

have "${names[3]}" || image "${names[3]}" entry nginx <<'SH'
#!/bin/sh
rm -f /etc/nginx/sites-enabled/default
exec nginx -g 'daemon off; error_log /dev/stderr;'
SH

if ! have "${names[4]}"; then
  node_into "$work/base"
  mkdir -p "$work/base/opt/azurite"
  version=$(node -p "require('./package.json').devDependencies.azurite")
  npm install --prefix "$work/base/opt/azurite" --no-audit --no-fund --silent "azurite@$version"
  image "${names[4]}" entry libstdc++6 <<'SH'
#!/bin/sh
command=$1
shift
exec node "/opt/azurite/node_modules/.bin/$command" "$@"
SH
fi
