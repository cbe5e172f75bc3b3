//! Owns the way to a notification by its id: open, it is found here; ended a moment ago, too; ended
//! before, the table knows, and a reader beside the arbiters looks there. What was asked goes on
//! when it is found, behind whatever the shard has decided meanwhile: a notification that ended
//! stays so. Refuses to read the table on an arbiter.

use sluis_journal::JournalError;
use sluis_model::{Answer, CorporationId, Input, LinkAnswer, NotificationId};

use super::core::ShardCore;
use super::found::{Found, Then};
use super::letter::{Query, Reply, ShardAnswer};
use super::table::Ended;
use crate::readers::LineFull;

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
            Some(_) => self.not_found(reply),
            None => self.look_up(Some(corporation), id, Then::Decide(input), reply),
        }
    }

    /// The engine's own: a timer, an outcome.
    pub(super) fn decide_by_id(&mut self, id: NotificationId, input: Input, reply: Reply) {
        match self.tenants.locate(id) {
            Some(located) => self.decide_for(located.slot, input, reply),
            // Its notification ended meanwhile: the tenant's timeline still gets it.
            None => self.look_up(None, id, Then::Decide(input), reply),
        }
    }

    pub(super) fn query(&mut self, query: &Query, reply: Reply) {
        let (corporation, id, then) = match query {
            Query::Accepted { corporation, id } => (*corporation, *id, Then::Accepted),
            Query::Notification { corporation, id } => (*corporation, *id, Then::Snapshot),
            Query::Echo
            | Query::Tenant(_)
            | Query::List { .. }
            | Query::Survey { .. }
            | Query::Unmatched { .. } => {
                let answer = self.ask(query);
                return self.answer(reply, answer);
            }
            Query::Census => {
                let answer = self.census();
                return self.answer(reply, answer);
            }
        };
        let Some(located) = self.tenants.locate(id) else {
            return self.look_up(Some(corporation), id, then, reply);
        };
        let key = self.tenants.key(located.slot).clone();
        let answer = match (then, self.tenants.tenant(located.slot).find(id)) {
            _ if key.corporation != corporation => ShardAnswer::NotFound,
            (Then::Accepted, Some(open)) => ShardAnswer::Accepted {
                position: open.body,
            },
            _ => self.snapshot(&key, None),
        };
        self.answer(reply, answer);
    }

    /// Goes on with a notification that is not open: at once when how it ended is at hand, else
    /// when a reader has looked.
    fn look_up(
        &mut self,
        corporation: Option<CorporationId>,
        id: NotificationId,
        then: Then,
        reply: Reply,
    ) {
        let known = self
            .effects
            .just_ended(id)
            .cloned()
            .or_else(|| self.settings.endings.at_hand(id));
        if known.is_some() {
            return self.found(Found {
                ended: known,
                corporation,
                then,
                reply,
            });
        }
        let (endings, journal, shard) = (
            self.settings.endings.clone(),
            self.settings.journal.clone(),
            self.settings.journal_shard(),
        );
        let inbox = self.settings.inbox().clone();
        let activity = self.settings.activity.clone();
        activity.begin(1);
        let under_way = Ending(activity);
        let look = move || {
            let ended = endings.find(&*journal, shard, id);
            match (ended, then) {
                // It is in the table, so it is durable: nothing of the shard's is needed.
                (Ok(ended), Then::Accepted) => reply.send(accepted(ended.as_ref(), corporation)),
                (Ok(ended), then) => inbox.found(Found {
                    ended,
                    corporation,
                    then,
                    reply,
                }),
                (Err(error), _) => unreadable(shard.0, &error),
            }
            drop(under_way);
        };
        let asked = match corporation {
            Some(corporation) => self.settings.readers.ask(corporation, Box::new(look)),
            None => self.settings.readers.ask_for_the_engine(Box::new(look)),
        };
        // Too much of one corporation is asked for at once: dropped, the reply tells its sender to
        // ask again.
        if let Err(LineFull(look)) = asked {
            drop(look);
        }
    }

    pub(super) fn found(&mut self, found: Found) {
        let Found {
            ended,
            corporation,
            then,
            reply,
        } = found;
        let theirs = |ended: &Ended| {
            corporation.is_none_or(|corporation| ended.tenant.corporation == corporation)
        };
        let Some(ended) = ended.filter(theirs) else {
            return self.not_found(reply);
        };
        match then {
            Then::Accepted => self.answer(
                reply,
                ShardAnswer::Accepted {
                    position: ended.accepted,
                },
            ),
            Then::Snapshot => {
                let answer = self.snapshot(&ended.tenant.clone(), Some(ended));
                self.answer(reply, answer);
            }
            Then::Decide(input) => {
                let slot = self.tenants.slot(&ended.tenant);
                // A link is answered by how its notification ended; nothing is decided.
                if let Input::Link { .. } = input {
                    let language = self
                        .tenants
                        .tenant(slot)
                        .profile
                        .as_deref()
                        .map(|p| p.language.clone())
                        .unwrap_or_default();
                    let answer = Answer::Link(LinkAnswer::Closed {
                        end: ended.end,
                        language,
                    });
                    return self.answer(
                        reply,
                        ShardAnswer::Decided {
                            answer,
                            position: 0,
                        },
                    );
                }
                self.decide_for(slot, input, reply);
            }
        }
    }

    fn not_found(&mut self, reply: Reply) {
        self.answer(reply, ShardAnswer::NotFound);
    }
}

/// Ends what is under way when it is dropped, at a panic too.
struct Ending(std::sync::Arc<crate::wake::Activity>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(1);
    }
}

fn accepted(ended: Option<&Ended>, corporation: Option<CorporationId>) -> ShardAnswer {
    match ended {
        Some(ended) if Some(ended.tenant.corporation) == corporation => ShardAnswer::Accepted {
            position: ended.accepted,
        },
        _ => ShardAnswer::NotFound,
    }
}

/// Nothing is "not there" because it could not be read: the reply is dropped, and its sender asks
/// again.
fn unreadable(shard: u16, error: &JournalError) {
    tracing::error!(shard, %error, "how a notification ended could not be read: see `sluis journal verify`");
}
