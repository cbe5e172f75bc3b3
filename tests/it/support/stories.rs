//! Owns the things that tests say again and again: a tenant, a notice, a returned direct debit, a
//! payment, what the world sends back. Refuses to check more than that they were taken.

use serde_json::{Value, json};
use sluis_loadtest::sink::{Channel, LaterEvent};

use super::{Body, Engine, Reply};

/// The key of corporation `noord`.
pub const NOORD: &str = "slk_noord_0123456789";
/// The key of corporation `zuid`.
pub const ZUID: &str = "slk_zuid_0123456789";
/// Both.
pub const KEYS: [&str; 2] = [NOORD, ZUID];

/// A notice to a tenant.
pub fn notice(tenant: &str, key: &str) -> Value {
    json!({
        "tenant_id": tenant, "flow": "notice", "category": "repairs", "environment": "test", "idempotency_key": key,
        "data": { "title": "Onderhoud", "text": "Wij komen langs." }
    })
}

/// A returned direct debit of 612.50 euro.
pub fn storno(tenant: &str, invoice: &str, key: &str) -> Value {
    json!({
        "tenant_id": tenant, "flow": "storno", "category": "collection", "environment": "test", "idempotency_key": key,
        "subject": { "kind": "invoice", "id": invoice },
        "data": {
            "invoice_id": invoice, "amount_cents": 61_250, "reason_code": "AM04",
            "payment_url": format!("https://betaal.example/{invoice}")
        }
    })
}

/// A profile with one address.
pub fn reached_by(channel: &str, address: &str) -> Value {
    json!({
        "name": "mevrouw De Vries", "addresses": [{ "channel": channel, "value": address }],
        "preferences": [{ "category": "*", "channel": channel }]
    })
}

impl Engine {
    /// An instant of the engine's clock, as the API writes it.
    pub fn now(&self) -> String {
        use sluis_model::Clock as _;
        sluis::explain::rfc3339(self.clock.now())
    }

    /// Stores a profile.
    pub async fn put_tenant(&self, key: &str, tenant: &str, profile: Value) -> Value {
        self.call(key, "PUT", &format!("/v1/tenants/{tenant}"), profile)
            .await
            .ok()
    }

    /// A tenant that the null channel reaches.
    pub async fn reachable(&self, key: &str, tenant: &str) {
        self.put_tenant(key, tenant, reached_by("null", tenant))
            .await;
    }

    /// Posts a notification.
    pub async fn post(&self, key: &str, body: Value) -> Reply {
        self.call(key, "POST", "/v1/notifications", body).await
    }

    /// Posts a notification that is taken, and gives its id.
    pub async fn accepted(&self, key: &str, body: Value) -> String {
        let reply = self.post(key, body).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        reply.json()["id"].as_str().expect("an id").to_owned()
    }

    /// A notification as it stands.
    pub async fn get(&self, key: &str, id: &str) -> Value {
        self.call(
            key,
            "GET",
            &format!("/v1/notifications/{id}"),
            Body::Nothing,
        )
        .await
        .ok()
    }

    /// What a GET says.
    pub async fn ask(&self, key: &str, path: &str) -> Reply {
        self.call(key, "GET", path, Body::Nothing).await
    }

    /// Posts a fact of this instant.
    pub async fn fact(&self, key: &str, id: &str, mut rest: Value) -> Value {
        rest["fact_id"] = id.into();
        rest["environment"] = "test".into();
        if rest.get("occurred_at").is_none() {
            rest["occurred_at"] = self.now().into();
        }
        self.call(key, "POST", "/v1/facts", rest).await.ok()
    }

    /// The tenant owes 612.50 euro.
    pub async fn owes(&self, key: &str, tenant: &str, id: &str) -> Value {
        self.fact(
            key,
            id,
            json!({ "type": "balance", "tenant_id": tenant, "amount_cents": 61_250 }),
        )
        .await
    }

