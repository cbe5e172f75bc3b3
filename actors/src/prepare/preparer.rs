//! Owns how an attempt becomes something to send: read the body back from the journal, render it, put
//! references and originator on it. Refuses to run on an arbiter: it reads the disk.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_channels::{Content, Originator, Outgoing, OutputSlot};
use sluis_journal::Journal;
use sluis_model::{
    CorporationId, Flow, FlowBook, FlowRef, Notification, ReferenceKey, Unsubscribed, Verdict,
};

use super::prepared::{Prepare, Prepared, ours};
use super::say::{Saying, say};
use crate::body::{NoBody, read_body};
use crate::book::Book;
use crate::dispatch::Dispatch;
use crate::latest::Latest;

/// A corporation, as its messages show it.
#[derive(Clone, Debug)]
pub struct CorporationCard {
    /// Its name, for templates.
    pub name: Box<str>,
    /// Who its messages come from.
    pub originator: Arc<Originator>,
}

/// Corporations as their messages show them.
pub type Cards = HashMap<CorporationId, CorporationCard>;

/// Prepares attempts. Reads the journal: not for an arbiter.
pub struct Preparer {
    journal: Arc<dyn Journal>,
    book: Arc<Book>,
    key: ReferenceKey,
    corporations: Arc<Latest<Cards>>,
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
        corporations: Arc<Latest<Cards>>,
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

    /// The flow of a definition.
    #[must_use]
    pub fn flow(&self, flow: FlowRef) -> Option<&Flow> {
        self.book.flow(flow)
    }

    /// Makes what the provider needs.
    ///
    /// # Errors
    /// `Refused`, with the reason: `Unsendable` where another channel may do, `Ours` where the
    /// engine lacks something.
    pub fn prepare(&self, dispatch: &Dispatch) -> Prepared {
        let cards = self.corporations.get();
        let card = cards
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
        let link = self.link(flow, dispatch, card);
        let unsubscribe = self.unsubscribe(flow, dispatch, card);
        say(&Saying {
            flow,
            templates,
            step: dispatch.step,
            variant: dispatch.variant,
            channel: dispatch.channel,
            tenant: &dispatch.tenant,
            profile: dispatch.profile.as_deref(),
            corporation: &card.name,
            data: &body.data,
            answers: &dispatch.answers,
            link: link.as_deref(),
            unsubscribe: unsubscribe.as_deref(),
        })
    }

    /// Where the tenant says that he wants no more of it; none: nobody unsubscribes from such messages.
    fn unsubscribe(
        &self,
        flow: &Flow,
        dispatch: &Dispatch,
        card: &CorporationCard,
    ) -> Option<String> {
        let purpose = Unsubscribed::named(&flow.purpose)?;
        let token = self
            .key
            .unsubscribe(dispatch.corporation, purpose, &dispatch.tenant);
        let base = card.originator.public_url.trim_end_matches('/');
        Some(format!("{base}/u/{token}"))
    }

    /// The link of a step that has one; for a machine, where it answers.
    fn link(&self, flow: &Flow, dispatch: &Dispatch, card: &CorporationCard) -> Option<String> {
        if !flow.message(dispatch.step)?.link {
            return None;
        }
        let base = card.originator.public_url.trim_end_matches('/');
        let id = dispatch.attempt.id;
        if let Some(step) = asks_machine(flow, dispatch.step) {
            return Some(format!("{base}/v1/tasks/{id}.{step}/answer"));
        }
        let token = self.key.link(dispatch.corporation, id);
        Some(format!("{base}/b/{token}"))
    }
}

/// The id of the step whose question a machine answers, where this step asks it.
fn asks_machine(flow: &Flow, step: u8) -> Option<&str> {
    let page = flow.step(step)?.kind.question()?.page.as_deref()?;
    let asked_by = flow.step(page.asked_by).filter(|_| page.by_machine)?;
    Some(&asked_by.id)
}
