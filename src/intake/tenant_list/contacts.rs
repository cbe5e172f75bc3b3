//! Owns the columns of contact points: of which kind each is, what its mistakes are called by, and
//! whether the list says when it was checked. Refuses to read a value: `points` does.

use std::borrow::Cow;

use sluis_model::{Channel, ContactKind};

/// A column that holds a contact point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    Email,
    Mobile,
    Phone,
    Whatsapp,
    Postal,
    Portal,
    Messenger,
    Push,
}

/// What one row has in a column of contact points.
#[derive(Clone, Debug, Default)]
pub(super) struct ContactCell<'a> {
    pub value: Cow<'a, str>,
    /// When the source checked it, as it is written.
    pub confirmed: Cow<'a, str>,
}

impl Contact {
    /// In the order in which a tenant has them: a mobile number goes before one that may be fixed.
    pub(super) const ALL: [Self; 8] = [
        Self::Email,
        Self::Mobile,
        Self::Phone,
        Self::Whatsapp,
        Self::Postal,
        Self::Portal,
        Self::Messenger,
        Self::Push,
    ];

    pub(super) const fn kind(self) -> ContactKind {
        match self {
            Self::Email => ContactKind::Email,
            Self::Mobile | Self::Phone | Self::Whatsapp => ContactKind::Phone,
            Self::Postal => ContactKind::Postal,
            Self::Portal => ContactKind::Portal,
            Self::Messenger => ContactKind::Messenger,
            Self::Push => ContactKind::Push,
        }
    }

    /// The channel that a value must be good for: a number for messages has to be a mobile one.
    pub(super) const fn reads_for(self) -> Option<Channel> {
        match self {
            Self::Mobile => Some(Channel::Sms),
            Self::Whatsapp => Some(Channel::Whatsapp),
            Self::Email
            | Self::Phone
            | Self::Postal
            | Self::Portal
            | Self::Messenger
            | Self::Push => None,
        }
    }

    /// The channel for which it goes before others of its kind.
    pub(super) const fn given_for(self) -> Option<Channel> {
        match self {
            Self::Whatsapp => Some(Channel::Whatsapp),
            Self::Email
            | Self::Mobile
            | Self::Phone
            | Self::Postal
            | Self::Portal
            | Self::Messenger
            | Self::Push => None,
        }
    }

    /// What the column is called where something is wrong in it.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Mobile => "mobile",
            Self::Phone => "phone",
            Self::Whatsapp => "whatsapp",
            Self::Postal => "postal",
            Self::Portal => "portal",
            Self::Messenger => "messenger",
            Self::Push => "push",
        }
    }

    /// What the column with the date of its check is called.
    pub(super) const fn date_path(self) -> &'static str {
        match self {
            Self::Email => "email_confirmed_at",
            Self::Mobile => "mobile_confirmed_at",
            Self::Phone => "phone_confirmed_at",
            Self::Whatsapp => "whatsapp_confirmed_at",
            Self::Postal => "postal_confirmed_at",
            Self::Portal => "portal_confirmed_at",
            Self::Messenger => "messenger_confirmed_at",
            Self::Push => "push_confirmed_at",
        }
    }
}
