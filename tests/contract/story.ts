// The storno story by the client that openapi-typescript and openapi-fetch make of the API's description: a tenant, a
// balance, a direct debit that came back, its payment; then the batch, a list, and the feed. Fails at the first surprise.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Notification = components["schemas"]["Notification"];
type BatchRow = components["schemas"]["BatchRow"];
type OutcomeLine = components["schemas"]["OutcomeLine"];

const { API, KEY } = process.env;
assert(API && KEY);
const api = createClient<paths>({ baseUrl: API, headers: { authorization: `Bearer ${KEY}` } });
const id = "T-1001";
const invoice = "F-T-1";
const now = () => new Date().toISOString();

/** The answer, or the problem as an exception: `code` is what programs look at. */
async function ok<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  assert(data !== undefined, `${response.status}: ${JSON.stringify(error)}`);
  return data;
}

const stored = await ok(
  api.PUT("/v1/tenants/{id}", {
    params: { path: { id } },
    body: { name: "mevrouw De Vries", language: "nl", addresses: [{ channel: "email", value: "t.devries@example.nl" }] },
  }),
);
assert.equal(stored.result, "new");

await ok(
  api.POST("/v1/facts", {
    body: { fact_id: "balance-T-1", type: "balance", tenant_id: id, amount_cents: 71_250, occurred_at: now(), environment: "test" },
  }),
);

const storno: Notification = {
  tenant_id: id,
  flow: "storno",
  category: "collection",
  environment: "test",
  idempotency_key: "storno-T-1",
  subject: { kind: "invoice", id: invoice },
  data: { invoice_id: invoice, amount_cents: 71_250, reason_code: "AM04", payment_url: "https://pay.example.nl/T-1" },
};
const accepted = await ok(api.POST("/v1/notifications", { body: storno }));
assert.equal(accepted.status, "accepted");
const again = await ok(api.POST("/v1/notifications", { body: storno }));
assert.deepEqual([again.id, again.duplicate], [accepted.id, true]);

const conflict = await api.POST("/v1/notifications", { body: { ...storno, category: "other" } });
assert(conflict.error && "code" in conflict.error);
assert.equal(conflict.error.code, "idempotency_conflict");

const one = { params: { path: { id: accepted.id } } };
let mailed = await ok(api.GET("/v1/notifications/{id}", one));
for (let tries = 0; mailed.state !== "sent" && tries < 100; tries++) {
  await new Promise((done) => setTimeout(done, 100));
  mailed = await ok(api.GET("/v1/notifications/{id}", one));
}
assert.equal(mailed.state, "sent", mailed.why);

const paid = await ok(
  api.POST("/v1/facts", {
    body: {
      fact_id: "payment-T-1",
      type: "payment",
      tenant_id: id,
      subject: { kind: "invoice", id: invoice },
      amount_cents: 71_250,
      occurred_at: now(),
      environment: "test",
    },
  }),
);
assert.deepEqual(paid.tenants[0]?.ended, [accepted.id]);

const ended = await ok(api.GET("/v1/notifications/{id}", one));
assert.deepEqual([ended.state, ended.end], ["ended", "paid"], ended.why);
console.log(ended.why);

// Text is sent as it is, and read as text; each line is of the type that the description names.
const lines = { bodySerializer: (body: string) => body, parseAs: "text" } as const;
const notice = { ...storno, flow: "notice", category: "repairs", idempotency_key: "notice-T-1", data: { title: "Onderhoud", text: "Wij komen langs." } };
const batch = await ok(
  api.POST("/v1/notifications/batch", { ...lines, body: `${JSON.stringify(notice)}\n`, headers: { "content-type": "application/x-ndjson" } }),
);
const row = JSON.parse(batch) as BatchRow;
assert("id" in row, batch);

const list = await ok(
  api.POST("/v1/tenants/load", {
    bodySerializer: (body: string) => body,
    body: "huurdernummer;achternaam;email\nT-1002;Bakker;t.bakker@example.nl\n",
    headers: { "content-type": "text/csv" },
  }),
);
assert.deepEqual([list.new, list.rejected], [1, 0]);

const feed = await ok(api.GET("/v1/outcomes", { parseAs: "text", params: { query: { limit: 100 } } }));
const outcomes = feed.trimEnd().split("\n").map((line) => JSON.parse(line) as OutcomeLine);
assert(outcomes.some((line) => "end" in line && line.id === accepted.id && line.end === "paid"), feed);
const last = outcomes.at(-1);
assert(last && "cursor" in last);

const wrong = await api.GET("/v1/tasks", { params: { query: { limit: 0 } } });
assert(wrong.error && "detail" in wrong.error && wrong.error.detail.startsWith("limit "));
console.log("TypeScript: the story went as it should");
