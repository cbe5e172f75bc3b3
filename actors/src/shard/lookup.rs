//! Owns the way to a notification by its id: open, it is found here; ended a moment ago, too; ended
//! before, the table knows, and a reader beside the arbiters looks there. What was asked goes on
//! when it is found, behind whatever the shard has decided meanwhile: a notification that ended
//! stays so. Refuses to read the table on an arbiter.

use sluis_model::{Answer, CorporationId, Input, LinkAnswer, NotificationId};

use super::core::ShardCore;
use super::found::{Asked, Found, Then, accepted};
use super::late;
use super::look::Look;
use super::place::Slot;
use super::request::{Reply, ShardAnswer};
use super::table::Ended;

impl ShardCore {
    pub(super) fn by_id(
        &mut self,
        corporation: CorporationId,
        id: NotificationId,
        input: Input,
        reply: Reply,
    ) {
        match self.tenants.locate(id) {
            Some(located) if self.tenants.key(located.slot).corporation == corporation => {
                self.decide_for(located.slot, input, reply);
            }
            Some(_) => self.answer(reply, ShardAnswer::NotFound),
            None => {
                let asked = Asked {
                    corporation: Some(corporation),
                    then: Then::Decide(input),
                    reply,
                };
                self.look_up(id, asked);
            }
        }
    }

    /// The engine's own: a timer, an outcome.
    pub(super) fn decide_by_id(&mut self, id: NotificationId, input: Input, reply: Reply) {
        match self.tenants.locate(id) {
            Some(located) => self.decide_for(located.slot, input, reply),
            // Its notification ended meanwhile: the tenant's timeline still gets it.
            None => {
                let asked = Asked {
                    corporation: None,
                    then: Then::Decide(input),
                    reply,
                };
                self.look_up(id, asked);
            }
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
        let ended = asked.may_know(ended);
        let Asked { then, reply, .. } = asked;
        let Some(ended) = ended else {
            return self.answer(reply, ShardAnswer::NotFound);
        };
        match then {
            Then::Accepted => self.answer(reply, accepted(Some(&ended))),
            Then::Snapshot => {
                let answer = self.snapshot(&ended.tenant.clone(), Some(ended));
                self.answer(reply, answer);
            }
            Then::Decide(input) => {
                let slot = self.tenants.slot(&ended.tenant);
                self.decide_ended(slot, ended, input, reply);
            }
        }
    }

    fn decide_ended(&mut self, slot: Slot, ended: Ended, input: Input, reply: Reply) {
        // A link is answered by how its notification ended; nothing is decided.
        if let Input::Link { .. } = input {
            let answer = self.closed_link(slot, ended);
            return self.answer(reply, answer);
        }
        self.decide_for(slot, input, reply);
    }

    /// What a link says whose notification ended.
    fn closed_link(&self, slot: Slot, ended: Ended) -> ShardAnswer {
        let profile = self.tenants.tenant(slot).profile.as_deref();
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
