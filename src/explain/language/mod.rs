//! Owns the two languages of explanations, and every sentence of theirs, as data: each is written once, in
//! both languages side by side, and does not compile without one of them. Refuses to know what a
//! sentence is said of: the modules beside it do.

mod causes;
mod channels;
mod course;
mod heads;
mod rows;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use sluis_model::flow::{Go, HoldingKind};
use sluis_model::{
    Channel, ContactKind, Evidence, FactKind, Flow, PointSource, ReceiptKind, Role, SECOND, Stay,
    Timestamp,
};

/// A language in which the engine explains itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, as the rest of the API.
    #[default]
    English,
    /// Dutch.
    Dutch,
}

/// Sentences: a name, what is filled in, and both languages. Each becomes a method of [`Language`].
macro_rules! sentences {
    ($($name:ident($($part:ident),*) { $en:literal, $nl:literal })+) => {
        impl $crate::explain::language::Language {
            $(pub(crate) fn $name(self $(, $part: impl std::fmt::Display)*) -> String {
                match self {
                    Self::English => format!($en),
                    Self::Dutch => format!($nl),
                }
            })+
        }

        /// Every sentence of this part: its name, what is filled in, English, Dutch.
        #[cfg(test)]
        pub(super) const SENTENCES: &[(&str, &[&str], &str, &str)] =
            &[$((stringify!($name), &[$(stringify!($part)),*], $en, $nl)),+];
    };
}
use sentences;

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::English, Self::Dutch];

    /// Its code, as ISO 639-1 has it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Dutch => "nl",
        }
    }

    /// The one that a header `Accept-Language` prefers (RFC 9110, 12.5.4). None: it wants neither.
    #[must_use]
    pub fn liked(header: &str) -> Option<Self> {
        let ranges: Vec<(String, f32)> = header.split(',').filter_map(range).collect();
        let named = |wanted: &str| ranges.iter().position(|(tag, _)| tag == wanted);
        let weighed = Self::ALL.into_iter().filter_map(|language| {
            // What is not named is what "*" stands for.
            let place = named(language.code()).or_else(|| named("*"))?;
            let weight = ranges[place].1;
            (weight > 0.0).then_some((language, weight, place))
        });
        // Of equals the one that is named first.
        let best = weighed.reduce(|best, next| {
            let is_better = next.1 > best.1 || next.1 >= best.1 && next.2 < best.2;
            if is_better { next } else { best }
        });
        best.map(|(language, ..)| language)
    }

    /// An instant: in RFC 3339, or as a clock in the Netherlands shows it.
    pub(crate) fn instant(self, at: Timestamp) -> String {
        let Ok(instant) = jiff::Timestamp::from_millisecond(at.0) else {
            return self.never();
        };
        match self {
            Self::English => instant.to_string(),
            Self::Dutch => dutch_clock(instant).unwrap_or_else(|| instant.to_string()),
        }
    }

    /// A day by the clock in the Netherlands, with its name: `Tuesday 2026-12-01, 15:00`.
    pub(crate) fn weekday_clock(self, at: Timestamp) -> String {
        let instant = jiff::Timestamp::from_millisecond(at.0).ok();
        let local = instant.and_then(|instant| instant.in_tz("Europe/Amsterdam").ok());
        let Some(local) = local else {
            return self.instant(at);
        };
        match self {
            Self::English => local.strftime("%A %Y-%m-%d, %H:%M").to_string(),
            Self::Dutch => {
                let day = dutch_day(local.weekday());
                format!("{day} {}", local.strftime("%d-%m-%Y %H:%M"))
            }
        }
    }

    /// A length of time as a flow writes it: `36h`, `2 working days`.
    pub(crate) fn span(self, written: &str) -> String {
        if self == Self::English {
            return written.to_owned();
        }
        let digits = |c: char| c.is_ascii_digit();
        let unit = written.trim_start_matches(digits);
        let count = &written[..written.len() - unit.len()];
        let unit = match (unit.trim(), count) {
            ("d", "1") => "dag",
            ("d", _) => "dagen",
            ("h", _) => "uur",
            ("m", "1") => "minuut",
            ("m", _) => "minuten",
            ("s", "1") => "seconde",
            ("s", _) => "seconden",
            ("working day", _) => "werkdag",
            ("working days", _) => "werkdagen",
            (_, _) => return written.to_owned(),
        };
        format!("{count} {unit}")
    }

    /// A length of time, in its largest whole unit.
    pub(crate) fn duration(self, millis: i64) -> String {
        let units = [86_400 * SECOND, 3_600 * SECOND, 60 * SECOND, SECOND];
        let mut fitting = units.into_iter().enumerate();
        let fitting = fitting.find(|(_, unit)| millis >= *unit && millis % unit == 0);
        let Some((place, unit)) = fitting else {
            return self.milliseconds(millis);
        };
        match (place, millis / unit) {
            (0, 1) => self.day(),
            (0, days) => self.days(days),
            (1, 1) => self.hour(),
            (1, hours) => self.hours(hours),
            (2, 1) => self.minute(),
            (2, minutes) => self.minutes(minutes),
            (_, 1) => self.second(),
            (_, seconds) => self.seconds(seconds),
        }
    }

    /// One after the other, "and" between them.
    pub(crate) fn all_of(self, words: &[String]) -> String {
        let mut words = words.iter();
        let first = words.next().cloned().unwrap_or_default();
        words.fold(first, |before, word| self.both(before, word))
    }

    /// The name of the step with this index.
    pub(crate) fn step(self, flow: Option<&Flow>, index: u8) -> String {
        let known = flow.and_then(|flow| flow.step(index));
        match known {
            Some(step) => self.step_named(&step.id),
            None => self.step_numbered(u16::from(index) + 1),
        }
    }

    /// Where a rule leads, after "goes".
    pub(crate) fn go(self, flow: &Flow, go: &Go) -> String {
        match go {
            Go::Step(index) => self.on_with(self.step(Some(flow), *index)),
            Go::End(end) => self.to_the_end(end),
            Go::Human(list) => self.to_people(list),
        }
    }

    /// A rule that can hold a notification.
    pub(crate) fn rule(self, kind: HoldingKind, name: &str) -> String {
        match kind {
            HoldingKind::Guard => self.guard_named(name),
            HoldingKind::Step => self.step_named(name),
        }
    }

    /// Where a part of a group stands, by the name of its state.
    pub(crate) fn part_is(self, state: &str) -> String {
        match (self, state) {
            (Self::English, _) => state.to_owned(),
            (Self::Dutch, "scheduled") => self.is_scheduled(),
            (Self::Dutch, "ready") => self.is_ready(),
            (Self::Dutch, "sending") => self.is_sending(),
            (Self::Dutch, "in_doubt") => self.is_in_doubt(),
            (Self::Dutch, "sent") => self.is_sent(),
            (Self::Dutch, "held") => self.is_held(),
            (Self::Dutch, "task") => self.is_with_people(),
            (Self::Dutch, "erased") => self.is_erased(),
            (Self::Dutch, "on_its_way") => self.is_on_its_way(),
            (Self::Dutch, "ended") => self.is_ended(),
            (Self::Dutch, other) => other.to_owned(),
        }
    }

    /// What a role in a household is called.
    pub(crate) fn role(self, role: Role) -> String {
        match role {
            Role::Tenant => self.role_tenant(),
            Role::JointTenant => self.role_joint_tenant(),
            Role::Resident => self.role_resident(),
            Role::Child => self.role_child(),
            Role::Parent => self.role_parent(),
            Role::Neighbour => self.role_neighbour(),
            Role::Contact => self.role_contact(),
            Role::Administrator => self.role_administrator(),
            Role::Guardian => self.role_guardian(),
            Role::Mentor => self.role_mentor(),
            Role::Agent => self.role_agent(),
        }
    }

    /// What a provider reported.
    pub(crate) fn receipt(self, kind: ReceiptKind) -> String {
        match kind {
            ReceiptKind::Accepted => self.receipt_accepted(),
            ReceiptKind::Delivered => self.receipt_delivered(),
            ReceiptKind::BouncedHard => self.receipt_bounced(),
            ReceiptKind::Delayed => self.receipt_delayed(),
            ReceiptKind::Failed => self.receipt_failed(),
            ReceiptKind::Opened => self.receipt_opened(),
            ReceiptKind::Complained => self.receipt_complained(),
            ReceiptKind::Replied => self.receipt_replied(),
            ReceiptKind::Blocked => self.receipt_blocked(),
            ReceiptKind::Unexplained => self.receipt_unexplained(),
        }
    }

    /// What a kind of fact is called that the engine itself knows.
    pub(crate) fn fact(self, kind: FactKind) -> String {
        match kind {
            FactKind::Payment => self.fact_payment(),
            FactKind::OpenAmount => self.fact_open_amount(),
            FactKind::Balance => self.fact_balance(),
            FactKind::Exception => self.fact_exception(),
            FactKind::Appointment => self.fact_appointment(),
        }
    }

    /// Why something stays with its version.
    pub(crate) fn stays(self, stay: &Stay) -> String {
        match stay {
            Stay::NoStep => self.stays_no_step(),
            Stay::OtherKind => self.stays_other_kind(),
            Stay::InDoubt => self.stays_in_doubt(),
            Stay::NoClosing => self.stays_no_closing(),
            Stay::Lacks(names) => self.stays_lacking(names.join(", ")),
        }
    }

    /// Money as people write it.
    pub(crate) fn money(self, cents: i64) -> String {
        let minus = if cents < 0 { "-" } else { "" };
        let (whole, part) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
        self.euros(minus, whole, format_args!("{part:02}"))
    }

    /// What a channel is called in a sentence.
    pub(crate) fn channel(self, channel: Channel) -> String {
        match channel {
            Channel::Email => self.email(),
            Channel::Sms => self.sms(),
            Channel::Letter => self.letter(),
            Channel::Whatsapp => self.whatsapp(),
            Channel::Voice => self.voice(),
            Channel::Portal => self.portal(),
            Channel::Machine => self.machine(),
            Channel::Null | Channel::Echo => channel.name().to_owned(),
        }
    }

    /// What a kind of contact point is called.
    pub(crate) fn point(self, kind: Option<ContactKind>) -> String {
        match kind {
            Some(ContactKind::Email) => self.email_address(),
            Some(ContactKind::Phone) => self.phone_number(),
            Some(ContactKind::Postal) => self.postal_address(),
            Some(ContactKind::Portal) => self.portal_account(),
            Some(ContactKind::Messenger) => self.messenger_account(),
            Some(ContactKind::Push) => self.push_token(),
            None => self.address(),
        }
    }

    /// What a state of a contact point rests on.
    pub(crate) fn rests_on(self, by: Evidence) -> String {
        match by {
            Evidence::Source => self.by_its_source(),
            Evidence::Bounce => self.by_a_bounce(),
            Evidence::Use => self.by_use(),
        }
    }

    /// Who said something of a tenant.
    pub(crate) fn source(self, source: PointSource) -> String {
        match source {
            PointSource::System => self.a_system(),
            PointSource::List => self.a_list(),
            PointSource::Receipt => self.a_message(),
            PointSource::Person => self.a_person(),
        }
    }
}

