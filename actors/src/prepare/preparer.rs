//! Owns how an attempt becomes something to send: read the body back from the journal, render it, put
//! references and originator on it. Refuses to run on an arbiter: it reads the disk.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_channels::address::visible;
use sluis_channels::render::{CorporationView, TenantView};
use sluis_channels::{Content, Context, Originator, Outgoing, OutputSlot};
use sluis_journal::Journal;
use sluis_model::{CorporationId, Flow, FlowBook, Notification, ReferenceKey, Verdict};

use super::prepared::{Prepare, Prepared, ours, unsendable};
use crate::body::{NoBody, read_body};
use crate::book::Book;
use crate::dispatch::Dispatch;

/// A corporation, as its messages show it.
#[derive(Clone, Debug)]
pub struct CorporationCard {
    /// Its name, for templates.
    pub name: Box<str>,
    /// Who its messages come from.
    pub originator: Arc<Originator>,
}

/// Prepares attempts. Reads the journal: not for an arbiter.
pub struct Preparer {
    journal: Arc<dyn Journal>,
    book: Arc<Book>,
    key: ReferenceKey,
    corporations: HashMap<CorporationId, CorporationCard>,
}

impl std::fmt::Debug for Preparer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparer")
            .field("book", &self.book)
            .finish_non_exhaustive()
    }
}

impl Preparer {
    /// A preparer over the engine's journal, definitions, secret and corporations.
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        book: Arc<Book>,
        key: ReferenceKey,
        corporations: HashMap<CorporationId, CorporationCard>,
    ) -> Self {
        Self {
            journal,
            book,
            key,
            corporations,
        }
    }

    /// What a pool runs.
    #[must_use]
    pub fn into_prepare(self) -> Prepare {
        Arc::new(move |dispatch| self.prepare(dispatch))
    }

    /// Makes what the provider needs.
    ///
    /// # Errors
    /// `Refused`, with the reason: `Unsendable` where another channel may do, `Ours` where the
    /// engine lacks something.
    pub fn prepare(&self, dispatch: &Dispatch) -> Prepared {
        let card = self
            .corporations
            .get(&dispatch.corporation)
            .ok_or_else(|| ours("sender", "the corporation is not configured"))?;
        let body = self.body(dispatch)?;
        Ok(Outgoing {
            attempt: dispatch.attempt,
            corporation: dispatch.corporation,
            reference: self.key.attempt(dispatch.corporation, dispatch.attempt),
            to: dispatch.address.to_string(),
            content: self.render(dispatch, &body, card)?,
            originator: card.originator.clone(),
            at: dispatch.at,
            output: OutputSlot::default(),
        })
    }

    /// The notification, as it was accepted.
    fn body(&self, dispatch: &Dispatch) -> Result<Notification, Verdict> {
        let read = read_body(&*self.journal, dispatch.attempt.id, dispatch.body);
        read.map_err(|error| {
            let code = match error {
                NoBody::Journal(_) => "journal",
                NoBody::Record(_) | NoBody::Gone | NoBody::Other => "body",
            };
            ours(code, &error.to_string())
        })
    }

    fn render(
        &self,
        dispatch: &Dispatch,
        body: &Notification,
        card: &CorporationCard,
    ) -> Result<Content, Verdict> {
        let gone = || ours("flow", "the definition is not there");
        let flow = self.book.flow(dispatch.flow).ok_or_else(gone)?;
        let templates = self.book.templates(dispatch.flow).ok_or_else(gone)?;
        let template = flow.template(dispatch.step, dispatch.channel);
        let template = template
            .ok_or_else(|| unsendable("render", "the step has no template for this channel"))?;
        let data = serde_json::from_str(&body.data).map(without_blanks);
        let data = data.map_err(|error| ours("body", &error.to_string()))?;
        let link = self.link(flow, dispatch, card);
        let context = Context {
            tenant: tenant(dispatch),
            corporation: CorporationView { name: &card.name },
            data: &data,
            link: link.as_deref(),
        };
        let rendered = templates.render(dispatch.channel, template, &context);
        rendered.map_err(|error| unsendable(error.code(), &error.to_string()))
    }

    /// The link of a step that has one.
    fn link(&self, flow: &Flow, dispatch: &Dispatch, card: &CorporationCard) -> Option<String> {
        if !flow.message(dispatch.step)?.link {
            return None;
        }
        let token = self.key.link(dispatch.corporation, dispatch.attempt.id);
        let base = card.originator.public_url.trim_end_matches('/');
        Some(format!("{base}/b/{token}"))
    }
}

/// The fields that say something: a blank is as if it were left out, and templates are tried without
/// what may be.
fn without_blanks(mut data: serde_json::Value) -> serde_json::Value {
    if let serde_json::Value::Object(fields) = &mut data {
        let is_said = |value: &serde_json::Value| {
            let text = value.as_str();
            text.is_none_or(|text| !visible(text).trim().is_empty())
        };
        fields.retain(|_, value| is_said(value));
    }
    data
}

/// The tenant as templates see one.
fn tenant(dispatch: &Dispatch) -> TenantView<'_> {
    let profile = dispatch.profile.as_deref();
    let (name, language) = profile.map_or(("", ""), |profile| (&*profile.name, &*profile.language));
    TenantView {
        id: &dispatch.tenant,
        name: name_or_word(name, language),
        language,
    }
}

/// The tenant's name; without one the word for a tenant, so that no message begins with "Beste ,".
fn name_or_word<'a>(name: &'a str, language: &str) -> &'a str {
    match name.trim() {
        "" if language
            .get(..2)
            .is_some_and(|code| code.eq_ignore_ascii_case("en")) =>
        {
            "tenant"
        }
        "" => "huurder",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_without_a_name_is_called_tenant_in_either_language() {
        let words = ["en-GB", "EN", "é"].map(|language| name_or_word("", language));
        assert_eq!(words, ["tenant", "tenant", "huurder"]);
    }
}
