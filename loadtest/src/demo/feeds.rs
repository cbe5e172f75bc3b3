//! The returned direct debits, the daily balances and the payments, consistent with each other: the
//! balance of a day has seen every payment booked before that morning. Refuses to know the outcome.

use std::collections::BTreeMap;

use jiff::ToSpan;

use super::dice::Dice;
use super::text::{date, money, row};
use super::{DAYS, FIRST_DAY, Household, STORNO_ROWS};

/// The balance feed comes at six in the morning; the demo starts at eight.
const FEED_BEFORE_START_H: i64 = 2;
const REPEATED: usize = 18;
const UNKNOWN_TENANTS: usize = 11;

/// Reason codes and their weights; AM04 and MS03 are most of them in practice.
const CODES: [(&str, u64); 16] = [
    ("AM04", 400),
    ("MS03", 245),
    ("MD06", 85),
    ("MS02", 60),
    ("AC06", 40),
    ("AC04", 40),
    ("MD01", 38),
    ("SL01", 28),
    ("AC01", 26),
    ("MD07", 14),
    ("AM05", 10),
    ("AG01", 4),
    ("am04", 5),
    ("XX99", 5),
    ("ZZ01", 2),
    ("", 2),
];

/// The files and what is in them.
pub(super) struct Feeds {
    pub(super) storno: String,
    pub(super) balances: String,
    pub(super) payments: String,
    pub(super) counts: BTreeMap<String, usize>,
}

struct Return {
    invoice: String,
    tenant: String,
    cents: i64,
    paid: Vec<(i64, i64)>,
}

pub(super) fn feeds(households: &[Household], dice: &mut Dice) -> Feeds {
    let mut feeds = Feeds {
        storno: row(&[
            "huurdernummer",
            "factuurnummer",
            "bedrag",
            "redencode",
            "incassodatum",
            "omgeving",
        ]),
        balances: row(&["huurdernummer", "saldo", "peildatum"]),
        payments: row(&["na_uren", "factuurnummer", "huurdernummer", "bedrag"]),
        counts: BTreeMap::new(),
    };
    let returns = feeds.write_storno(households, dice);
    feeds.write_payments(&returns, dice);
    feeds.write_balances(&returns, households, dice);
    feeds
}

impl Feeds {
    fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    fn write_storno(&mut self, households: &[Household], dice: &mut Dice) -> Vec<Return> {
        let originals = STORNO_ROWS - REPEATED;
        let mut returns = Vec::with_capacity(originals);
        for at in 0..originals {
            let unknown = at % (originals / UNKNOWN_TENANTS) == 50;
            // Coprime to the number of households, so nearly every return is another household's.
            let tenant = if unknown {
                self.count("return: unknown tenant");
                format!("H9{at:05}")
            } else {
                households[(at * 1_009 + dice.below(3)) % households.len()]
                    .number
                    .clone()
            };
            let invoice = format!("F-2026-{:06}", 20_001 + at);
            let cents =
                dice.between(38_000, 104_999) + if dice.per_mille(30) { 100_000 } else { 0 };
            let code = dice.weighted(&CODES);
            self.count(format!(
                "reason code {}",
                if code.is_empty() { "(empty)" } else { code }
            ));
            let line = self.storno_line(&tenant, &invoice, cents, code, dice);
            self.storno += &line;
            if at % (originals / REPEATED) == 7 && at / (originals / REPEATED) < REPEATED {
                self.repeat(&line, code, dice);
            }
            returns.push(Return {
                invoice,
                tenant,
                cents,
                paid: payments_of(cents, dice),
            });
        }
        returns
    }

    fn storno_line(
        &mut self,
        tenant: &str,
        invoice: &str,
        cents: i64,
        code: &str,
        dice: &mut Dice,
    ) -> String {
        let environment = if dice.per_mille(11) {
            self.count("return: omgeving acceptatie");
            "acceptatie"
        } else {
            "productie"
        };
        let amount = match dice.weighted(&[(0, 975), (1, 15), (2, 10)]) {
            1 => {
                self.count("return: amount with €");
                format!("€ {}", money(cents))
            }
            2 => {
                self.count("return: amount with spaces");
                format!(" {} ", money(cents))
            }
            _ => money(cents),
        };
        let collected = FIRST_DAY
            .checked_sub((2 + dice.between(0, 4)).days())
            .unwrap_or(FIRST_DAY);
        row(&[
            tenant,
            invoice,
            &amount,
            code,
            &date(collected),
            environment,
        ])
    }

    /// The same invoice twice: mostly the same row, sometimes with another code.
    fn repeat(&mut self, line: &str, code: &str, dice: &mut Dice) {
        if dice.per_mille(250) && code == "AM04" {
            self.count("return: same invoice again, another code");
            self.storno += &line.replace(";AM04;", ";MS03;");
        } else {
            self.count("return: same row again");
            self.storno += line;
        }
    }

