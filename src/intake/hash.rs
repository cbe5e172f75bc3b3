//! Owns the two hashes that recognise a repeat: of the sender's key, and of what was asked. White space and the order of
//! keys in `data` do not matter; every value does. Both stand in the journal: how they are computed may never change.
//! Keys of different senders must never meet, so they get a cryptographic hash; two bodies under one key of one sender are
//! told apart by a fast one: whoever made them collide would deceive nobody but himself.
//! Refuses nothing: whether the request is sound is `validate`'s work.

use sluis_model::{CorporationId, NotificationRequest, Timestamp};
use twox_hash::XxHash3_64;

use super::node::Node;

/// XXH3 of 64 bits over a canonical, length-prefixed form of a validated request, its key excepted. `data` is
/// what stands in the request.
pub(super) fn body_hash(request: &NotificationRequest, data: &Node) -> u64 {
    let mut form = Form::new(b"sluis notification 2");
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
    form.fast_hash()
}

/// Bytes of most forms: a notification of a kilobyte fits.
const USUAL: usize = 2_048;

/// First 128 bits of BLAKE3 over the corporation and its key.
#[must_use]
pub fn key_hash(corporation: CorporationId, key: &str) -> u128 {
    let mut form = Form::new(b"sluis key 1");
    form.0.extend_from_slice(&corporation.0.to_be_bytes());
    form.text(key);
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(&form.0).as_bytes()[..16]);
    u128::from_be_bytes(first)
}

/// A canonical form while it is being written.
pub(super) struct Form(Vec<u8>);

impl Form {
    pub(super) fn new(purpose: &[u8]) -> Self {
        let mut form = Self(Vec::with_capacity(USUAL));
        form.bytes(purpose);
        form
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
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
                self.0.extend_from_slice(&number.to_be_bytes());
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

    pub(super) fn fast_hash(&self) -> u64 {
        XxHash3_64::oneshot(&self.0)
    }
}
