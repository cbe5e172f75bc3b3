//! Owns the references that leave the house and must find their way back: VERP addresses, provider
//! references, link tokens. Each carries what it refers to and a MAC bound to its purpose and
//! corporation (keyed BLAKE3), so that a forged or transplanted one is refused before anything is
//! looked up. Refuses to know where the secret comes from.

use data_encoding::{BASE32_NOPAD, Encoding};
use subtle::ConstantTimeEq;

use crate::ids::{AttemptRef, CorporationId, NotificationId};

/// Bytes of MAC in a reference to an attempt: 80 bits, online guessing only.
const ATTEMPT_MAC: usize = 10;
/// Bytes of MAC in a link token: 128 bits, because the token alone opens the page.
const LINK_MAC: usize = 16;

/// The engine's reference secret, 256 bits, made once per data directory.
#[derive(Clone)]
pub struct ReferenceKey([u8; 32]);

impl std::fmt::Debug for ReferenceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReferenceKey(..)")
    }
}

/// Of which messages a tenant may have enough. Each is a field of the type of facts `consent`, and the purpose
/// of the flows that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsubscribed {
    /// Newsletters.
    Newsletter = 0,
    /// Questions about what he thinks.
    Survey = 1,
}

impl Unsubscribed {
    const ALL: [Self; 2] = [Self::Newsletter, Self::Survey];

    /// As the field and the purpose are called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newsletter => "newsletter",
            Self::Survey => "survey",
        }
    }

    /// Of a purpose; none: nobody unsubscribes from its messages.
    #[must_use]
    pub fn named(purpose: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == purpose)
    }

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|known| *known as u8 == number)
    }
}

/// The text is not a reference of ours: too short, wrong alphabet, or its MAC does not fit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reference made by this engine")]
pub struct ForgedReference;

