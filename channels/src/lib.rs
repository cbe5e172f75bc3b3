//! Everything that speaks to a provider: a folder per channel, in it one per kind of provider
//! (`config`, `request`, `send`, `classify`), rendering, the rules for addresses, and the reading of
//! receipts (bounces, status callbacks). Refuses the journal, a tenant's state, a retry decision and
//! a clock read: a send gets all it needs in an [`Outgoing`], does one try and answers with a
//! [`Verdict`](sluis_model::Verdict).
//!
//! The table of kinds is here. How to add one: `docs/channels.md`.

pub mod address;
mod checks;
mod duration;
pub mod echo;
pub mod email;
mod kind;
pub mod machine;
pub mod null;
mod originator;
mod outgoing;
mod output;
mod pool;
mod problem;
mod provider;
mod receipt;
pub mod render;
mod secrets;
pub mod sms;
#[cfg(test)]
mod testing;
mod tls;
mod web;
mod words;

pub use duration::HumanDuration;
pub use email::bounce::{BounceError, read_bounce};
pub use kind::{ChannelError, Intake, Kind, KindRow, NoSuchKind, ReadSettings, Reason};
pub use originator::{Originator, OriginatorKey};
pub use outgoing::{Content, Outgoing};
pub use output::{Output, OutputSlot};
pub use pool::BUSY;
pub use problem::{Problem, Problems};
pub use provider::{Connections, LoadSign, Provider};
pub use receipt::{
    Callback, ProviderReceipt, ReceiptError, ReceiptFault, ReceiptProof, Unexplained,
};
pub use render::{Context, CorporationView, Form, RenderError, Templates, TenantView};
pub use secrets::SecretSource;

use std::collections::BTreeMap;

use sluis_model::Channel;

kind::kinds! {
    /// Any SMTP relay.
    Smtp = "smtp", email::SmtpConfig;
    /// Bird (formerly MessageBird), SMS REST API.
    BirdSms = "bird-sms", sms::BirdSmsConfig;
    /// Goes nowhere.
    Null = "null", null::NullConfig;
    /// A file for each message, in a directory.
    File = "file", echo::FileConfig;
    /// An address of the corporation's, which takes requests.
    Webhook = "webhook", machine::WebhookConfig;
}

/// The form of messages over each channel; one text where no kind serves the channel yet.
static FORMS: [Form; Channel::ALL.len()] = {
    let mut forms = [Form::Text; Channel::ALL.len()];
    let mut row = 0;
    while row < KINDS.len() {
        forms[KINDS[row].channel as usize] = KINDS[row].form;
        row += 1;
    }
    forms
};

/// The form of messages over a channel.
#[must_use]
pub fn form_of(channel: Channel) -> Form {
    FORMS[channel as usize]
}

/// The place with this name where receipts are posted that name no provider.
#[must_use]
pub fn intake(name: &str) -> Option<Intake> {
    intakes().find(|intake| intake.name == name)
}

/// The keys of `[corporation.sender]` that the channels read, by their names.
#[must_use]
pub fn originator_keys() -> BTreeMap<&'static str, &'static OriginatorKey> {
    let keys = KINDS.iter().flat_map(|row| row.originator);
    keys.map(|key| (key.name, key)).collect()
}

/// All places where receipts are posted that name no provider.
pub fn intakes() -> impl Iterator<Item = Intake> {
    KINDS.iter().filter_map(|row| row.intake)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_a_channel_agree_and_no_name_is_given_twice() {
        let (mut names, mut owners) = (BTreeMap::new(), BTreeMap::new());
        for row in KINDS {
            assert_eq!(form_of(row.channel), row.form, "{}", row.name);
            for key in row.originator {
                let known = owners.entry(key.name).or_insert(row.channel);
                assert_eq!(*known, row.channel, "{} is of two channels", key.name);
            }
            assert!(
                names.insert(row.name, row.channel).is_none(),
                "{}",
                row.name
            );
        }
        let mut places = BTreeMap::new();
        for intake in intakes() {
            assert!(!names.contains_key(intake.name), "{intake:?}");
            assert!(places.insert(intake.name, ()).is_none(), "{intake:?}");
        }
    }
}
