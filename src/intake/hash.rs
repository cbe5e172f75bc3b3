//! Owns the two hashes that recognise a repeat: of the sender's key, and of what was asked. White
//! space and the order of keys in `data` do not matter; every value does. Both stand in the
//! journal: how they are computed may never change. Keys of different senders must never meet, so
//! they get a cryptographic hash; two bodies under one key of one sender are told apart by a fast
//! one: whoever made them collide would deceive nobody but himself. Refuses to judge whether the
//! request is sound: `validate` does.

use sluis_model::{CorporationId, NotificationRequest, Timestamp};
use twox_hash::XxHash3_64;

use super::node::{Node, Pair};

/// XXH3 of 64 bits over a canonical, length-prefixed form of a validated request, its key excepted.
/// `data` is what stands in the request.
pub(super) fn body_hash(request: &NotificationRequest, data: &Node<'_>) -> u64 {
    // A tenant and a household of one number are two.
    let mut form = match request.to_household {
        false => Form::new(b"sluis notification 2"),
        true => Form::new(b"sluis notification to household 1"),
    };
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
    form.put(&corporation.0.to_be_bytes());
    form.text(key);
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(form.written()).as_bytes()[..16]);
    u128::from_be_bytes(first)
}

/// A canonical form while it is being written. It lives for one hash, so it stands on the stack
/// until it outgrows the usual.
pub(super) struct Form {
    usual: [u8; USUAL],
    used: usize,
    /// All of it, once it has outgrown `usual`.
    large: Vec<u8>,
}

impl Form {
    pub(super) fn new(purpose: &[u8]) -> Self {
        let mut form = Self {
            usual: [0; USUAL],
            used: 0,
            large: Vec::new(),
        };
        form.bytes(purpose);
        form
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.used + bytes.len();
        match self
            .usual
            .get_mut(self.used..end)
            .filter(|_| self.large.is_empty())
        {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.used = end;
            }
            None => self.put_large(bytes),
        }
    }

    #[cold]
    fn put_large(&mut self, bytes: &[u8]) {
        if self.large.is_empty() {
            self.large.extend_from_slice(&self.usual[..self.used]);
        }
        self.large.extend_from_slice(bytes);
    }

    fn written(&self) -> &[u8] {
        if self.large.is_empty() {
            &self.usual[..self.used]
        } else {
            &self.large
        }
    }

    fn byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.put(&(bytes.len() as u64).to_be_bytes());
        self.put(bytes);
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
                self.put(&number.to_be_bytes());
            }
        }
    }

    /// Each value with its type; objects by key. The depth is bounded by the parser that made
    /// `value`.
    fn json(&mut self, value: &Node<'_>) {
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
                self.byte(b'o');
                self.integer(i64::try_from(fields.len()).ok());
                self.sorted(fields);
            }
        }
    }

    /// The pairs in the order of their keys, whatever order they came in.
    fn sorted(&mut self, fields: &[Pair<'_>]) {
        if fields.is_sorted_by_key(|(key, _)| key) {
            return self.pairs(fields.iter());
        }
        let mut fields: Vec<&Pair<'_>> = fields.iter().collect();
        fields.sort_by_key(|(key, _)| key);
        self.pairs(fields.into_iter());
    }

    fn pairs<'a>(&mut self, pairs: impl Iterator<Item = &'a Pair<'a>>) {
        for (key, value) in pairs {
            self.text(key);
            self.json(value);
        }
    }

    pub(super) fn fast_hash(&self) -> u64 {
        XxHash3_64::oneshot(self.written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_any_length_is_what_was_put_in() {
        for length in [
            0,
            1,
            USUAL - 20,
            USUAL - 12,
            USUAL - 11,
            USUAL - 10,
            USUAL,
            5 * USUAL,
        ] {
            let (mut form, text) = (Form::new(b"x"), "t".repeat(length));
            form.text(&text);
            form.byte(7);
            form.text("end");
            let number = |length: usize| (length as u64).to_be_bytes();
            let whole = [
                &number(1)[..],
                b"x",
                &number(length),
                text.as_bytes(),
                &[7],
                &number(3),
                b"end",
            ]
            .concat();
            assert_eq!(form.written(), whole, "{length}");
        }
    }
}