impl ReferenceKey {
    /// A key from 32 secret bytes.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The reference of an attempt, for `Message-ID`, the VERP local part and the provider's
    /// reference field: 50 characters of lower-case base32, as mail systems may fold case. Carries
    /// its corporation.
    #[must_use]
    pub fn attempt(&self, corporation: CorporationId, attempt: AttemptRef) -> String {
        let mut bytes = Vec::with_capacity(21 + ATTEMPT_MAC);
        bytes.extend_from_slice(&corporation.0.to_be_bytes());
        bytes.extend_from_slice(&attempt.to_bytes());
        let mac = self.mac("attempt", &bytes);
        bytes.extend_from_slice(&mac[..ATTEMPT_MAC]);
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    /// Reads a reference made by [`ReferenceKey::attempt`], in any case.
    ///
    /// # Errors
    /// [`ForgedReference`] when it is not ours.
    pub fn open_attempt(&self, text: &str) -> Result<(CorporationId, AttemptRef), ForgedReference> {
        let bytes = self.open(
            "attempt",
            &BASE32_NOPAD,
            &text.to_ascii_uppercase(),
            21,
            ATTEMPT_MAC,
        )?;
        let mut attempt = [0; 19];
        attempt.copy_from_slice(&bytes[2..21]);
        Ok((
            CorporationId(u16::from_be_bytes([bytes[0], bytes[1]])),
            AttemptRef::from_bytes(&attempt),
        ))
    }

    /// The token of the link of a notification: 46 characters of URL-safe base64.
    #[must_use]
    pub fn link(&self, corporation: CorporationId, id: NotificationId) -> String {
        let mut bytes = Vec::with_capacity(18 + LINK_MAC);
        bytes.extend_from_slice(&corporation.0.to_be_bytes());
        bytes.extend_from_slice(&id.0.to_be_bytes());
        let mac = self.mac("link", &bytes);
        bytes.extend_from_slice(&mac[..LINK_MAC]);
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a token made by [`ReferenceKey::link`].
    ///
    /// # Errors
    /// [`ForgedReference`] when it is not ours.
    pub fn open_link(
        &self,
        text: &str,
    ) -> Result<(CorporationId, NotificationId), ForgedReference> {
        let bytes = self.open("link", &data_encoding::BASE64URL_NOPAD, text, 18, LINK_MAC)?;
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[2..18]);
        Ok((
            CorporationId(u16::from_be_bytes([bytes[0], bytes[1]])),
            NotificationId(u128::from_be_bytes(id)),
        ))
    }

    /// The token of the link by which a tenant says that he wants no more messages of a purpose. It names him
    /// and not a notification, so it works for as long as the engine has its key. The same for the same
    /// tenant and purpose; nobody else can read his number in it.
    #[must_use]
    pub fn unsubscribe(
        &self,
        corporation: CorporationId,
        purpose: Unsubscribed,
        tenant: &str,
    ) -> String {
        let mut plain = vec![purpose as u8];
        plain.extend_from_slice(&corporation.0.to_be_bytes());
        plain.extend_from_slice(tenant.as_bytes());
        let mac = self.mac("unsubscribe", &plain);
        let mut bytes = mac[..LINK_MAC].to_vec();
        let stream = self.keystream(CorporationId(0), &bytes, plain.len());
        bytes.extend(stream.iter().zip(&plain).map(|(key, byte)| key ^ byte));
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a token made by [`ReferenceKey::unsubscribe`].
    ///
    /// # Errors
    /// [`ForgedReference`] when it is not ours.
    pub fn open_unsubscribe(
        &self,
        text: &str,
    ) -> Result<(CorporationId, Unsubscribed, Box<str>), ForgedReference> {
        let bytes = data_encoding::BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| ForgedReference)?;
        let (mac, body) = bytes.split_at_checked(LINK_MAC).ok_or(ForgedReference)?;
        let stream = self.keystream(CorporationId(0), mac, body.len());
        let plain: Vec<u8> = stream
            .iter()
            .zip(body)
            .map(|(key, byte)| key ^ byte)
            .collect();
        if !bool::from(self.mac("unsubscribe", &plain)[..LINK_MAC].ct_eq(mac)) {
            return Err(ForgedReference);
        }
        let [purpose, high, low, tenant @ ..] = &*plain else {
            return Err(ForgedReference);
        };
        let purpose = Unsubscribed::of(*purpose).ok_or(ForgedReference)?;
        let tenant = std::str::from_utf8(tenant).map_err(|_| ForgedReference)?;
        let corporation = CorporationId(u16::from_be_bytes([*high, *low]));
        Ok((corporation, purpose, tenant.into()))
    }

    /// Hides where in its shard a notification was accepted: sequences would tell one corporation
    /// how much the others send. The same id, purpose and sequence always give the same number;
    /// numbers of two purposes cannot be compared.
    #[must_use]
    pub fn mask_position(&self, id: NotificationId, of: &str, sequence: u64) -> u64 {
        let mac = self.mac(of, &id.0.to_be_bytes());
        let mut mask = [0; 8];
        mask.copy_from_slice(&mac[..8]);
        sequence ^ u64::from_be_bytes(mask)
    }

    /// Text that only this engine can read, for one corporation: the cursor of a feed. `nonce` must
    /// not repeat.
    #[must_use]
    pub fn encrypt(&self, corporation: CorporationId, nonce: u64, plain: &[u8]) -> String {
        let mut bytes = nonce.to_be_bytes().to_vec();
        bytes.extend(
            self.keystream(corporation, &bytes, plain.len())
                .iter()
                .zip(plain)
                .map(|(key, byte)| key ^ byte),
        );
        let mac = self.mac_for("seal", corporation, &bytes);
        bytes.extend_from_slice(&mac[..LINK_MAC]);
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads what [`ReferenceKey::encrypt`] made for the same corporation.
    ///
    /// # Errors
    /// [`ForgedReference`] when it is not ours, or another corporation's.
    pub fn decrypt(
        &self,
        corporation: CorporationId,
        text: &str,
    ) -> Result<Vec<u8>, ForgedReference> {
        let bytes = data_encoding::BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| ForgedReference)?;
        let (encrypted, mac) = bytes
            .split_at_checked(bytes.len().saturating_sub(LINK_MAC))
            .ok_or(ForgedReference)?;
        let (nonce, body) = encrypted.split_at_checked(8).ok_or(ForgedReference)?;
        if !bool::from(self.mac_for("seal", corporation, encrypted)[..LINK_MAC].ct_eq(mac)) {
            return Err(ForgedReference);
        }
        Ok(self
            .keystream(corporation, nonce, body.len())
            .iter()
            .zip(body)
            .map(|(key, byte)| key ^ byte)
            .collect())
    }

    fn keystream(&self, corporation: CorporationId, nonce: &[u8], length: usize) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher
            .update(b"keystream\0")
            .update(&corporation.0.to_be_bytes())
            .update(nonce);
        let mut stream = vec![0; length];
        hasher.finalize_xof().fill(&mut stream);
        stream
    }

