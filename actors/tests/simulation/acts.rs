//! Owns what senders, tenants and people do, drawn from the seed. Refuses anything that the binary
//! would not let in.

use sluis_actors::ShardRequest;
use sluis_model::flow::Value;
use sluis_model::{
    Addressed, CancelTarget, Cause, Channel, ContactKind, Control, CorporationId, DAY, Environment,
    Fact, FactKind, FlowRef, Given, HOUR, Idempotency, Input, Intent, Lane, MINUTE, Notification,
    NotificationId, PauseScope, PausedBy, Phase, Preference, SECOND, ShardId, Subject, Supplied,
    TaskAnswered, TenantKey, Timestamp, home_shard,
};

use crate::senders::{Order, Told, What};
use crate::world::World;

/// What every invoice asks for, in cents.
pub(crate) const OWED: i64 = 10_000;

/// What a notification asks for.
pub(crate) struct Asked {
    pub(crate) flow: FlowRef,
    pub(crate) category: &'static str,
    pub(crate) subject: Option<Subject>,
    pub(crate) fields: Box<[Value]>,
    /// All that its data says, where its flow is drawn.
    pub(crate) says: Box<[(&'static str, Value)]>,
}

impl World {
    /// One of the things that happen outside.
    pub(crate) fn act(&mut self) {
        let orders = self.senders.orders.len();
        let known = usize::from(orders > 0);
        let weights = [
            8,
            4 * known,
            3 * known,
            3,
            2,
            3,
            known,
            known,
            1,
            2 * known,
            2 * known,
            usize::from(!self.senders.facts.is_empty()),
            4 * usize::from(self.plan.drawn),
            3 * usize::from(self.plan.households),
            6 * usize::from(self.plan.machine),
        ];
        match self.chance.senders.weighed(&weights) {
            Some(0) => self.order(),
            Some(1) => {
                let order = self.newest(orders);
                // Rows of mailings come from their driver alone.
                if !self.senders.orders[order].is_row() {
                    self.admit(order);
                }
            }
            Some(2) => self.fact(FactKind::Payment),
            Some(3) => self.fact(FactKind::Balance),
            Some(4) => self.fact(FactKind::OpenAmount),
            Some(5) => self.profile(),
            Some(6) => self.cancel(),
            Some(7) => self.cancel_subject(),
            Some(8) => self.pause(),
            Some(9) => self.link(),
            Some(10) => self.task(),
            Some(12) => self.say(),
            Some(13) => self.supply(),
            Some(14) => self.machine_answers(),
            _ => {
                let fact = self.newest(self.senders.facts.len());
                self.tell_fact(fact);
            }
        }
    }

    /// One of `count`, the newest most often.
    fn newest(&mut self, count: usize) -> usize {
        let back = self
            .chance
            .senders
            .below(count.max(1))
            .min(self.chance.senders.below(count.max(1)));
        count.saturating_sub(1 + back)
    }

    pub(crate) fn tenant(&mut self) -> TenantKey {
        let corporation = CorporationId(
            1 + self
                .chance
                .senders
                .below(usize::from(self.plan.corporations)) as u16,
        );
        TenantKey::new(
            corporation,
            format!("H-{}", self.chance.senders.below(self.plan.tenants)),
        )
    }

    pub(crate) fn invoice(&mut self) -> Subject {
        Subject {
            kind: "invoice".into(),
            id: format!("F-{}", self.chance.senders.below(4)).into(),
        }
    }

    /// What is asked of one of the shipped flows.
    pub(crate) fn asked(&mut self) -> Asked {
        let senders = &mut self.chance.senders;
        let name = match self.plan.machine {
            true => senders.pick(&["payment-link", "payment-link", "payment-link", "reminder"]),
            false => senders.pick(&["reminder", "reminder", "storno", "notice"]),
        };
        let subject = (name != "notice").then(|| self.invoice());
        let flow = self.flows.named(name);
        let value = |field: &str| match field {
            "amount_cents" => Value::Integer(OWED),
            "invoice_id" => Value::Text("F".into()),
            "reason_code" => Value::Text("AM04".into()),
            _ => Value::Missing,
        };
        Asked {
            flow: flow.reference,
            category: "collection",
            subject,
            fields: flow.fields.iter().map(|field| value(field)).collect(),
            says: Box::default(),
        }
    }

    /// A new notification, handed in at once.
    fn order(&mut self) {
        let (tenant, number) = (self.tenant(), self.senders.orders.len() as u64);
        let tenant = self.household_instead().unwrap_or(tenant);
        let addressed = match tenant.as_household() {
            Some(_) => Addressed::Household,
            None => Addressed::Tenant,
        };
        let asked = match self.plan.drawn {
            true => self.asked_of_drawn(),
            false => self.asked(),
        };
        let now = self.clock.peek();
        let rng = &mut self.chance.senders;
        let (urgent, bulk) = self.plan.lanes;
        let lane = match rng.below(100) {
            n if n < urgent => Lane::Urgent,
            n if n < urgent + bulk => Lane::Bulk,
            _ => Lane::Normal,
        };
        let body = Notification {
            id: NotificationId(0),
            flow: asked.flow,
            category: asked.category.into(),
            subject: asked.subject,
            data: "{}".into(),
            fields: asked.fields,
            lane,
            send_after: rng.chance(20).then(|| now.plus(rng.within(0, 2 * DAY))),
            expires_at: rng.chance(20).then(|| now.plus(rng.within(0, 20 * DAY))),
            environment: if rng.chance(95) {
                Environment::Production
            } else {
                Environment::Test
            },
            idempotency: Idempotency {
                key: u128::from(number) << 4,
                body: number,
            },
            addressed,
        };
        self.senders.orders.push(Order {
            tenant,
            body,
            told: None,
            own_id: None,
            says: asked.says,
        });
        self.admit(number as usize);
    }

    /// A new fact, mostly about something that was ordered, handed in at once.
    fn fact(&mut self, kind: FactKind) {
        let order = self.newest(self.senders.orders.len());
        let ordered = self
            .senders
            .orders
            .get(order)
            .map(|order| (order.tenant.clone(), order.body.subject.clone()));
        let (tenant, subject) = match ordered {
            Some((tenant, subject)) if self.chance.senders.chance(85) => {
                (self.one_of(tenant), subject)
            }
            _ => (self.tenant(), None),
        };
        let subject = match subject {
            Some(subject) => subject,
            None => self.invoice(),
        };
        let number = self.senders.facts.len() as i64;
        let mut tenants = vec![tenant.clone()];
        if self.chance.senders.chance(20) {
            let other = TenantKey::new(
                tenant.corporation,
                format!("H-{}", self.chance.senders.below(self.plan.tenants)),
            );
            tenants.extend((other != tenant).then_some(other));
        }
        let rng = &mut self.chance.senders;
        let cents = match kind {
            FactKind::Payment => rng.pick(&[OWED, OWED, OWED / 2]),
            _ => rng.pick(&[OWED, OWED, OWED / 2, 0]),
        };
        // Times at the source are distinct, so that "newest" has one meaning. Some clocks are
        // ahead: by what the door takes, or by as much as an older build took.
        let ago = match rng.below(20) {
            0..6 => rng.within(0, 30 * HOUR),
            6..9 => -rng.within(0, 5 * MINUTE),
            9 => -rng.pick(&[HOUR, 3 * DAY, 3_650 * DAY]),
            _ => 0,
        };
        let ago = if self.plan.drawn {
            ago.max(2 * SECOND)
        } else {
            ago
        };
        let at = self.clock.peek().0 - ago;
        let occurred_at = Timestamp(at - at.rem_euclid(1_024) + number.rem_euclid(1_024));
        let fact = Fact {
            fact_id: format!("fact-{number}").into(),
            body: number as u64,
            kind,
            subject: kind.needs_subject().then_some(subject),
            amount_cents: Some(cents),
            occurred_at,
            environment: Environment::Production,
        };
        self.senders.facts.push(Told {
            tenants,
            fact,
            acknowledged: false,
        });
        self.tell_fact(number as usize);
    }

    fn profile(&mut self) {
        let tenant = self.tenant();
        let rng = &mut self.chance.senders;
        let version = rng.below(3);
        let mail = Given::new(
            ContactKind::Email,
            format!("{}-{version}@example.nl", tenant.tenant),
        );
        let phone = Given::mobile(format!("+3160000000{version}"));
        let points = match rng.below(10) {
            0 => Vec::new(),
            1 => vec![mail],
            2 => vec![phone],
            _ => vec![mail, phone],
        };
        let preferences = if rng.chance(30) {
            let channel = rng.pick(&[Channel::Email, Channel::Sms, Channel::Letter]);
            vec![Preference::new("*", channel)]
        } else {
            Vec::new()
        };
        let supplied = Supplied {
            points,
            preferences,
            ..Supplied::default()
        };
        let shard = tenant.shard(self.plan.shards);
        self.note(|| format!("a profile for {tenant:?}"));
        let input = Input::PutProfile(Box::new(supplied));
        self.hand_in(What::Profile, shard, |reply| ShardRequest::Input {
            tenant,
            input,
            reply,
            claim: None,
        });
    }

    /// An id some sender was given, with its corporation.
    fn some_id(&mut self) -> Option<(CorporationId, NotificationId)> {
        let order = self.newest(self.senders.orders.len());
        let order = self.senders.orders.get(order)?;
        let (corporation, id) = (order.tenant.corporation, order.told?);
        Some((corporation, self.part_of(id)))
    }

    fn cancel(&mut self) {
        let Some((corporation, id)) = self.some_id() else {
            return;
        };
        self.note(|| format!("{id} is cancelled"));
        let input = Input::Cancel {
            target: CancelTarget::Notification(id),
            note: "desk".into(),
        };
        self.hand_in(What::Cancel, id.shard(), |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        });
    }

    fn cancel_subject(&mut self) {
        let (corporation, subject) = (self.tenant().corporation, self.invoice());
        self.note(|| format!("everything about {subject} of {corporation} is cancelled"));
        let home = home_shard(subject.id.as_bytes(), self.plan.shards);
        let work = Intent::CancelSubject {
            corporation,
            subject,
            note: "desk".into(),
        };
        self.hand_in(What::Cancel, home, |reply| ShardRequest::Intent {
            work,
            reply,
        });
    }

    fn pause(&mut self) {
        let corporation = Some(self.tenant().corporation);
        let channel = self.chance.senders.pick(&[None, Some(Channel::Email)]);
        let scope = PauseScope {
            corporation,
            flow: None,
            channel,
            by: PausedBy::Corporation,
        };
        let control = if self.chance.senders.chance(50) {
            Control::Pause(scope.clone())
        } else {
            Control::Resume(scope.clone())
        };
        self.note(|| format!("{control:?}"));
        self.senders.pauses.insert(scope);
        for shard in (0..self.plan.shards).map(ShardId) {
            let control = control.clone();
            self.hand_in(What::Pause, shard, |reply| ShardRequest::Control {
                control,
                reply,
            });
        }
    }

    fn link(&mut self) {
        let Some((corporation, id)) = self.some_id() else {
            return;
        };
        let pressed = self.chance.senders.chance(60);
        self.note(|| format!("the link of {id} is used, pressed: {pressed}"));
        let input = Input::Link { id, pressed };
        self.hand_in(What::Link, id.shard(), |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        });
    }

