//! Finds the notification a message at a sink belongs to, from the reference it carries
//! (`Message-ID`, VERP address, the SMS `reference`). Refuses to check the MAC: the ledger has no
//! secret, and a forged reference would show as a message nobody accepted.

use sluis_model::NotificationId;

use crate::sink::{Row, attempt_of};

/// The id of the notification, if the row carries one anywhere.
#[must_use]
pub fn notification_of(row: &Row) -> Option<String> {
    let verp = row.from.split('@').next().unwrap_or_default();
    let message_id = row.id.split('@').next().unwrap_or_default();
    let headers = row.headers.values().map(String::as_str);
    let plain = [
        message_id,
        verp.rsplit('+').next().unwrap_or_default(),
        verp,
        row.provider_id.as_str(),
    ];
    headers.chain(plain).find_map(|text| {
        let text = text.trim_matches(['<', '>', ' ']);
        text.parse::<NotificationId>()
            .ok()
            .or_else(|| attempt_of(text).map(|attempt| attempt.id))
            .map(|id| id.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{Channel, Kind};
    use sluis_model::{AttemptRef, CorporationId, ReferenceKey, ShardId};

    #[test]
    fn every_place_a_reference_travels_in() {
        let id = NotificationId::new(ShardId(3), 1_767_225_600_000, 42);
        let key = ReferenceKey::new([7; 32]);
        let reference = key.attempt(
            CorporationId(1),
            AttemptRef {
                id,
                step: 0,
                attempt: 1,
            },
        );
        let row = |message_id: String, from: String| Row {
            channel: Channel::Email,
            kind: Kind::Accepted,
            id: message_id,
            to: "a@x.nl".into(),
            from,
            provider_id: String::new(),
            headers: std::collections::BTreeMap::new(),
            size: 1,
            seen: 1,
            first_ms: 0,
            last_ms: 0,
        };
        let expected = Some(id.to_string());
        assert_eq!(
            notification_of(&row(format!("{reference}@x.nl"), "a@x.nl".into())),
            expected
        );
        assert_eq!(
            notification_of(&row(
                "x".into(),
                format!("b+{}@x.nl", reference.to_uppercase())
            )),
            expected
        );
        assert_eq!(notification_of(&row(reference, "Sluis".into())), expected);
        assert_eq!(
            notification_of(&row(id.to_string(), "Sluis".into())),
            expected
        );
        assert_eq!(
            notification_of(&row("m1@x.nl".into(), "a@x.nl".into())),
            None
        );
    }
}
