//! Owns time stamps of volumes after RFC 3161: the request about a manifest, and the check of an answer.
//! The imprint is the SHA-256 of the manifest's bytes, so that every tool that knows RFC 3161 checks a
//! stamp with the two files alone. Refuses to vouch for the signature: who trusts which authority is not
//! known here.

use asn1_rs::{Any, Class, FromBer, Oid, Tag};
use sha2::{Digest, Sha256};

/// Bytes of an imprint.
pub const IMPRINT_BYTES: usize = 32;

/// `SEQUENCE { version 1, SEQUENCE { SEQUENCE { sha256, NULL }, OCTET STRING (32) } }`, up to the imprint:
/// RFC 3161, section 2.4.1.
const BEFORE_IMPRINT: [u8; 24] = [
    0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
/// `INTEGER` of eight bytes: the nonce follows.
const BEFORE_NONCE: [u8; 2] = [0x02, 0x08];
/// `certReq TRUE`: the stamp is to be checked without asking anybody for the certificate.
const WITH_CERTIFICATE: [u8; 3] = [0x01, 0x01, 0xff];

/// The only bits of a nonce that are not free: it has eight bytes, and is positive.
const NONCE_BIT: u64 = 1 << 62;

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// `granted` and `grantedWithMods`: RFC 3161, section 2.4.2.
const GRANTED: [u8; 2] = [0, 1];

/// What an authority says of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When it saw the manifest, in milliseconds since 1970.
    pub at: i64,
    /// The number that it gave the stamp, in hex digits.
    pub serial: String,
}

/// Why an answer is no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// It has another form than RFC 3161 describes.
    #[error("it is no time stamp: {0}")]
    Form(&'static str),
    /// The authority does not want to.
    #[error(
        "the authority refuses, status {0}: see RFC 3161, section 2.4.2, and its conditions of use"
    )]
    Refused(u8),
    /// It is about other bytes.
    #[error("it is the time stamp of something else")]
    OtherImprint,
    /// It answers another request.
    #[error("it answers another request: its nonce is not ours")]
    OtherNonce,
}

use StampError::Form;

/// What is stamped of a manifest.
#[must_use]
pub fn imprint(manifest: &[u8]) -> [u8; IMPRINT_BYTES] {
    Sha256::digest(manifest).into()
}

/// The nonce that a request has for these random bits.
#[must_use]
pub const fn nonce(random: u64) -> u64 {
    (random >> 2) | NONCE_BIT
}

/// The request for a stamp, in DER: `TimeStampReq` of RFC 3161. `nonce`: from [`nonce`].
#[must_use]
pub fn request(imprint: &[u8; IMPRINT_BYTES], nonce: u64) -> Vec<u8> {
    let nonce = nonce.to_be_bytes();
    let parts: [&[u8]; 5] = [
        &BEFORE_IMPRINT,
        imprint,
        &BEFORE_NONCE,
        &nonce,
        &WITH_CERTIFICATE,
    ];
    parts.concat()
}

/// Holds an answer (`TimeStampResp` of RFC 3161) against the request. `nonce`: none when it is not known
/// any more.
///
/// # Errors
/// See [`StampError`].
pub fn check(
    answer: &[u8],
    imprint: &[u8; IMPRINT_BYTES],
    nonce: Option<u64>,
) -> Result<Stamp, StampError> {
    let mut answer = Parts::whole(answer, "it is no TimeStampResp")?;
    let status = answer.next(Tag::Sequence, "it has no status")?;
    let status = Parts(status.data).next(Tag::Integer, "it has no status")?;
    let [status] = status.data else {
        return Err(Form("its status is too long"));
    };
    if !GRANTED.contains(status) {
        return Err(StampError::Refused(*status));
    }
    let content = answer.next(Tag::Sequence, "it has no token")?;
    let info = signed(content.data)?;
    read(info, imprint, nonce)
}

/// What was signed: the `TSTInfo` in the `SignedData` in the `ContentInfo` (RFC 5652).
fn signed(content: &[u8]) -> Result<&[u8], StampError> {
    let mut content = Parts(content);
    content.kind(SIGNED_DATA, "its token is not signed")?;
    let data = content.tagged("its token is empty")?;
    let mut data = Parts::whole(data, "its token is empty")?;
    data.next(Tag::Integer, "its token has no version")?;
    data.next(Tag::Set, "its token names no digest")?;
    let inner = data.next(Tag::Sequence, "its token is about nothing")?;
    let mut inner = Parts(inner.data);
    inner.kind(TST_INFO, "what it signs is no TSTInfo")?;
    let octets = inner.tagged("its token is about nothing")?;
    let octets = Parts(octets).next(Tag::OctetString, "its token is about nothing")?;
    Ok(octets.data)
}

