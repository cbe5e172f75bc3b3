#!/usr/bin/env bash
# The archive at size: bytes of each mail and text message, how fast it is checked, a look-up by id with a cold cache, the timeline
# of a tenant over three years; then damage of every kind, each of which the check has to name with its place. Prints one line of JSON
# for each figure.
#
#   loadtest/cases/archive/run.sh [MAILS]      (default 1,000,000: four million entries)
#   DAYS=1096 SEAL_HOURS=6 TENANTS=400000 SINGLE=100000 (mails and messages whose size is measured) SEALED=--sealed
#   Room: about 550 bytes for each mail of MAILS; 2,500,000 (ten million entries) need 1.5 GB.
MAILS="${1:-1000000}"
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
DAYS="${DAYS:-1096}" SEAL_HOURS="${SEAL_HOURS:-6}" TENANTS="${TENANTS:-400000}" SINGLE="${SINGLE:-100000}"
[ -x "$BENCH" ] || fail "build first: cargo build --profile dist --workspace --bins"

# fill DIR MAILS DAYS [OPTION...]: an archive, and what it does.
fill() {
  local dir=$1 mails=$2 days=$3
  shift 3
  "$BENCH" archive --dir "$dir" --mails "$mails" --days "$days" --seal-hours "$SEAL_HOURS" --tenants "$TENANTS" "$@"
}

# What is alike, in large volumes; what is not; text messages. Each not sealed and sealed for its tenant, and bulk mail that waits.
for kind in "" --single --sms "--sms --single" --waiting; do
  for cover in "" --sealed; do
    # shellcheck disable=SC2086 # options, none or some
    fill "$WORK/sizes" "$SINGLE" 1 $kind $cover
    rm -rf "$WORK/sizes" "$WORK/sizes.keys"
  done
done
# Years of it: SEALED=--sealed for an archive that is sealed.
fill "$WORK/years" "$MAILS" "$DAYS" ${SEALED:+"$SEALED"}

# Damage: on a small archive, because each is checked as a whole.
fill "$WORK/whole" 20000 4 > "$WORK/whole.out"
check() { "$SLUIS" archive verify --archive "$1" --head "$HEAD" > "$WORK/verify.out" 2>&1; }
HEAD=0:$(printf '0%.0s' $(seq 64))
"$SLUIS" archive verify --archive "$WORK/whole" > "$WORK/verify.out" || fail "control: a whole archive has faults"
HEAD=$(sed -n 's/^head //p' "$WORK/verify.out")
check "$WORK/whole" || fail "control: a whole archive has faults with its head"
for what in flip remove object swap truncate resign empty; do
  rm -rf "$WORK/struck"
  cp -r "$WORK/whole" "$WORK/struck"
  place=$(python3 "$HERE/archive/strike.py" "$WORK/struck" "$what" 5)
  if check "$WORK/struck"; then fail "$what: the check found nothing"; fi
  grep -qF "$place" "$WORK/verify.out" || fail "$what: the check did not name $place: $(head -3 "$WORK/verify.out")"
  printf '{"what": "archive damage", "damage": "%s", "named": "%s"}\n' "$what" "$(grep -m1 -F "$place" "$WORK/verify.out" | cut -c1-120)"
done
# The newest volume taken away, or sealed again: only who knows the head can tell.
newest=${HEAD%%:*}
for what in remove resign; do
  rm -rf "$WORK/struck"
  cp -r "$WORK/whole" "$WORK/struck"
  place=$(python3 "$HERE/archive/strike.py" "$WORK/struck" "$what" "$newest")
  if check "$WORK/struck"; then fail "newest $what: the check found nothing"; fi
  grep -qF "$place" "$WORK/verify.out" || fail "newest $what: the check did not name $place"
  printf '{"what": "archive damage", "damage": "newest %s", "named": "%s"}\n' "$what" "$place"
done
[ -n "${SLUIS_CASE_DIR:-}" ] || rm -rf "$WORK"