    fn write_payments(&mut self, returns: &[Return], dice: &mut Dice) {
        let mut rows = Vec::new();
        for returned in returns {
            let paid: i64 = returned.paid.iter().map(|(_, cents)| cents).sum();
            match (returned.paid.len(), paid - returned.cents) {
                (0, _) => self.count("invoice not paid"),
                (_, ..0) => self.count("invoice paid in part"),
                (1, 0) => self.count("invoice paid at once"),
                (_, 0) => self.count("invoice paid in parts"),
                _ => self.count("invoice paid twice"),
            }
            for (hours, cents) in &returned.paid {
                rows.push((
                    *hours,
                    row(&[
                        &hours.to_string(),
                        &returned.invoice,
                        &returned.tenant,
                        &money(*cents),
                    ]),
                ));
            }
        }
        for n in 0..5 {
            self.count("payment for an unknown invoice");
            let hours = dice.between(1, 90);
            let invoice = format!("F-2025-{:06}", 90_001 + n);
            let tenant = &returns[dice.below(returns.len())].tenant;
            rows.push((
                hours,
                row(&[
                    &hours.to_string(),
                    &invoice,
                    tenant,
                    &money(dice.between(10_000, 60_000)),
                ]),
            ));
        }
        rows.sort();
        self.payments.extend(rows.into_iter().map(|(_, line)| line));
    }

    fn write_balances(&mut self, returns: &[Return], households: &[Household], dice: &mut Dice) {
        let mut owed: BTreeMap<&str, Vec<&Return>> = BTreeMap::new();
        for returned in returns.iter().filter(|r| !r.tenant.starts_with("H9")) {
            owed.entry(&returned.tenant).or_default().push(returned);
        }
        let feeds: Vec<_> = owed
            .iter()
            .map(|(tenant, returns)| (*tenant, self.feed_of(returns, dice)))
            .collect();
        let others: Vec<_> = households
            .iter()
            .filter(|h| !owed.contains_key(h.number.as_str()))
            .step_by(12)
            .collect();
        for day in 0..DAYS {
            for (tenant, feed) in &feeds {
                if let Some((cents, stale_days)) = feed.on(day) {
                    self.balance(tenant, cents, day as i64 - stale_days);
                }
            }
            for household in &others {
                self.balance(&household.number, 0, day as i64);
            }
        }
    }

    fn balance(&mut self, tenant: &str, cents: i64, day: i64) {
        let on = FIRST_DAY.checked_add(day.days()).unwrap_or(FIRST_DAY);
        self.balances += &row(&[tenant, &money(cents), &date(on)]);
    }

    fn feed_of<'a>(&mut self, returns: &[&'a Return], dice: &mut Dice) -> TenantFeed<'a> {
        let (kind, extra, what) =
            match dice.weighted(&[(0, 780), (1, 90), (2, 60), (3, 35), (4, 25), (5, 10)]) {
                0 => (Kind::Daily, 0, "balance: what came back"),
                1 => (
                    Kind::Daily,
                    dice.between(5_000, 150_000),
                    "balance: more, older arrears",
                ),
                2 => (
                    Kind::Daily,
                    i64::MIN,
                    "balance: zero or less from the start",
                ),
                3 => (Kind::Missing, 0, "balance: missing"),
                4 => (Kind::From(2), 0, "balance: only from day 2"),
                _ => (Kind::Stale, 0, "balance: five days old, never renewed"),
            };
        self.count(what);
        let owed: i64 = returns.iter().map(|r| r.cents).sum();
        let extra = if extra == i64::MIN {
            -owed - dice.between(0, 1) * dice.between(1, 20_000)
        } else {
            extra
        };
        TenantFeed {
            kind,
            start: owed + extra,
            returns: returns.to_vec(),
        }
    }
}

enum Kind {
    Daily,
    From(usize),
    Missing,
    Stale,
}

struct TenantFeed<'a> {
    kind: Kind,
    start: i64,
    returns: Vec<&'a Return>,
}

impl TenantFeed<'_> {
    /// The balance in the feed of a day, and how many days old it is.
    fn on(&self, day: usize) -> Option<(i64, i64)> {
        let booked_h = day as i64 * 24 - FEED_BEFORE_START_H;
        let paid = self
            .returns
            .iter()
            .flat_map(|r| &r.paid)
            .filter(|(hours, _)| *hours < booked_h);
        let balance = self.start - paid.map(|(_, cents)| cents).sum::<i64>();
        match self.kind {
            Kind::Daily => Some((balance, 0)),
            Kind::From(first) if day >= first => Some((balance, 0)),
            Kind::Stale if day == 0 => Some((self.start, 5)),
            Kind::From(_) | Kind::Missing | Kind::Stale => None,
        }
    }
}

/// Hours after the start, and cents.
fn payments_of(cents: i64, dice: &mut Dice) -> Vec<(i64, i64)> {
    let part = cents * dice.between(20, 70) / 100;
    match dice.weighted(&[(0, 560), (1, 340), (2, 55), (3, 38), (4, 7)]) {
        1 => vec![(early(dice), cents)],
        2 => vec![(early(dice), part)],
        3 => {
            let first = dice.between(2, 60);
            vec![(first, part), (first + dice.between(20, 90), cents - part)]
        }
        4 => {
            let first = early(dice);
            vec![(first, cents), (first + dice.between(1, 30), cents)]
        }
        _ => Vec::new(),
    }
}

/// Most pay within two days, some only after the SMS.
fn early(dice: &mut Dice) -> i64 {
    if dice.per_mille(650) {
        dice.between(1, 47)
    } else {
        dice.between(48, 168)
    }
}
