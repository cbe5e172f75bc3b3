//! API keys: made, hashed, presented, replaced.

use sluis_model::CorporationId;

use super::super::{ApiKey, KeyHash, KeyProblem, KeyRing};
use super::{KEYED, config};

#[test]
fn a_key_is_256_random_bits_with_a_prefix() {
    let (one, other) = (ApiKey::fresh().unwrap(), ApiKey::fresh().unwrap());
    assert_ne!(one.reveal(), other.reveal());
    let text = one.reveal().strip_prefix("slk_").unwrap();
    assert_eq!(
        data_encoding::BASE64URL_NOPAD
            .decode(text.as_bytes())
            .unwrap()
            .len(),
        32
    );
}

#[test]
fn a_hash_is_64_hex_digits() {
    let hash = KeyHash::of("abc");
    assert_eq!(
        hash.to_string(),
        "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    );
    assert_eq!(hash.to_string().to_uppercase().parse(), Ok(hash));
    for text in ["", "abc", &"g".repeat(64), &"a".repeat(66)] {
        assert_eq!(text.parse::<KeyHash>(), Err(KeyProblem::NoHash), "{text}");
    }
}

#[test]
fn a_ring_knows_whose_key_it_is_until_it_is_replaced() {
    let (one, other) = (ApiKey::fresh().unwrap(), ApiKey::fresh().unwrap());
    let ring = KeyRing::new([
        (one.hash(), CorporationId(1)),
        (other.hash(), CorporationId(u16::MAX)),
    ]);
    assert_eq!(ring.corporation(one.reveal()), Some(CorporationId(1)));
    assert_eq!(
        ring.corporation(other.reveal()),
        Some(CorporationId(u16::MAX))
    );
    for wrong in ["", "slk_", &one.reveal()[..46], &one.hash().to_string()] {
        assert_eq!(ring.corporation(wrong), None);
    }
    ring.replace([(other.hash(), CorporationId(0))]);
    assert_eq!(
        (
            ring.corporation(one.reveal()),
            ring.corporation(other.reveal())
        ),
        (None, Some(CorporationId(0)))
    );
    assert_eq!(
        (ring.len(), ring.is_empty(), KeyRing::default().is_empty()),
        (1, false, true)
    );
}

#[test]
fn the_configuration_names_keys() {
    let operator = KeyHash::of("operator");
    let config = config(&format!(
        "http.operator_key_hashes = [\"{operator}\"]\n{KEYED}"
    ));
    let hash: KeyHash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
        .parse()
        .unwrap();
    assert_eq!(
        config.keys().collect::<Vec<_>>(),
        [(hash, CorporationId(7))]
    );
    assert_eq!(
        config.operator_keys().collect::<Vec<_>>(),
        [(operator, CorporationId(0))]
    );
}
