"""The load and the books of the case `override`: two corporations, a storno each."""

import argparse
import collections
import http.client
import json
import queue
import sys
import threading
import time
from datetime import datetime, timezone

NAMES = ["demo", "buren"]
# By corporation and version: what a notification goes through, and how it ends.
EXPECTED = {
    ("demo", 2): (["mail", "sms"], "generic two"),
    ("demo", 3): (["mail", "sms"], "generic three"),
    ("buren", 1): (["mail", "sms", "last"], "override one"),
    ("buren", 2): (["mail", "sms", "last"], "override two"),
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["tenants", "load", "told", "books"])
    parser.add_argument("--http")
    parser.add_argument("--keys", nargs=2)
    parser.add_argument("--count", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--work")
    parser.add_argument("--told")
    return parser.parse_args()


ASKED = arguments()


class Caller:
    """One connection, which comes again as long as the engine is away."""

    def __init__(self):
        self.connection = None

    def call(self, party, method, path, body=None):
        data = None if body is None else json.dumps(body)
        headers = {"Authorization": "Bearer " + ASKED.keys[party], "Content-Type": "application/json"}
        until = time.monotonic() + 180
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(ASKED.http, timeout=60)
                self.connection.request(method, path, data, headers)
                answer = self.connection.getresponse()
                text = answer.read()
                if answer.status not in (429, 503):
                    return answer.status, json.loads(text or b"null")
            except (OSError, http.client.HTTPException):
                self.connection = None
            if time.monotonic() > until:
                raise SystemExit(f"{method} {path}: no answer in time")
            time.sleep(0.1)


def in_parallel(jobs, work, threads=8):
    """Does each job; the first failure ends the run."""
    line, failed = queue.SimpleQueue(), []
    for job in jobs:
        line.put(job)

    def run():
        caller = Caller()
        while not failed:
            try:
                job = line.get_nowait()
            except queue.Empty:
                return
            try:
                work(caller, job)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - told below
                failed.append(f"{job}: {error!r}")

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failed:
        raise SystemExit(failed[0])


def each():
    return [(number, party) for number in range(ASKED.count) for party in (0, 1)]


def tenants():
    """Each with both addresses, and in debt for as long as this takes."""
    now = datetime.now(timezone.utc).isoformat()

    def one(caller, job):
        number, party = job
        tenant = f"H{number}"
        points = [
            {"kind": "email", "value": f"h{number}@{NAMES[party]}.example"},
            {"kind": "phone", "value": f"+316{party + 1}{number + 1000000:07d}"},
        ]
        profile = {"name": "mevrouw De Vries", "contact_points": points}
        status, told = caller.call(party, "PUT", f"/v1/tenants/{tenant}", profile)
        assert status == 200, told
        fact = {"fact_id": f"b-{number}", "type": "balance", "tenant_id": tenant, "amount_cents": 61250}
        fact |= {"occurred_at": now, "environment": "production"}
        status, told = caller.call(party, "POST", "/v1/facts", fact)
        assert status == 200, told

    in_parallel(each(), one)


def load():
    """At a pace, under keys that are used again until there is an answer."""
    began, lock = time.monotonic(), threading.Lock()
    with open(f"{ASKED.work}/acks.jsonl", "a", encoding="utf-8", buffering=1) as acks:

        def one(caller, job):
            number, party = job
            time.sleep(max(0.0, began + number / ASKED.rate - time.monotonic()))
            body = {
                "tenant_id": f"H{number}",
                "flow": "storno",
                "category": "collection",
                "environment": "production",
                "idempotency_key": f"storno-{number}",
                "subject": {"kind": "invoice", "id": f"F-{number}"},
                "data": {
                    "invoice_id": f"F-{number}",
                    "amount_cents": 61250,
                    "reason_code": "AM04",
                    "payment_url": f"https://betaal.example/F-{number}",
                },
            }
            status, told = caller.call(party, "POST", "/v1/notifications", body)
            assert status == 202, (status, told)
            with lock:
                print(json.dumps({"party": NAMES[party], "number": number, "id": told["id"]}), file=acks)

        in_parallel(each(), one, threads=32)


def rows(file):
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def told():
    """What the engine says of each: its version, its steps, its end."""
    lock = threading.Lock()
    with open(f"{ASKED.work}/told.jsonl", "w", encoding="utf-8") as out:

        def one(caller, ack):
            party = NAMES.index(ack["party"])
            status, told = caller.call(party, "GET", f"/v1/notifications/{ack['id']}")
            assert status == 200, told
            steps = [row["details"]["step"] for row in told["history"] if row["kind"] == "step"]
            row = {"party": ack["party"], "id": ack["id"], "version": told["flow"]["version"]}
            row |= {"state": told["state"], "end": told.get("end"), "steps": steps}
            row |= {"attempts": [attempt["channel"] for attempt in told["attempts"]]}
            with lock:
                print(json.dumps(row), file=out)

        in_parallel(rows(f"{ASKED.work}/acks.jsonl"), one)


def books():
    """Holds the three against each other: what was accepted, what the engine says, what the providers took."""
    wrong = []
    acks = {ack["id"]: ack for ack in rows(f"{ASKED.work}/acks.jsonl")}
    if len(acks) != 2 * ASKED.count:
        wrong.append(f"{len(acks)} accepted of {2 * ASKED.count}")
    all_told = {row["id"]: row for row in rows(ASKED.told or f"{ASKED.work}/told.jsonl")}
    ended, took = collections.Counter(), collections.Counter()
    for each_id, ack in acks.items():
        row = all_told.get(each_id)
        if row is None:
            wrong.append(f"{each_id}: lost")
            continue
        key = (ack["party"], row["version"])
        steps, end = EXPECTED.get(key, ([], None))
        if (row["end"], row["steps"]) != (end, steps):
            wrong.append(f"{each_id}: {key}: {row}")
        ended[(*key, row["end"])] += 1
        for step in row["steps"]:
            took[(*key, step)] += 1
    for key in EXPECTED:
        if not any(known[:2] == key for known in ended):
            wrong.append(f"{key}: nobody began with it")
    messages = collections.Counter()
    for row in rows(f"{ASKED.work}/sink.jsonl"):
        if row.get("kind") == "accepted":
            messages[(row["channel"], row["to"])] += 1
    more = sum(count - 1 for count in messages.values())
    once = len(messages)
    if once != 4 * ASKED.count:
        wrong.append(f"{once} addresses were written to of {4 * ASKED.count}")
    # What was under way at the kill may have left: as many as the providers take at once.
    if more > 64:
        wrong.append(f"{more} messages more than one for each step")
    for (party, version, end), count in sorted(ended.items()):
        by_step = {step: n for (p, v, step), n in took.items() if (p, v) == (party, version)}
        print(f"{party}, version {version}: {count} ended with {end!r}; steps {by_step}")
    print(f"{once} messages for {4 * ASKED.count} steps, and {more} more than once")
    for line in wrong[:20]:
        print("WRONG:", line)
    if wrong:
        raise SystemExit(f"{len(wrong)} lines do not balance")
    print("balanced")


{"tenants": tenants, "load": load, "told": told, "books": books}[ASKED.what]()
sys.stdout.flush()