    /// The invoice was paid in full.
    pub async fn pays(&self, key: &str, tenant: &str, invoice: &str) -> Value {
        let body = json!({
            "type": "payment", "tenant_id": tenant, "amount_cents": 61_250, "subject": { "kind": "invoice", "id": invoice }
        });
        self.fact(key, &format!("payment-{invoice}"), body).await
    }

    /// Every outcome of a corporation since `cursor`, and the next cursor.
    pub async fn outcomes(&self, key: &str, cursor: &str) -> (Vec<Value>, String) {
        let after = if cursor.is_empty() {
            String::new()
        } else {
            format!("?after={cursor}")
        };
        let mut rows = self.ask(key, &format!("/v1/outcomes{after}")).await.rows();
        let last = rows.pop().expect("a cursor");
        (rows, last["cursor"].as_str().expect("a cursor").to_owned())
    }

    /// A storno mail that left; the id of its notification.
    pub async fn mailed_storno(
        &self,
        key: &str,
        tenant: &str,
        address: &str,
        invoice: &str,
    ) -> String {
        let mut profile = reached_by("email", address);
        profile["addresses"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "channel": "sms", "value": "+31612345678" }));
        self.put_tenant(key, tenant, profile).await;
        self.owes(key, tenant, &format!("balance-{tenant}-{invoice}"))
            .await;
        let id = self
            .accepted(
                key,
                storno(tenant, invoice, &format!("key-{tenant}-{invoice}")),
            )
            .await;
        self.settled().await;
        id
    }

    /// The newest mail to an address, as text.
    pub fn mail_to(&self, address: &str) -> Option<String> {
        let kept = self.sinks.core.book().kept();
        let mail = kept
            .iter()
            .rev()
            .find(|kept| kept.channel == Channel::Email && kept.to == address)?;
        // Quoted-printable folds lines and writes `=` as `=3D`.
        Some(
            String::from_utf8_lossy(&mail.raw)
                .replace("=\r\n", "")
                .replace("=3D", "="),
        )
    }

    /// How many SMS the provider took.
    pub fn sms(&self) -> u64 {
        self.sinks.core.book().taken(Channel::Sms)
    }

    /// Mails that the relay has taken.
    pub fn mails(&self) -> u64 {
        self.sinks.core.book().taken(Channel::Email)
    }

    /// The path of the link in the newest mail to an address.
    pub fn link_in_mail(&self, address: &str) -> String {
        let mail = self.mail_to(address).expect("a mail");
        let at = mail.find("/b/").expect("a link");
        let end = mail[at + 3..]
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .unwrap_or(46);
        mail[at..at + 3 + end].to_owned()
    }

    /// The next thing the world sends back, whenever it is due: the clock moves there.
    pub fn next_event(&self) -> Option<LaterEvent> {
        let (at, event) = self.sinks.world.pop_due(i64::MAX)?;
        use sluis_model::Clock as _;
        self.clock
            .set(sluis_model::Timestamp(at.max(self.clock.now().0)));
        Some(event)
    }

    /// Delivers an event of the world as it comes, with the corporation's key where a mail server
    /// would have one.
    pub async fn deliver(&self, key: &str, event: &LaterEvent) -> Reply {
        match event {
            LaterEvent::Dsn { raw, .. } => {
                self.call(
                    key,
                    "POST",
                    "/v1/receipts/email",
                    Body::Bytes("message/rfc822", raw.clone()),
                )
                .await
            }
            LaterEvent::SmsCallback(callback) => {
                use sluis_model::Clock as _;
                let headers = callback.headers(self.clock.now().0);
                let headers: Vec<(&str, String)> = headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone()))
                    .collect();
                let (_, path) = callback.url.split_once("/v1/").expect("our own address");
                self.call_with("", "GET", &format!("/v1/{path}"), Body::Nothing, &headers)
                    .await
            }
            LaterEvent::Press(press) => {
                let (_, token) = press.url.split_once("/b/").expect("our own address");
                self.call("", "POST", &format!("/b/{token}"), Body::Nothing)
                    .await
            }
        }
    }
}
