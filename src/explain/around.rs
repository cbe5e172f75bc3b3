//! Owns what an explanation says beside the records of its notification: contact points that are not used, what
//! else went to the tenant, a newer definition of its flow, what keeps it from leaving now. Refuses to look any of
//! it up.

use sluis_model::{Fit, Flow, FlowBook, Open, Tenant, fit};

use super::contacts::NotUsed;
use super::delays::Delay;
use super::explanation::Explanation;
use super::lately::ContactedRow;

impl Explanation {
    /// With why the newest attempt did not go where `tenant` wants things of its category: by a preference that he
    /// had when it started.
    #[must_use]
    pub fn with_preference(mut self, tenant: &Tenant) -> Self {
        if let Some(told) = self.not_preferred(tenant) {
            self.short = format!("{} {told}", self.short);
        }
        self
    }

    fn not_preferred(&self, tenant: &Tenant) -> Option<String> {
        let (category, attempt) = (self.category.as_deref()?, self.attempts.last()?);
        let said = &tenant.profile.as_ref()?.preferences;
        let of = |name: &str| said.iter().find(|said| *said.category == *name);
        let wanted = of(category).or_else(|| of("*"))?;
        let is_then = wanted.since().is_none_or(|since| since <= attempt.started);
        let mut others = attempt.other_channels.iter().filter(|_| is_then);
        let other = others.find(|other| other.channel == wanted.channel)?;
        let channel = self.lang.channel(wanted.channel);
        Some(self.lang.short_prefers(channel, &other.why))
    }

    /// With the addresses of `tenant` that nothing goes to: while it is open, and where no channel reaches him.
    #[must_use]
    pub fn with_contacts(mut self, tenant: &Tenant) -> Self {
        let (lang, is_open) = (self.lang, self.state != "ended");
        if !is_open && !self.lacks_way {
            return self;
        }
        let points = NotUsed::of(tenant);
        let words: Vec<String> = points.iter().map(|point| point.words(lang)).collect();
        if is_open {
            self.not_used = points;
        }
        if words.is_empty() {
            return self;
        }
        let words = words.join("; ");
        let why = self.why.trim_end_matches('.');
        self.why = lang.also_not_used(why, &words);
        if self.lacks_way {
            self.short = format!("{} {}", self.short, lang.short_points(words));
        }
        self
    }

    /// With whether a newer definition of its flow is in use than the one it runs by, and why it stays with that.
    #[must_use]
    pub fn with_newest(mut self, open: Option<&Open>, own: &Flow, newest: Option<&Flow>) -> Self {
        let newer = open.zip(newest.filter(|newest| newest.reference != own.reference));
        if let Some((open, newest)) = newer {
            let stays = match fit(own, newest, open) {
                Fit::Moves(_) => self.lang.can_move(newest.version),
                Fit::UnderWay => self.lang.can_move_later(newest.version),
                Fit::Stays(stay) => self.lang.stays(&stay),
            };
            let told = self.lang.runs_by_older(own.version, newest.version, stays);
            let why = self.why.trim_end_matches('.');
            self.why = self.lang.also_not_used(why, told);
        }
        self
    }

    /// With what else went to the tenant about the same subject.
    #[must_use]
    pub fn with_history(mut self, tenant: &Tenant, book: &dyn FlowBook, purposes: &[&str]) -> Self {
        if let Some(subject) = &self.subject {
            let about = (subject, self.id);
            self.contacted_about_this = ContactedRow::about(about, tenant, book, purposes);
        }
        self
    }

    /// Adds what keeps it from leaving now. Without anything it is as it was: it stands in line.
    #[must_use]
    pub fn held_back(mut self, delays: Vec<Delay>) -> Self {
        if delays.is_empty() {
            return self;
        }
        let texts: Vec<&str> = delays.iter().map(|delay| delay.text.as_str()).collect();
        let texts = texts.join("; ");
        let why = self.why.trim_end_matches('.');
        self.why = self.lang.cannot_leave_now(why, &texts);
        self.short = format!("{} {}", self.short, self.lang.short_is_held_up(texts));
        if let Some(next) = &mut self.next {
            let last = delays.iter().filter_map(|delay| delay.until.clone()).max();
            next.at = last.or(next.at.take());
            next.delays = delays;
        }
        self
    }
}
