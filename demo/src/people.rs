//! Owns the people of the demo who press a link: who they are, what they find behind it, before and
//! after paying. Refuses to look into the engine: they have only the message they received.

use std::collections::HashMap;

use anyhow::Context as _;
use http::{StatusCode, header};
use sluis_loadtest::ledger::notification_of;
use sluis_loadtest::sink::{Channel as SinkChannel, Kept, Kind, Row};
use sluis_model::{Channel, HOUR, MINUTE, NotificationId, Timestamp};

use super::api::{Api, Call};
use super::files::{Files, Household, Return};
use super::inputs::payment_url;
use super::journal_book::JournalBook;
use super::oracle::Oracle;
use super::time::hours_in;

/// How long a person takes to open a message.
const READS_AFTER: i64 = 2 * HOUR;
/// How long after paying the link is opened once more.
const COMES_BACK_AFTER: i64 = 30 * MINUTE;

/// One person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Place of the returned direct debit in its file.
    pub(super) row: usize,
    /// In which message the link is pressed.
    pub(super) channel: Channel,
    /// When the invoice is paid, in full.
    pub(super) pays_at: Timestamp,
    /// What was found, in order.
    pub(super) found: Vec<Found>,
    planned: bool,
    link: Option<String>,
}

/// What a person found behind a link.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) at: Timestamp,
    pub(super) what: &'static str,
    pub(super) status: StatusCode,
    /// In words, from the page.
    pub(super) said: String,
    /// Whether it is what should be found.
    pub(super) right: bool,
}

/// Chooses two people from the files: one whose mail bounces late and who presses the link in the
/// text message, one who presses the link in the mail.
pub(super) fn choose(files: &Files, oracle: &Oracle) -> Vec<Person> {
    let households = files.households();
    let by_text = |h: &Household| {
        h.email.to_lowercase().starts_with("late-bounce.") && usual_mobile(&h.mobile)
    };
    let by_mail = |h: &Household| {
        h.email
            .split('@')
            .next()
            .is_some_and(|local| !local.contains('-') && usual_mail(local))
    };
    let first = find(files, oracle, &households, Channel::Sms, 40..=160, by_text);
    let second = find(files, oracle, &households, Channel::Email, 10..=47, by_mail);
    first.into_iter().chain(second).collect()
}

fn usual_mobile(mobile: &str) -> bool {
    mobile.starts_with("06") && mobile.len() == 10 && !mobile[6..].starts_with("900")
}

fn usual_mail(local: &str) -> bool {
    let words = ["bounce", "tempfail", "indoubt", "slow"];
    !words
        .iter()
        .any(|word| local.to_lowercase().starts_with(word))
        && local.is_ascii()
        && !local.contains(' ')
}

fn find(
    files: &Files,
    oracle: &Oracle,
    households: &HashMap<String, Household>,
    channel: Channel,
    pays: std::ops::RangeInclusive<i64>,
    fits: impl Fn(&Household) -> bool,
) -> Option<Person> {
    files
        .returns
        .iter()
        .enumerate()
        .find_map(|(row, returned)| {
            let household = households.get(&returned.tenant)?;
            let once = files
                .returns
                .iter()
                .filter(|other| other.tenant == returned.tenant)
                .count()
                == 1;
            let chased = oracle.should_be_chased(returned);
            let usual = household.language == "nl"
                && ["", "email", "e-mail"].contains(&household.preferred.as_str());
            let hours = only_payment(files, returned).filter(|hours| pays.contains(hours))?;
            let wanted = once && chased && usual && fits(household);
            wanted.then(|| Person {
                row,
                channel,
                pays_at: hours_in(hours),
                found: Vec::new(),
                planned: false,
                link: None,
            })
        })
}

/// When the invoice is paid, if it is paid at once.
fn only_payment(files: &Files, returned: &Return) -> Option<i64> {
    let mut payments = files
        .payments
        .iter()
        .filter(|payment| payment.invoice == returned.invoice);
    let payment = payments
        .next()
        .filter(|payment| Some(payment.cents) == returned.cents)?;
    payments.next().is_none().then_some(payment.hours)
}

impl Person {
    /// When the link is to be pressed and when it is to be opened again, once the message has
    /// arrived. Told once.
    pub(super) fn plan(
        &mut self,
        id: Option<NotificationId>,
        journal: &JournalBook,
    ) -> Option<(Timestamp, Timestamp)> {
        let taken = journal.notes.get(&id?)?.taken_at(self.channel)?;
        let press = taken.plus(READS_AFTER);
        let due = !self.planned && press < self.pays_at;
        self.planned |= due;
        due.then(|| (press, self.pays_at.plus(COMES_BACK_AFTER)))
    }

