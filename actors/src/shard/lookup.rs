//! Owns the way to a notification by its id: open, it is found here; ended a moment ago, too; ended
//! before, the table knows, and a reader beside the arbiters looks there. What was asked goes on
//! when it is found, behind whatever the shard has decided meanwhile: a notification that ended
//! stays so. Refuses to read the table on an arbiter.

use sluis_model::{Answer, CorporationId, Input, LinkAnswer, NotificationId};

use super::core::ShardCore;
use super::found::{Asked, Found, Then, accepted};
use super::late;
use super::look::Look;
use super::message::Message;
use super::request::{Reply, ShardAnswer, ShardRequest};
use super::table::Ended;
use crate::tenant::Awake;

impl ShardCore {
    pub(super) fn by_id(
        &mut self,
        corporation: CorporationId,
        id: NotificationId,
        input: Input,
        reply: Reply,
    ) {
        let located = self.tenants.locate(id);
        if let Some(slot) = self.asleep(corporation, id, located) {
            let again = ShardRequest::ById {
                corporation,
                id,
                input,
                reply,
            };
            return self.wait_for(slot, again.into());
        }
        let Some(located) = located else {
            let asked = Asked {
                corporation: Some(corporation),
                then: Then::Decide(input),
                reply,
            };
            return self.look_up(id, asked);
        };
        match self.tenants.awake(located.slot) {
            Some(tenant) if self.tenants.corporation(located.slot) == corporation => {
                self.decide_for(tenant, input, reply);
            }
            Some(_) | None => self.answer(reply, ShardAnswer::NotFound),
        }
    }

    /// The engine's own: a timer, an outcome.
    pub(super) fn decide_by_id(&mut self, id: NotificationId, input: Input) {
        let Some(located) = self.tenants.locate(id) else {
            // Its notification ended meanwhile: the tenant's timeline still gets it.
            let asked = Asked {
                corporation: None,
                then: Then::Decide(input),
                reply: Reply::nobody(),
            };
            return self.look_up(id, asked);
        };
        match self.tenants.awake(located.slot) {
            Some(tenant) => self.decide_for(tenant, input, Reply::nobody()),
            None => self.wait_for(located.slot, Message::Own(id, input)),
        }
    }

    /// Goes on with a notification that is not open: at once when how it ended is at hand, else
    /// when a reader has looked.
    pub(super) fn look_up(&mut self, id: NotificationId, mut asked: Asked) {
        let known = self.ended_at_hand(id, &mut asked);
        if known.is_some() {
            return self.found(Found {
                ended: known,
                asked,
            });
        }
        let corporation = asked.corporation;
        let look = Look::new(&self.settings, id, asked);
        let work = Box::new(move || look.run());
        let readers = &self.settings.readers;
        let taken = match corporation {
            Some(corporation) => readers.ask(corporation, work),
            None => readers.ask_for_the_engine(work),
        };
        // Too much of one corporation is asked for at once: dropped, the reply tells its sender to
        // ask again.
        drop(taken);
    }

    /// How it ended, if that is known here, with all that is asked. Of what ended a moment ago no
    /// record can be read yet; of anything older only the records say where its messages went.
    fn ended_at_hand(&self, id: NotificationId, asked: &mut Asked) -> Option<Ended> {
        let attempt = asked.then.asks_where();
        if let Some(just) = self.effects.just_ended(id) {
            let tried = just.tried.as_deref();
            let went = attempt.and_then(|attempt| late::remembered(tried, attempt));
            asked.told_where(went);
            return Some(just.ended.clone());
        }
        match attempt {
            Some(_) => None,
            None => self.settings.endings.at_hand(id),
        }
    }

    /// Goes on with what was found.
    pub(super) fn found(&mut self, Found { ended, asked }: Found) {
        let Some(ended) = asked.may_know(ended) else {
            return self.answer(asked.reply, ShardAnswer::NotFound);
        };
        let known = match self.tenants.find(&ended.tenant) {
            Err(slot) if asked.then.needs_state() => {
                let ended = Some(ended);
                return self.wait_for(slot, Message::Found(Found { ended, asked }));
            }
            known => known.ok().flatten(),
        };
        let Asked { then, reply, .. } = asked;
        match then {
            Then::Accepted => self.answer(reply, accepted(Some(&ended))),
            Then::Snapshot => {
                let answer = self.snapshot(&ended.tenant.clone(), Some(ended));
                self.answer(reply, answer);
            }
            Then::Decide(input) => {
                let tenant = known.unwrap_or_else(|| self.tenants.host.add(&ended.tenant));
                self.decide_ended(tenant, ended, input, reply);
            }
        }
    }

    fn decide_ended(&mut self, tenant: Awake, ended: Ended, input: Input, reply: Reply) {
        // A link is answered by how its notification ended; nothing is decided.
        if let Input::Link { .. } = input {
            let answer = self.closed_link(tenant, ended);
            return self.answer(reply, answer);
        }
        self.decide_for(tenant, input, reply);
    }

    /// What a link says whose notification ended.
    fn closed_link(&self, tenant: Awake, ended: Ended) -> ShardAnswer {
        let profile = self.tenants.state(tenant).profile.as_deref();
        let closed = LinkAnswer::Closed {
            end: ended.end,
            language: profile.map(|p| p.language.clone()).unwrap_or_default(),
        };
        ShardAnswer::Decided {
            answer: Answer::Link(closed),
            position: 0,
        }
    }
}