/// The `TSTInfo` itself.
fn read(
    info: &[u8],
    imprint: &[u8; IMPRINT_BYTES],
    nonce: Option<u64>,
) -> Result<Stamp, StampError> {
    let mut info = Parts::whole(info, "its TSTInfo is no sequence")?;
    info.next(Tag::Integer, "its TSTInfo has no version")?;
    info.next(Tag::Oid, "its TSTInfo has no policy")?;
    let stamped = info.next(Tag::Sequence, "its TSTInfo has no imprint")?;
    let mut stamped = Parts(stamped.data);
    let algorithm = stamped.next(Tag::Sequence, "its imprint has no algorithm")?;
    let is_ours = Parts(algorithm.data).kind(SHA256, "").is_ok();
    let hash = stamped.next(Tag::OctetString, "its imprint has no hash")?;
    if !is_ours || hash.data != imprint {
        return Err(StampError::OtherImprint);
    }
    let serial = info.next(Tag::Integer, "its TSTInfo has no serial number")?;
    let time = info.next(Tag::GeneralizedTime, "its TSTInfo has no time")?;
    let at = millis(time.data).ok_or(Form("its time cannot be read"))?;
    if let Some(nonce) = nonce {
        // Accuracy and ordering may stand before it; they are no integers.
        let mut integers = info.filter(|part| part.tag() == Tag::Integer);
        let theirs = integers.next();
        if theirs.is_none_or(|theirs| theirs.data != nonce.to_be_bytes()) {
            return Err(StampError::OtherNonce);
        }
    }
    let hex = serial.data.iter().map(|byte| format!("{byte:02x}"));
    Ok(Stamp {
        at,
        serial: hex.collect(),
    })
}

/// `20260301120000Z`, or with a fraction of a second: RFC 3161 allows one, DER alone would not.
fn millis(time: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(time).ok()?;
    let parsed = jiff::fmt::strtime::parse("%Y%m%d%H%M%S%.fZ", text).ok()?;
    let time = parsed.to_datetime().ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// The parts of something in BER, one after the other. It ends at the first that cannot be read.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// Those of the one sequence that the bytes are.
    fn whole(bytes: &'a [u8], otherwise: &'static str) -> Result<Self, StampError> {
        let sequence = Self(bytes).next(Tag::Sequence, otherwise)?;
        Ok(Self(sequence.data))
    }

    fn next(&mut self, tag: Tag, otherwise: &'static str) -> Result<Any<'a>, StampError> {
        let part = Iterator::next(self).ok_or(Form(otherwise))?;
        let is_one = part.class() == Class::Universal && part.tag() == tag;
        is_one.then_some(part).ok_or(Form(otherwise))
    }

    /// What has the tag `[0]` around it.
    fn tagged(&mut self, otherwise: &'static str) -> Result<&'a [u8], StampError> {
        let part = Iterator::next(self).ok_or(Form(otherwise))?;
        let is_one = part.class() == Class::ContextSpecific && part.tag() == Tag(0);
        is_one.then_some(part.data).ok_or(Form(otherwise))
    }

    /// The name of a kind, which must be this one.
    fn kind(&mut self, expected: &str, otherwise: &'static str) -> Result<(), StampError> {
        let part = self.next(Tag::Oid, otherwise)?;
        let kind = Oid::new(part.data.into()).to_id_string();
        (kind == expected).then_some(()).ok_or(Form(otherwise))
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Any<'a>;

    fn next(&mut self) -> Option<Any<'a>> {
        let (rest, part) = Any::from_ber(self.0).ok()?;
        self.0 = rest;
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_sequence_with_the_imprint_and_a_positive_nonce() {
        for random in [0, 1, u64::MAX] {
            let request = request(&[7; IMPRINT_BYTES], nonce(random));
            let (rest, whole) = Any::from_ber(&request).unwrap();
            assert_eq!((rest.len(), whole.tag()), (0, Tag::Sequence));
            let parts: Vec<Any<'_>> = Parts(whole.data).collect();
            assert_eq!(parts.len(), 4);
            assert_eq!(parts[2].data.len(), 8);
            assert!(
                (1..0x80).contains(&parts[2].data[0]),
                "positive, no zero before it"
            );
        }
    }

    #[test]
    fn times_have_a_fraction_or_none() {
        assert_eq!(millis(b"20260301120000Z"), Some(1_772_366_400_000));
        assert_eq!(millis(b"20260301120000.25Z"), Some(1_772_366_400_250));
        for wrong in [&b"20260301120000"[..], b"yesterday", b"", b"\xff"] {
            assert_eq!(millis(wrong), None);
        }
    }

    #[test]
    fn garbage_is_no_stamp_wherever_it_breaks_off() {
        let imprint = [0; IMPRINT_BYTES];
        for garbage in [
            &b""[..],
            b"<html>",
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0; 64],
        ] {
            let error = check(garbage, &imprint, None).unwrap_err();
            assert!(matches!(error, Form(_)), "{error}");
        }
    }

    #[test]
    fn a_refusal_is_told_with_its_status() {
        // SEQUENCE { SEQUENCE { INTEGER 2 } }
        let refusal = [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02];
        let error = check(&refusal, &[0; IMPRINT_BYTES], None);
        assert_eq!(error, Err(StampError::Refused(2)));
    }
}