    /// Opens the link of the message and presses its button.
    pub(super) async fn press(
        &mut self,
        api: &Api,
        kept: &[Kept],
        files: &Files,
        id: NotificationId,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let invoice = &files.returns[self.row].invoice;
        let link = kept.iter().find_map(|kept| link_in(kept, id, self.channel));
        let link = link.with_context(|| format!("the message about {invoice} holds no link"))?;
        let page = api.send(Call::get(link.clone())).await?;
        let right = page.status == StatusCode::OK && page.text().contains("<form method=\"post\">");
        self.note(
            now,
            "opened the link",
            page.status,
            title(&page.text()),
            right,
        );
        let pressed = api
            .send(Call::post(
                link.clone(),
                "application/x-www-form-urlencoded",
                "",
            ))
            .await?;
        let to = pressed
            .headers
            .get(header::LOCATION)
            .and_then(|to| to.to_str().ok())
            .unwrap_or("nowhere")
            .to_owned();
        let right = pressed.status == StatusCode::SEE_OTHER && to == payment_url(invoice);
        self.note(
            now,
            "pressed the button",
            pressed.status,
            format!("leads to {to}"),
            right,
        );
        self.link = Some(link);
        Ok(())
    }

    /// Opens the link again, after paying.
    pub(super) async fn come_back(&mut self, api: &Api, now: Timestamp) -> anyhow::Result<()> {
        let Some(link) = self.link.clone() else {
            return Ok(());
        };
        let page = api.send(Call::get(link.clone())).await?;
        let right = page.status == StatusCode::GONE && page.text().contains("Al betaald");
        self.note(
            now,
            "opened the link again",
            page.status,
            title(&page.text()),
            right,
        );
        let pressed = api
            .send(Call::post(link, "application/x-www-form-urlencoded", ""))
            .await?;
        let right =
            pressed.status == StatusCode::GONE && !pressed.headers.contains_key(header::LOCATION);
        self.note(
            now,
            "pressed the button again",
            pressed.status,
            title(&pressed.text()),
            right,
        );
        Ok(())
    }

    fn note(
        &mut self,
        at: Timestamp,
        what: &'static str,
        status: StatusCode,
        said: String,
        right: bool,
    ) {
        self.found.push(Found {
            at,
            what,
            status,
            said,
            right,
        });
    }
}

/// The title of a page.
fn title(html: &str) -> String {
    let inner = html
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"));
    inner.map_or_else(
        || "a page without title".to_owned(),
        |(title, _)| format!("page '{title}'"),
    )
}

/// The link in a message, if it is the one about `id` over `channel`.
fn link_in(kept: &Kept, id: NotificationId, channel: Channel) -> Option<String> {
    let Said {
        over,
        text,
        reference,
    } = match kept.channel {
        SinkChannel::Email => said_by_mail(kept)?,
        SinkChannel::Sms => said_by_sms(kept)?,
        // The demo sends over these two.
        _ => return None,
    };
    let of = notification_of(&row_of(kept, reference));
    if over != channel || of != Some(id.to_string()) {
        return None;
    }
    let start = text.find("/b/")?;
    let begin = text[..start].rfind("http")?;
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_';
    let token = text[start + 3..].split(is_end).next()?;
    Some(format!("{}{token}", &text[begin..start + 3]))
}

/// What a message says, and the reference that it carries.
struct Said {
    over: Channel,
    text: String,
    reference: String,
}

fn said_by_mail(kept: &Kept) -> Option<Said> {
    let raw = String::from_utf8_lossy(&kept.raw);
    let text = raw.replace("=\r\n", "").replace("=3D", "=");
    let id_of = |line: &str| {
        let id = line.strip_prefix("Message-ID: <")?;
        id.split('>').next().map(str::to_owned)
    };
    let reference = text.lines().find_map(id_of)?;
    Some(Said {
        over: Channel::Email,
        text,
        reference,
    })
}

fn said_by_sms(kept: &Kept) -> Option<Said> {
    let request: serde_json::Value = serde_json::from_slice(&kept.raw).ok()?;
    Some(Said {
        over: Channel::Sms,
        text: request["body"].as_str()?.to_owned(),
        reference: request["reference"].as_str()?.to_owned(),
    })
}

/// A row of the sinks' book, for the one question to whom a reference belongs.
fn row_of(kept: &Kept, id: String) -> Row {
    Row {
        channel: kept.channel,
        kind: Kind::Accepted,
        id,
        to: kept.to.clone(),
        from: String::new(),
        provider_id: String::new(),
        headers: std::collections::BTreeMap::new(),
        size: 0,
        seen: 1,
        first_ms: 0,
        last_ms: 0,
    }
}