    /// People answer a task, when there is one.
    fn task(&mut self) {
        let tasks = self
            .shadow
            .all_open()
            .filter_map(|(tenant, open)| match &open.phase {
                Phase::Task { task, asked, .. } => {
                    let unread = matches!(asked.cause, Cause::Unexplained { .. });
                    let own = self.flows.drawn(open.flow);
                    let own = own.is_some_and(|flow| flow.asks_people(usize::from(open.step)));
                    Some((tenant.corporation, open.id, *task, (unread, own)))
                }
                _ => None,
            });
        let tasks: Vec<_> = tasks.collect();
        if tasks.is_empty() {
            return;
        }
        let (corporation, id, task, (unread, own)) = self.chance.senders.pick(&tasks);
        let answers: &[&str] = if unread {
            &["arrived", "arrived", "bounced", "close"]
        } else if own {
            &["go on", "go on", "again", "close"]
        } else {
            &["retry", "retry", "close"]
        };
        let answer = self.chance.senders.pick(answers);
        self.note(|| format!("task {task} of {id} is answered: {answer}"));
        let input = if own && answer == "go on" {
            Input::TaskAnswered(Box::new(TaskAnswered {
                id,
                task,
                answer: answer.into(),
                by: "desk".into(),
                says: self.drawn_says(),
            }))
        } else {
            Input::Answer {
                id,
                task,
                answer: answer.into(),
                by: "desk".into(),
            }
        };
        self.hand_in(What::Task, id.shard(), |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        });
    }
}
