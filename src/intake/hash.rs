//! Owns the two hashes that recognise a repeat: of the sender's key, and of what was asked. White space and the order of
//! keys in `data` do not matter; every value does. Both stand in the journal: how they are computed may never change.
//! Refuses nothing: whether the request is sound is `validate`'s work.

use blake3::Hasher;
use sluis_model::{CorporationId, NotificationRequest, Timestamp};

use super::node::Node;

/// First 64 bits of BLAKE3 over a canonical, length-prefixed form of a validated request, its key excepted. `data` is
/// what stands in the request.
pub(super) fn body_hash(request: &NotificationRequest, data: &Node) -> u64 {
    let mut form = Form::new(b"sluis notification 1");
    form.text(&request.tenant_id);
    form.text(&request.flow);
    form.text(&request.category);
    match &request.subject {
        None => form.byte(0),
        Some(subject) => {
            form.byte(1);
            form.text(&subject.kind);
            form.text(&subject.id);
        }
    }
    form.text(request.priority.name());
    form.text(request.environment.name());
    form.instant(request.send_after);
    form.instant(request.expires_at);
    form.json(data);
    form.first_64()
}

/// First 128 bits of BLAKE3 over the corporation and its key.
#[must_use]
pub fn key_hash(corporation: CorporationId, key: &str) -> u128 {
    let mut form = Form::new(b"sluis key 1");
    form.0.update(&corporation.0.to_be_bytes());
    form.text(key);
    form.first_128()
}

/// A canonical form while it is being hashed.
pub(super) struct Form(Hasher);

impl Form {
    pub(super) fn new(purpose: &[u8]) -> Self {
        let mut form = Self(Hasher::new());
        form.bytes(purpose);
        form
    }

    fn byte(&mut self, byte: u8) {
        self.0.update(&[byte]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn instant(&mut self, at: Option<Timestamp>) {
        self.integer(at.map(|at| at.0));
    }

    pub(super) fn integer(&mut self, number: Option<i64>) {
        match number {
            None => self.byte(0),
            Some(number) => {
                self.byte(1);
                self.0.update(&number.to_be_bytes());
            }
        }
    }

    /// Each value with its type; objects by key. The depth is bounded by the parser that made `value`.
    fn json(&mut self, value: &Node) {
        match value {
            Node::Null => self.byte(b'0'),
            Node::Boolean(false) => self.byte(b'f'),
            Node::Boolean(true) => self.byte(b't'),
            Node::Integer(number) => {
                self.byte(b'n');
                self.text(&number.to_string());
            }
            Node::Number(number) => {
                self.byte(b'n');
                self.text(&number.to_string());
            }
            Node::Text(text) => {
                self.byte(b's');
                self.text(text);
            }
            Node::List(values) => {
                self.byte(b'l');
                self.integer(i64::try_from(values.len()).ok());
                values.iter().for_each(|value| self.json(value));
            }
            Node::Object(fields) => {
                let mut fields: Vec<&(String, Node)> = fields.iter().collect();
                fields.sort_by_key(|(key, _)| key);
                self.byte(b'o');
                self.integer(i64::try_from(fields.len()).ok());
                for (key, value) in fields {
                    self.text(key);
                    self.json(value);
                }
            }
        }
    }

    pub(super) fn first_64(&self) -> u64 {
        (self.first_128() >> 64) as u64
    }

    fn first_128(&self) -> u128 {
        let mut first = [0; 16];
        first.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        u128::from_be_bytes(first)
    }
}
