//! Owns the rate card: `[[price]]` of a channel, perhaps of one provider, from a day on. Money is
//! thousandths of a cent here: a mail costs less than a cent. Refuses two prices of one thing and day,
//! and a price of a provider that nobody configured: it would count for nothing.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::lead::Lead;
use super::reader::{Node, Reader};
use crate::channel::Channel;
use crate::time::Timestamp;

/// Most prices.
const MAX_PRICES: usize = 1_000;
/// Highest price, in cents.
const MAX_CENTS: u64 = 1_000_000;
/// Most segments that one message can be expected to have.
const MAX_SEGMENTS: i64 = 100;
const KEYS: [&str; 7] = [
    "channel", "provider", "from", "cents", "per", "segments", "takes",
];

/// What channels cost, and how long they take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateCard(Vec<Price>);

/// One price.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Price {
    channel: Channel,
    /// Only over this provider; none: over each that has no price of its own.
    provider: Option<Box<str>>,
    /// Its day begins, by the clock in Amsterdam.
    begins: Timestamp,
    /// Of a message as long as is expected, in thousandths of a cent.
    millicents: u64,
    /// How long a message is on its way.
    takes: Option<Lead>,
}

impl RateCard {
    /// Whether nothing is known.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a message over `channel` is expected to cost, in thousandths of a cent: over `provider`
    /// where it is known, else by the channel's own price, else by the cheapest provider's. None: no
    /// price holds.
    pub(crate) fn cost(
        &self,
        channel: Channel,
        provider: Option<&str>,
        now: Timestamp,
    ) -> Option<u64> {
        let of = |provider: Option<&str>| self.price(channel, provider, now);
        let own = provider.and_then(|name| of(Some(name)));
        let price = own.or_else(|| of(None));
        let price = price.map(|price| price.millicents);
        price.or_else(|| {
            let providers = self.0.iter().filter(|price| price.channel == channel);
            let each = providers.filter_map(|price| of(price.provider.as_deref()));
            each.map(|price| price.millicents).min()
        })
    }

    /// When a message over `channel` arrives that leaves now. None: not known.
    pub(crate) fn arrives(&self, channel: Channel, now: Timestamp) -> Option<Timestamp> {
        let begun = self.0.iter().rev();
        let mut begun = begun.filter(|price| price.channel == channel && price.begins <= now);
        let takes = begun.find_map(|price| price.takes.as_ref())?;
        Some(takes.arrives(now))
    }

    /// The newest price that has begun.
    fn price(&self, channel: Channel, provider: Option<&str>, now: Timestamp) -> Option<&Price> {
        let mut newest = self.0.iter().rev();
        newest.find(|price| {
            price.channel == channel && price.provider.as_deref() == provider && price.begins <= now
        })
    }

    /// Reads all of `[[price]]`.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Self {
        let prices = reader.tables("price", node);
        if prices.len() > MAX_PRICES {
            let found = prices.len().to_string();
            let (most, hint) = (format!("at most {MAX_PRICES} prices"), "leave old ones out");
            reader.wrong(node.span(), "price", found, most, hint);
            return Self::default();
        }
        let mut card = Self::default();
        for (index, (at, table)) in prices.into_iter().enumerate() {
            let path = format!("price[{index}]");
            if let Some(price) = price(reader, &path, at.clone(), table) {
                card.add(reader, &path, at, price);
            }
        }
        card.0.sort_by_key(|price| price.begins);
        card
    }

    fn add(&mut self, reader: &mut Reader<'_>, path: &str, at: Range<usize>, price: Price) {
        let key = |price: &Price| (price.channel, price.provider.clone(), price.begins);
        if self.0.iter().any(|known| key(known) == key(&price)) {
            let value = format!("a second price of {} from the same day", price.channel);
            let hint = "give one of them another day in from, or a provider";
            reader.wrong(
                at,
                path,
                value,
                "one price a channel, provider and day",
                hint,
            );
        } else {
            self.0.push(price);
        }
    }
}

