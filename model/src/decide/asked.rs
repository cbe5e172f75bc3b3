//! Owns what comes of a question to the tenant: his answer, and what the page behind the link of its
//! message has to say. Refuses an answer to a question that is not asked now, and to take a look at the
//! page for an answer.

use super::Turn;
use crate::answer::{Answer, LinkAnswer, TaskAnswer};
use crate::event::{Cause, Event};
use crate::flow::{Page, Question, Value};
use crate::ids::NotificationId;
use crate::input::TenantAnswered;
use crate::state::{Open, Phase};

impl<'a> Turn<'a> {
    /// The tenant answers what the step at hand asks him.
    pub(super) fn tenant_answered(&mut self, given: &TenantAnswered) -> Answer {
        Answer::Task(self.take_answer(given))
    }

    fn take_answer(&mut self, given: &TenantAnswered) -> TaskAnswer {
        let id = given.id;
        let Some((question, _)) = self.asks_now(id).filter(|(_, page)| {
            page.asked_by == given.step && !(page.by_machine && given.by.is_empty())
        }) else {
            return TaskAnswer::NotOpen;
        };
        // What leaves meanwhile, a reminder, must not be lost from the record of the step.
        let phase = self.open(id).map(|open| &open.phase);
        if matches!(phase, Some(Phase::Started { .. })) {
            return TaskAnswer::UnderWay;
        }
        let Some(reply) = question.reply(&given.answer) else {
            let known = question.replies.iter();
            return TaskAnswer::Unknown(known.map(|reply| reply.name.clone()).collect());
        };
        let lacks = reply.lacks(&given.says);
        if !lacks.is_empty() {
            return TaskAnswer::Lacks(lacks);
        }
        // Who answers on the page was reached by a message.
        if given.by.is_empty() {
            self.mark_only_used(id);
        }
        let step = given.step;
        self.emit(Event::AnswerKept { id, step });
        self.part_answered(id);
        let (answer, by) = (given.answer.clone(), given.by.clone());
        self.go(id, &reply.go, Cause::TenantAnswered { answer, by });
        TaskAnswer::Taken
    }

    /// What the page says where the flow asks the tenant something. `None`: it does not, or the link of
    /// the step at hand leads elsewhere.
    pub(super) fn asked_page(&mut self, id: NotificationId, language: &str) -> Option<LinkAnswer> {
        let (open, flow, step) = self.at_step(id)?;
        if self.asks_now(id).is_some_and(|(_, page)| !page.by_machine) {
            let asks = LinkAnswer::Asks {
                body: open.body,
                flow: open.flow,
                step: open.step,
                language: language.into(),
            };
            // A button on an older page is no answer to this question.
            self.emit(Event::LinkUsed { id, pressed: false });
            return Some(asks);
        }
        let asks = step.kind.question().is_some();
        let leads_elsewhere = !asks && step.kind.message().is_some_and(|message| message.link);
        if !flow.asks_tenant() || leads_elsewhere {
            return None;
        }
        let is_known = |asked_by: u8| {
            let mut kept = flow.kept_of(asked_by);
            kept.any(|kept| open.fields.get(kept.place) != Some(&Value::Missing))
        };
        let questions = flow.steps.iter().filter_map(|step| step.kind.question());
        let mut pages = questions.filter_map(|question| question.page.as_deref());
        let answered = pages.any(|page| is_known(page.asked_by));
        let end = if answered {
            LinkAnswer::ANSWERED
        } else {
            "closed"
        };
        Some(LinkAnswer::Closed {
            end: end.into(),
            language: language.into(),
        })
    }

    /// What the tenant is asked now, and where he answers.
    fn asks_now(&self, id: NotificationId) -> Option<(&'a Question, &'a Page)> {
        let (open, _, step) = self.at_step(id)?;
        let question = step.kind.question()?;
        let page = question.page.as_deref()?;
        self.may_answer(open).then_some((question, page))
    }

    fn may_answer(&self, open: &Open) -> bool {
        let is_over = open.expires_at.is_some_and(|at| at <= self.now());
        let is_here = self.tenant.household().is_none() && self.closing(open).is_none();
        open.entered && !open.link_closed && !is_over && is_here
    }
}
