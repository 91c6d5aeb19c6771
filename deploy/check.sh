#!/usr/bin/env bash
# Brings the whole compose file up, buys through nginx, reads the mail, takes the stack down and up again, and finds the
# order. With docker where there is one; else with podman and podman-compose (as root, images from stand-ins.sh if
# TRADEWIND_STAND_INS=1).
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '▸ %s\n' "$*"; }
fail() { printf '✗ %s\n' "$*" >&2; exit 1; }

if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  engine=docker
  compose() { docker compose -p tradewind-check -f deploy/compose.yaml "$@"; }
else
  command -v podman-compose >/dev/null || fail 'neither docker nor podman-compose is here'
  engine=podman
  conf=$(mktemp -d)
  # Where containers nest, as on build machines: no overlay, no systemd.
  printf '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n' >"$conf/storage.conf"
  printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$conf/containers.conf"
  export CONTAINERS_STORAGE_CONF=$conf/storage.conf CONTAINERS_CONF=$conf/containers.conf BUILDAH_ISOLATION=chroot
  [[ ${TRADEWIND_STAND_INS:-} ]] && bash deploy/stand-ins.sh
  compose() { podman-compose -p tradewind-check -f deploy/compose.yaml "$@"; }
fi

npmrc=()
[[ -f ~/.npmrc ]] && npmrc=(--secret "id=npmrc,src=$HOME/.npmrc")
say 'building the image…'
if [[ $engine = podman ]]; then
  podman build --network=host "${npmrc[@]}" -q -f deploy/Dockerfile -t tradewind . >/dev/null
else
  docker build "${npmrc[@]}" -q -f deploy/Dockerfile -t tradewind . >/dev/null
fi
size=$($engine image inspect tradewind --format '{{.Size}}')
say "the image has $((size / 1000000)) MB"

# Under a name of its own: what somebody keeps in the stack itself is never touched.
end() { compose down ${1:-} >/dev/null 2>&1 || true; }
trap 'end -v' EXIT
end -v
say 'starting all of it…'
compose up -d --no-build >/dev/null 2>&1 || compose up -d >/dev/null

# Waits for a page: name, address, seconds.
until_up() {
  for ((i = 0; i < $3; i += 1)); do
    curl -fsS -o /dev/null "$2" 2>/dev/null && return
    sleep 1
  done
  compose logs 2>&1 | tail -60 >&2
  fail "$1 does not answer at $2"
}
until_up 'the shop' http://localhost:3000/ 180
until_up 'health' http://localhost:3000/api/health 60
until_up "the broker's management page" http://localhost:15672/ 30
until_up 'the mailbox' http://localhost:8026/ 30

# The sample shop opens only where all services share a process: here an admin would add products. So does this.
api() { curl -fsS -H 'content-type: application/json' "$@"; }
password=$(compose logs customers 2>&1 | sed -n 's/.*admin [^ ]* \/ \([^ ]*\) .*/\1/p' | head -1)
[[ $password ]] || fail "no admin's password in the log of customers"
token=$(api http://localhost:3000/api/auth/login -d "{\"email\":\"admin@tradewind.test\",\"password\":\"$password\"}" | node -pe 'JSON.parse(require("fs").readFileSync(0)).access_token')
api http://localhost:3000/api/products -H "authorization: Bearer $token" -d '{"product_id":"CHECK-1","name":"Compose","price":"12.50","stock":5}' >/dev/null
field() { node -pe "JSON.parse(require('fs').readFileSync(0)).$1"; }

say 'buying through nginx…'
for ((i = 0; i < 30; i += 1)); do
  order=$(api http://localhost:3000/api/checkout -d '{"email":"compose@example.com","items":[{"product_id":"CHECK-1","quantity":2}]}' 2>/dev/null) && break
  sleep 1
done
[[ $order ]] || fail 'the checkout was refused'
id=$(field id <<<"$order")
guest=$(field guest_token <<<"$order")
status_of() { api "http://localhost:3000/api/orders/$id?token=$guest" | field status; }
for ((i = 0; i < 30; i += 1)); do [[ $(status_of) = confirmed ]] && break; sleep 1; done
[[ $(status_of) = confirmed ]] || fail "the order is $(status_of)"
mails() { curl -fsS 'http://localhost:8026/api/messages?to=compose@example.com' | field total; }
for ((i = 0; i < 30; i += 1)); do [[ $(mails) = 1 ]] && break; sleep 1; done
[[ $(mails) = 1 ]] || fail "there are $(mails) mails"
say "order $id is confirmed, and its mail is in the mailbox"

say 'down and up again…'
end
compose up -d --no-build >/dev/null 2>&1 || compose up -d >/dev/null
until_up 'the shop' "http://localhost:3000/api/orders/$id?token=$guest" 180
[[ $(status_of) = confirmed && $(mails) = 1 ]] || fail 'the order or its mail is not there any more'
say 'the order and its mail are still there. All is well.'