fn price(
    reader: &mut Reader<'_>,
    path: &str,
    at: Range<usize>,
    table: &DeTable<'_>,
) -> Option<Price> {
    let mistakes = reader.mistakes.len();
    reader.known(path, table, &KEYS);
    let channel = reader.needed(
        path,
        at.clone(),
        table,
        "channel",
        "a channel",
        "such as \"sms\"",
    );
    let channel = channel.and_then(|node| reader.channel(&format!("{path}.channel"), node));
    if let (Some(channel), Some(per)) = (channel, table.get("per")) {
        counted(reader, path, channel, per);
    }
    let cents = reader.needed(path, at, table, "cents", "a price in cents", "such as 7.5");
    let millicents = cents.and_then(|node| millicents(reader, &format!("{path}.cents"), node));
    let segments = segments(reader, path, table);
    let from = reader.from(path, table);
    let provider = table.get("provider");
    let provider = provider.map(|node| {
        let path = format!("{path}.provider");
        provider_of(reader, &path, channel, node)
    });
    let takes = table.get("takes");
    let takes = takes.map(|node| lead(reader, &format!("{path}.takes"), node));
    if reader.mistakes.len() > mistakes {
        return None;
    }
    Some(Price {
        channel: channel?,
        provider: provider.flatten(),
        begins: from?.0,
        millicents: millicents?.saturating_mul(segments?),
        takes: takes.flatten(),
    })
}

/// Refuses segments where a message has none.
fn counted(reader: &mut Reader<'_>, path: &str, channel: Channel, per: &Node<'_>) {
    if channel == Channel::Sms || per.get_ref().as_str() != Some("segment") {
        return;
    }
    let expected = format!("message: {channel} is not counted in segments");
    let hint = "cents is the price of one message, or the price is of another channel";
    let value = reader.written(per);
    reader.wrong(per.span(), format!("{path}.per"), value, expected, hint);
}

/// How many units a message is expected to have: its segments, where the price is of one.
fn segments(reader: &mut Reader<'_>, path: &str, table: &DeTable<'_>) -> Option<u64> {
    let per = table.get("per");
    let word = per.map(|node| node.get_ref().as_str().unwrap_or_default());
    let (expected, hint) = ("message or segment", "in quotes, such as per = \"segment\"");
    if let (Some(node), false) = (per, matches!(word, None | Some("message" | "segment"))) {
        let written = reader.written(node);
        reader.wrong(node.span(), format!("{path}.per"), written, expected, hint);
    }
    let Some(node) = table.get("segments") else {
        return Some(1);
    };
    let here = format!("{path}.segments");
    if word != Some("segment") {
        let (value, hint) = (reader.written(node), "add per = \"segment\", or remove it");
        reader.wrong(
            node.span(),
            here,
            value,
            "segments with per = \"segment\" only",
            hint,
        );
        return None;
    }
    let number = reader.whole_number(node);
    let number = number.filter(|number| (1..=MAX_SEGMENTS).contains(number));
    if number.is_none() {
        let (value, expected) = (reader.written(node), format!("1 to {MAX_SEGMENTS}"));
        let hint = "how many segments a message usually has, such as 2";
        reader.wrong(node.span(), here, value, expected, hint);
    }
    number.and_then(|number| u64::try_from(number).ok())
}

fn millicents(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<u64> {
    let text = match node.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => "",
    };
    let found = thousandths(text).filter(|found| *found <= MAX_CENTS * 1_000);
    if found.is_none() {
        let expected = format!("0 to {MAX_CENTS} cents, with at most three decimals");
        let (value, hint) = (reader.written(node), "without quotes, such as 7.5");
        reader.wrong(node.span(), path, value, expected, hint);
    }
    found
}

/// `7.5` as 7500.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 3 || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(part)
}

fn provider_of(
    reader: &mut Reader<'_>,
    path: &str,
    channel: Option<Channel>,
    node: &Node<'_>,
) -> Option<Box<str>> {
    let hint = "as in [[provider]], or no such key when it holds for each of them";
    let Some(name) = node.get_ref().as_str().filter(|name| !name.is_empty()) else {
        let value = reader.written(node);
        reader.wrong(node.span(), path, value, "the name of a provider", hint);
        return None;
    };
    if let (Some(all), Some(channel)) = (reader.providers, channel) {
        let of_channel = all.iter().filter(|provider| provider.channel == channel);
        let names: Vec<&str> = of_channel.map(|provider| provider.name).collect();
        if !names.contains(&name) {
            let expected = match names.as_slice() {
                [] => format!("no provider: the corporation has none of {channel}"),
                names => format!("a provider of {channel}: {}", names.join(", ")),
            };
            let other = all.iter().find(|provider| provider.name == name);
            let hint = match other {
                Some(other) => format!("{name} is a provider of {}", other.channel),
                None => hint.to_owned(),
            };
            let value = reader.written(node);
            reader.wrong(node.span(), path, value, expected, hint);
        }
    }
    Some(name.into())
}

fn lead(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Option<Lead> {
    let found = node.get_ref().as_str().and_then(Lead::read);
    if found.is_none() {
        let value = reader.written(node);
        let hint = "such as takes = \"5m\", \"2 working days\" or \"2 post days\", or no such key when it is not known";
        reader.wrong(node.span(), path, value, "a length of time", hint);
    }
    found
}