/// A language of a header, without its region, and how much it is liked. None: that cannot be read.
fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?.split(['-', '_']).next()?.to_ascii_lowercase();
    let weight = match parts.next().map(str::to_ascii_lowercase) {
        None => 1.0,
        Some(weight) => weight.strip_prefix("q=")?.trim().parse().ok()?,
    };
    (0.0..=1.0).contains(&weight).then_some((tag, weight))
}

/// `27-11-2026 10:00`; with seconds where they are not zero.
fn dutch_clock(at: jiff::Timestamp) -> Option<String> {
    let zone = TimeZone::get("Europe/Amsterdam").ok()?;
    let there = at.to_zoned(zone);
    let form = if there.second() == 0 {
        "%d-%m-%Y %H:%M"
    } else {
        "%d-%m-%Y %H:%M:%S"
    };
    Some(there.strftime(form).to_string())
}

/// The name of a day of the week.
const fn dutch_day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "maandag",
        Weekday::Tuesday => "dinsdag",
        Weekday::Wednesday => "woensdag",
        Weekday::Thursday => "donderdag",
        Weekday::Friday => "vrijdag",
        Weekday::Saturday => "zaterdag",
        Weekday::Sunday => "zondag",
    }
}

impl FromStr for Language {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let known = Self::ALL.into_iter().find(|known| known.code() == text);
        known.ok_or(())
    }
}