    fn mac_for(&self, purpose: &str, corporation: CorporationId, bytes: &[u8]) -> [u8; 32] {
        self.mac(purpose, &[&corporation.0.to_be_bytes(), bytes].concat())
    }

    fn open(
        &self,
        purpose: &str,
        alphabet: &Encoding,
        text: &str,
        body: usize,
        mac: usize,
    ) -> Result<Vec<u8>, ForgedReference> {
        let bytes = alphabet
            .decode(text.as_bytes())
            .map_err(|_| ForgedReference)?;
        if bytes.len() != body + mac {
            return Err(ForgedReference);
        }
        let expected = self.mac(purpose, &bytes[..body]);
        if bool::from(expected[..mac].ct_eq(&bytes[body..])) {
            Ok(bytes)
        } else {
            Err(ForgedReference)
        }
    }

    fn mac(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(purpose.as_bytes());
        hasher.update(&[0]);
        hasher.update(bytes);
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> AttemptRef {
        AttemptRef {
            id: NotificationId(0x0003_0198_aaaa_bbbb_0123_4567_89ab_cdef),
            step: 1,
            attempt: 2,
        }
    }

    #[test]
    fn references_come_back_in_any_case_and_fit_a_local_part() {
        let key = ReferenceKey::new([7; 32]);
        let text = key.attempt(CorporationId(3), attempt());
        assert_eq!(
            text.len(),
            50,
            "b+<reference> must fit the 64 octets of a local part (RFC 5321 4.5.3.1.1)"
        );
        assert_eq!(
            key.open_attempt(&text.to_uppercase()),
            Ok((CorporationId(3), attempt()))
        );
    }

    #[test]
    fn a_tenant_is_read_in_his_own_unsubscribe_link_and_in_no_other() {
        let key = ReferenceKey::new([7; 32]);
        let link = key.unsubscribe(CorporationId(3), Unsubscribed::Newsletter, "H-1001/é");
        assert_eq!(
            key.open_unsubscribe(&link),
            Ok((
                CorporationId(3),
                Unsubscribed::Newsletter,
                "H-1001/é".into()
            ))
        );
        let survey = key.unsubscribe(CorporationId(3), Unsubscribed::Survey, "H-1001/é");
        assert_ne!(survey[..20], link[..20]);
        for position in 0..link.len() {
            let mut forged = link.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(
                key.open_unsubscribe(&forged),
                Err(ForgedReference),
                "{forged}"
            );
        }
        for other in [
            "",
            "A",
            &link[..link.len() - 2],
            &key.link(CorporationId(3), attempt().id),
        ] {
            assert_eq!(key.open_unsubscribe(other), Err(ForgedReference), "{other}");
        }
        assert!(ReferenceKey::new([8; 32]).open_unsubscribe(&link).is_err());
    }

    #[test]
    fn a_sealed_text_opens_for_its_corporation_only() {
        let key = ReferenceKey::new([7; 32]);
        let encrypted = key.encrypt(CorporationId(3), 99, b"position 12");
        assert_eq!(
            key.decrypt(CorporationId(3), &encrypted),
            Ok(b"position 12".to_vec())
        );
        assert_eq!(
            key.decrypt(CorporationId(4), &encrypted),
            Err(ForgedReference)
        );
        assert_eq!(key.decrypt(CorporationId(3), ""), Err(ForgedReference));
        assert_eq!(
            key.decrypt(CorporationId(3), &encrypted[2..]),
            Err(ForgedReference)
        );
    }

    #[test]
    fn a_changed_character_a_foreign_key_and_another_purpose_are_refused() {
        let key = ReferenceKey::new([7; 32]);
        let link = key.link(CorporationId(3), attempt().id);
        assert_eq!(link.len(), 46);
        assert!(key.open_link(&link).is_ok());
        for position in 0..link.len() {
            let mut forged = link.clone().into_bytes();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(key.open_link(&forged), Err(ForgedReference), "{forged}");
        }
        assert_eq!(
            ReferenceKey::new([8; 32]).open_link(&link),
            Err(ForgedReference)
        );
        assert_eq!(key.open_attempt(&link), Err(ForgedReference));
    }
}
