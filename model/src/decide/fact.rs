//! Owns what a fact does to a tenant and to everything open. Refuses to accept what admission should
//! have refused: a fact without its amount changes nothing.

use super::{MOST_AT_ONCE, Turn};
use crate::answer::Answer;
use crate::event::Event;
use crate::evolve::fact_hash;
use crate::fact::{DeclaredFact, Fact, FactKind};
use crate::flow::{Dated, Value};
use crate::ids::NotificationId;
use crate::matching::unmatched;
use crate::notification::Subject;
use crate::state::{Open, Phase};

/// Whether a fact was taken before.
enum Known {
    /// Never.
    New,
    /// The same.
    Same,
    /// Another one under the same id.
    Other,
}

impl Turn<'_> {
    pub(super) fn fact(&mut self, fact: &Fact) -> Answer {
        self.known_answer(&fact.fact_id, fact.body)
            .unwrap_or_else(|| self.new_fact(fact))
    }

    /// A fact of a declared type.
    pub(super) fn declared_fact(&mut self, fact: &DeclaredFact) -> Answer {
        self.known_answer(&fact.fact_id, fact.body)
            .unwrap_or_else(|| self.new_declared(fact))
    }

    /// What is answered where the fact was taken before.
    fn known_answer(&self, fact_id: &str, body: u64) -> Option<Answer> {
        match self.known(fact_id, body) {
            Known::New => None,
            Known::Other => Some(Answer::FactConflict),
            Known::Same => Some(Answer::Fact {
                duplicate: true,
                ended: Vec::new(),
                unmatched: None,
            }),
        }
    }

    fn known(&self, fact_id: &str, body: u64) -> Known {
        let Some(told) = self.tenant.told.as_deref() else {
            return Known::New;
        };
        let hash = fact_hash(fact_id);
        match told.facts.iter().find(|(id, _)| *id == hash) {
            // A source that took over what a flow set tells it again: it is that fact.
            Some((_, known)) if *known == body || *known == DeclaredFact::SET_HERE => Known::Same,
            Some(_) => Known::Other,
            None => Known::New,
        }
    }

    fn new_fact(&mut self, fact: &Fact) -> Answer {
        // Before it is taken: then the tenant would know its subject.
        let unmatched = unmatched(self.tenant, fact.about()).map(Box::new);
        self.emit(Event::FactTaken);
        if let (FactKind::Payment | FactKind::OpenAmount, Some(subject)) =
            (fact.kind, &fact.subject)
        {
            self.tell_open_amount(subject);
        }
        Answer::Fact {
            duplicate: false,
            ended: self.reconsider_all(|open| concerns(fact, open)),
            unmatched,
        }
    }

    fn new_declared(&mut self, fact: &DeclaredFact) -> Answer {
        let unmatched = unmatched(self.tenant, None).map(Box::new);
        self.emit(Event::FactTaken);
        Answer::Fact {
            duplicate: false,
            ended: self.reconsider_all(|open| touches(fact, open)),
            unmatched,
        }
    }

    /// Keeps what is open on the subject now, for whoever follows the record.
    fn tell_open_amount(&mut self, subject: &Subject) {
        let mut open = self.tenant.open.iter();
        let accepted = open.find_map(|open| self.accepted_amount(open, subject));
        let open_cents = self.tenant.open_amount(subject, accepted);
        self.emit(Event::SubjectOpen {
            subject: subject.clone(),
            open_cents: open_cents.map(|(cents, _)| cents),
        });
    }

    /// Asks everything open again that the fact may concern, up to a bound. What ended with it.
    pub(super) fn reconsider_all(
        &mut self,
        concerned: impl Fn(&Open) -> bool,
    ) -> Vec<NotificationId> {
        let concerned = self.tenant.open.iter().filter(|open| concerned(open));
        let ids: Vec<NotificationId> = concerned.map(|open| open.id).collect();
        let (mut ended, mut moved) = (Vec::new(), 0);
        for id in ids {
            let before = self.events.len();
            if self.reconsider(id) {
                ended.push(id);
            }
            moved += usize::from(self.events.len() > before);
            if moved >= MOST_AT_ONCE {
                break;
            }
        }
        ended
    }

    /// The amount that an open notification about this subject was accepted with, by its flow's
    /// money field.
    fn accepted_amount(&self, open: &Open, subject: &Subject) -> Option<Dated> {
        if open.subject.as_deref() != Some(subject) {
            return None;
        }
        match open.fields.get(self.flow(open.flow)?.amount?)? {
            Value::Integer(cents) => Some((*cents, open.accepted_at)),
            Value::Missing | Value::Text(_) | Value::Boolean(_) => None,
        }
    }

    /// After a fact: stop rules for everything open, guards for what is held, and what a wait looks out
    /// for. `true` when it ended.
    fn reconsider(&mut self, id: NotificationId) -> bool {
        if self.stopped_by_fact(id) {
            return self.open(id).is_none();
        }
        let held_by = match self.open(id).map(|open| &open.phase) {
            Some(Phase::Held { guard, .. }) => Some(*guard),
            _ => None,
        };
        // What is still unknown stays held until the same instant as before.
        if let Some(rule) = held_by
            && !self.still_held(id, rule)
        {
            self.ask_again(id);
        }
        if held_by.is_none() {
            self.wait_again(id);
        }
        self.open(id).is_none()
    }
}

/// Whether a fact of a declared type may change anything for an open notification. What is held is asked
/// again by every fact.
pub(super) fn touches(fact: &DeclaredFact, open: &Open) -> bool {
    let is_held = matches!(open.phase, Phase::Held { .. });
    is_held || fact.subject.is_none() || open.subject.as_deref() == fact.subject.as_ref()
}

/// Whether anything that the rules of an open notification may look at can have changed by the
/// fact. What is held is asked again by every fact: its guards look at the time, too.
fn concerns(fact: &Fact, open: &Open) -> bool {
    match (fact.kind, &fact.subject) {
        (FactKind::Payment | FactKind::OpenAmount, Some(subject)) => {
            open.subject.as_deref() == Some(subject) || matches!(open.phase, Phase::Held { .. })
        }
        (FactKind::Payment | FactKind::OpenAmount, None) => true,
        (FactKind::Balance | FactKind::Appointment | FactKind::Exception, _) => true,
    }
}
