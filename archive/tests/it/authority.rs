//! Answers of an authority that stamps the time (RFC 3161), without a signature: whoever checks one here
//! does not look at it. Other crates' tests use them too.

/// When the authority says that it is: 2026-03-01T12:00:00.500Z.
pub(super) const AT: i64 = 1_772_366_400_500;

const SHA256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TST_INFO: [u8; 11] = [
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
];

/// Something in DER: its tag, its length, its parts.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    bytes.extend(content);
    bytes
}

/// The answer to a request.
pub(super) fn answer(request: &[u8]) -> Vec<u8> {
    stamp(&request[24..56], &request[58..66])
}

/// The stamp of this imprint, under this nonce.
pub(super) fn stamp(imprint: &[u8], nonce: &[u8]) -> Vec<u8> {
    let (sequence, set, integer, octets) = (0x30, 0x31, 0x02, 0x04);
    let oid = |oid: &[u8]| der(0x06, &[oid]);
    let algorithm = der(sequence, &[&oid(&SHA256), &[0x05, 0x00]]);
    let imprint = der(sequence, &[&algorithm, &der(octets, &[imprint])]);
    let accuracy = der(sequence, &[&der(integer, &[&[1]])]);
    let info = der(
        sequence,
        &[
            &der(integer, &[&[1]]),
            &oid(&[0x2a, 0x03, 0x04]),
            &imprint,
            &der(integer, &[&[0x01, 0x9f]]),
            &der(0x18, &[b"20260301120000.5Z"]),
            &accuracy,
            &der(0x01, &[&[0xff]]),
            &der(integer, &[nonce]),
        ],
    );
    let content = der(0xa0, &[&der(octets, &[&info])]);
    let inner = der(sequence, &[&oid(&TST_INFO), &content]);
    let data = der(
        sequence,
        &[
            &der(integer, &[&[3]]),
            &der(set, &[&algorithm]),
            &inner,
            &der(set, &[]),
        ],
    );
    let token = der(sequence, &[&oid(&SIGNED_DATA), &der(0xa0, &[&data])]);
    let status = der(sequence, &[&der(integer, &[&[0]])]);
    der(sequence, &[&status, &token])
}
