"""The storno story by the client that openapi-python-client makes of the API's description: a tenant, a balance, a direct
debit that came back, its payment; then the batch, a list, and the feed. Fails at the first surprise."""

import datetime
import io
import json
import os
import time

from sluis_client import AuthenticatedClient
from sluis_client.api.facts import post_fact
from sluis_client.api.notifications import get_notification, post_batch, post_notification
from sluis_client.api.results import get_outcomes, list_tasks
from sluis_client.api.tenants import load_tenants, put_tenant
from sluis_client.models import (
    Address,
    Channel,
    Data,
    Environment,
    Fact,
    Notification,
    Problem,
    Profile,
    State,
    Subject,
)
from sluis_client.types import File

client = AuthenticatedClient(base_url=os.environ["API"], token=os.environ["KEY"])
TENANT, INVOICE = "P-1001", "F-P-1"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def ok(answer):
    """The answer, or the problem as an exception: `code` is what programs look at."""
    assert answer is not None and not isinstance(answer, Problem), answer
    return answer


profile = Profile(
    name="mevrouw De Vries",
    language="nl",
    addresses=[Address(channel=Channel.EMAIL, value="p.devries@example.nl")],
)
assert ok(put_tenant.sync(TENANT, client=client, body=profile)).result == "new"

balance = Fact(
    fact_id="balance-P-1",
    type_="balance",
    tenant_id=TENANT,
    amount_cents=71_250,
    occurred_at=now(),
    environment=Environment.TEST,
)
ok(post_fact.sync(client=client, body=balance))


def storno(**changes):
    data = {"invoice_id": INVOICE, "amount_cents": 71_250, "reason_code": "AM04", "payment_url": "https://pay.example.nl/P-1"}
    whole = {
        "tenant_id": TENANT,
        "flow": "storno",
        "category": "collection",
        "environment": Environment.TEST,
        "idempotency_key": "storno-P-1",
        "subject": Subject(kind="invoice", id=INVOICE),
        "data": Data.from_dict(data),
    }
    return Notification(**(whole | changes))


accepted = ok(post_notification.sync(client=client, body=storno()))
again = ok(post_notification.sync(client=client, body=storno()))
assert (again.id, again.duplicate) == (accepted.id, True), again
conflict = post_notification.sync(client=client, body=storno(category="other"))
assert isinstance(conflict, Problem) and conflict.code == "idempotency_conflict", conflict

for _ in range(100):
    mailed = ok(get_notification.sync(accepted.id, client=client))
    if mailed.state == State.SENT:
        break
    time.sleep(0.1)
assert mailed.state == State.SENT, mailed.why

payment = Fact(
    fact_id="payment-P-1",
    type_="payment",
    tenant_id=TENANT,
    subject=Subject(kind="invoice", id=INVOICE),
    amount_cents=71_250,
    occurred_at=now(),
    environment=Environment.TEST,
)
paid = ok(post_fact.sync(client=client, body=payment))
assert paid.tenants[0].ended == [accepted.id], paid

ended = ok(get_notification.sync(accepted.id, client=client))
assert (ended.state, ended.end) == (State.ENDED, "paid"), ended.why
print(ended.why)


def as_bytes(text):
    return File(payload=io.BytesIO(text.encode()))


# Lines are bytes to this client; each is of the type that the description names.
notice = storno(
    flow="notice",
    category="repairs",
    idempotency_key="notice-P-1",
    data=Data.from_dict({"title": "Onderhoud", "text": "Wij komen langs."}),
)
batch = post_batch.sync_detailed(client=client, body=as_bytes(json.dumps(notice.to_dict()) + "\n"))
assert batch.status_code == 200 and json.loads(batch.content)["status"] == "accepted", batch

people = as_bytes("huurdernummer;achternaam;email\nP-1002;Bakker;p.bakker@example.nl\n")
report = ok(load_tenants.sync(client=client, body=people))
assert (report.new, report.rejected) == (1, 0), report

feed = get_outcomes.sync_detailed(client=client, limit=100)
lines = [json.loads(line) for line in feed.content.splitlines()]
assert any(line.get("id") == accepted.id and line["end"] == "paid" for line in lines), lines
assert "cursor" in lines[-1], lines[-1]

wrong = list_tasks.sync(client=client, limit=0)
assert isinstance(wrong, Problem) and wrong.code == "bad_query" and wrong.detail.startswith("limit "), wrong
print("Python: the story went as it should")
