//! Owns the small world of a scenario: one tenant, one flow, providers that answer at once, and a clock
//! that jumps. Every decision is the engine's own. Refuses to judge what came of it.

use std::collections::BTreeMap;

use sluis_model::steering::Steering;
use sluis_model::{
    Answer, AttemptRef, Cause, Channel, CorporationId, Environment, Event, Flow, FlowBook, FlowRef,
    Input, LateReceipt, NotificationId, Permit, Phase, Policy, Receipt, ReceiptKind, Refusal,
    RetryPolicy, Situation, TaskAnswer, Tenant, Timestamp, Verdict, Why, decide,
};

use super::coverage::Coverage;
use super::happening::Behaviour;
use super::line::{Line, What};

/// Whose tenant it is.
pub(super) const CORPORATION: CorporationId = CorporationId(1);
/// The tenant's number.
const TENANT: &str = "H-1001";
/// Open notifications of one tenant.
const MAX_OPEN: usize = 100;

/// The only flow there is.
struct Only<'a>(&'a Flow);

impl FlowBook for Only<'_> {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        (self.0.reference == reference).then_some(self.0)
    }
}

/// One attempt, and where it went.
struct Attempt {
    attempt: AttemptRef,
    channel: Channel,
    address: Box<str>,
    /// Which variant of its step's template it has; 0: the template itself.
    variant: u8,
    /// Whether its line was written.
    is_told: bool,
}

/// The world.
pub(super) struct World<'a> {
    /// The clock.
    pub now: Timestamp,
    /// What became visible.
    pub lines: Vec<Line>,
    /// What could not happen as it was written.
    pub complaints: Vec<String>,
    /// Notifications, in the order in which they came in.
    pub notifications: Vec<NotificationId>,
    /// How providers answer, where not by taking everything.
    pub behaviours: BTreeMap<Channel, Behaviour>,
    flow: &'a Flow,
    start: Timestamp,
    policy: Policy,
    tenant: Tenant,
    sequence: u64,
    attempts: Vec<Attempt>,
    steps: BTreeMap<NotificationId, u8>,
    coverage: &'a mut Coverage,
}

impl<'a> World<'a> {
    pub(super) fn new(
        flow: &'a Flow,
        start: Timestamp,
        steering: &Steering,
        coverage: &'a mut Coverage,
    ) -> Self {
        let policy = Policy {
            environment: Environment::Production,
            channels: [(CORPORATION, Channel::ALL.to_vec())].into(),
            allow_list: Default::default(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: MAX_OPEN,
            steering: [(CORPORATION, steering.clone())].into(),
        };
        Self {
            now: start,
            lines: Vec::new(),
            complaints: Vec::new(),
            notifications: Vec::new(),
            behaviours: BTreeMap::new(),
            flow,
            start,
            policy,
            tenant: Tenant::default(),
            sequence: 0,
            attempts: Vec::new(),
            steps: BTreeMap::new(),
            coverage,
        }
    }

    /// Gives one input to the rules, and writes down what became visible. Gives what its sender is told.
    pub(super) fn give(&mut self, input: &Input) -> Answer {
        self.sequence += 1;
        let flows = Only(self.flow);
        let situation = Situation {
            now: self.now,
            sequence: self.sequence,
            corporation: CORPORATION,
            tenant: TENANT,
            flows: &flows,
            policy: &self.policy,
        };
        let decision = decide(&mut self.tenant, input, situation);
        for event in &decision.events {
            self.note(event);
        }
        decision.answer
    }

    fn note(&mut self, event: &Event) {
        if let Event::StepEntered { id, step, cause } = event {
            self.coverage
                .entered(self.flow, self.steps.get(id).copied(), *step, cause);
            self.steps.insert(*id, *step);
        }
        if let Event::AttemptStarted {
            id,
            attempt,
            channel,
            address,
            ..
        } = event
        {
            let step = self.steps.get(id).copied().unwrap_or_default();
            self.attempts.push(Attempt {
                attempt: AttemptRef {
                    id: *id,
                    step,
                    attempt: *attempt,
                },
                channel: *channel,
                address: address.clone(),
                variant: 0,
                is_told: false,
            });
        }
        if let (Event::Varied { number, .. }, Some(newest)) = (event, self.attempts.last_mut()) {
            newest.variant = *number;
        }
        if let Event::AttemptAccepted { id, attempt, .. }
        | Event::AttemptDelivered { id, attempt } = event
        {
            self.sent(*id, *attempt);
        }
        if let Event::Held { id, guard, .. } = event {
            let rule = self.flow.holds(*guard);
            let name = rule.map_or_else(Box::default, |rule| rule.name.into());
            self.line(*id, What::Held(name));
        }
        if let Event::TaskOpened {
            id, list, cause, ..
        } = event
        {
            self.left(*id, cause);
            let (list, team) = (list.clone(), None);
            self.line(*id, What::Task { list, team });
        }
        if let Event::TaskPlanned { plan, .. } = event
            && let Some(Line {
                what: What::Task { team, .. },
                ..
            }) = self.lines.last_mut()
        {
            team.clone_from(&plan.team);
        }
        if let Event::TaskReminded { id, .. } = event {
            let open = self.tenant.find(*id).map(|open| &open.phase);
            if let Some(Phase::Task { list, .. }) = open {
                let list = list.clone();
                self.line(*id, What::Reminded(list));
            }
        }
        if let Event::Closing { id, cause, .. } = event {
            self.left(*id, cause);
        }
        if let Event::FactSet { id, set } = event {
            let (kind, says) = (set.fact.kind.clone(), set.fact.says.clone());
            self.line(*id, What::Set { kind, says });
        }
        if let Event::Ended { id, end, cause } = event {
            self.left(*id, cause);
            self.line(*id, What::End(end.clone()));
        }
    }

    /// A step was left for people or an end.
    fn left(&mut self, id: NotificationId, cause: &Cause) {
        self.coverage
            .left(self.flow, self.steps.get(&id).copied(), cause);
    }

    fn sent(&mut self, id: NotificationId, attempt: u16) {
        let fits =
            |known: &&mut Attempt| known.attempt.id == id && known.attempt.attempt == attempt;
        let Some(found) = self
            .attempts
            .iter_mut()
            .find(fits)
            .filter(|found| !found.is_told)
        else {
            return;
        };
        found.is_told = true;
        let channel = found.channel;
        let message = self.flow.message(found.attempt.step);
        let variant = found.variant;
        let template = message.and_then(|message| message.template(channel, variant));
        let template = template.unwrap_or_default().into();
        self.line(id, What::Sent { channel, template });
    }

    fn line(&mut self, id: NotificationId, what: What) {
        let of = self.notifications.iter().position(|known| *known == id);
        self.lines.push(Line {
            after: self.now.since(self.start),
            of: of.map_or(0, |of| of + 1),
            what,
        });
    }

    /// A number that no fact has yet.
    pub(super) const fn fact_number(&self) -> u64 {
        self.sequence
    }

    /// A notification of the scenario, from 1.
    pub(super) fn notification(&mut self, of: usize) -> Option<NotificationId> {
        let found = self.notifications.get(of.wrapping_sub(1)).copied();
        if found.is_none() {
            self.complaints
                .push(format!("there is no notification {of} yet"));
        }
        found
    }

    /// Gives an answer of people. One that leads nowhere, or finds no task, is complained of.
    pub(super) fn give_answer(&mut self, input: &Input, answer: &str) {
        let complaint = match self.give(input) {
            Answer::Task(TaskAnswer::Unknown(known)) => {
                let known = known.join(", ");
                format!("answer {answer:?} leads nowhere: expected one of {known}")
            }
            Answer::Task(TaskAnswer::Lacks(fields)) => {
                let fields = fields.join(", ");
                format!("answer {answer:?} asks for {fields}, too")
            }
            Answer::Task(TaskAnswer::NotOpen) => {
                format!("answer {answer:?} finds no open task: nobody is asked at that time")
            }
            _ => return,
        };
        self.complaints.push(complaint);
    }

    /// The step at which a notification stands.
    pub(super) fn step(&self, id: NotificationId) -> Option<u8> {
        self.tenant.find(id).map(|open| open.step)
    }

    /// Whether people have it.
    pub(super) fn has_task(&self, id: NotificationId) -> bool {
        let open = self.tenant.find(id);
        open.is_some_and(|open| matches!(open.phase, Phase::Task { .. }))
    }

    /// The number of the task that is open.
    pub(super) fn task(&self, id: NotificationId) -> u16 {
        self.tenant.find(id).map_or(0, |open| open.tasks)
    }

    /// A receipt about the last message over a channel.
    pub(super) fn receipt(&mut self, of: usize, kind: ReceiptKind, channel: Channel) {
        let Some(id) = self.notification(of) else {
            return;
        };
        let fits = |known: &&Attempt| known.attempt.id == id && known.channel == channel;
        let Some(found) = self.attempts.iter().rev().find(fits) else {
            self.complaints.push(format!(
                "nothing was sent over {channel} that a receipt could be about"
            ));
            return;
        };
        let receipt = Receipt {
            attempt: found.attempt,
            kind,
            why: Some(Why::new("5.1.1", "scenario")),
            provider: format!("{channel}-provider").into(),
            occurred_at: None,
        };
        let input = match self.tenant.find(id) {
            Some(_) => Input::Receipt(receipt),
            None => Input::LateReceipt(Box::new(LateReceipt {
                receipt,
                channel,
                address: found.address.clone(),
            })),
        };
        self.give(&input);
    }

    /// The earliest instant at which something is due by itself.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let due = self.notifications.iter().filter_map(|id| self.due_of(*id));
        due.min()
    }

    fn due_of(&self, id: NotificationId) -> Option<Timestamp> {
        let open = self.tenant.find(id)?;
        match &open.phase {
            Phase::Ready {
                channel,
                not_before,
                ..
            } => {
                let line_moves = self.behaviours.get(channel) != Some(&Behaviour::Waits);
                let permit = line_moves.then_some(*not_before);
                permit.into_iter().chain(open.expires_at).min()
            }
            Phase::Started { .. } => Some(self.now),
            _ => open.due(),
        }
    }

    /// Does one thing that is due. False: nothing is.
    pub(super) fn turn(&mut self) -> bool {
        let is_due = |id: &&NotificationId| self.due_of(**id).is_some_and(|due| due <= self.now);
        let Some(id) = self.notifications.iter().find(is_due).copied() else {
            return false;
        };
        let Some(open) = self.tenant.find(id) else {
            return false;
        };
        let input = match &open.phase {
            Phase::Ready {
                channel,
                pinned,
                not_before,
                ..
            } if *not_before <= self.now => Input::Permit(Permit {
                id,
                channel: *channel,
                provider: pinned
                    .clone()
                    .unwrap_or_else(|| format!("{channel}-provider").into()),
                on_doubt: sluis_model::OnDoubt::Hold,
            }),
            Phase::Started {
                attempt, channel, ..
            } => Input::Outcome {
                attempt: AttemptRef {
                    id,
                    step: open.step,
                    attempt: *attempt,
                },
                verdict: self.verdict(*channel),
            },
            _ => Input::Timer { id },
        };
        self.give(&input);
        true
    }

    fn verdict(&self, channel: Channel) -> Verdict {
        match self.behaviours.get(&channel) {
            // A machine has no address that could be wrong.
            Some(Behaviour::Refuses) if channel == Channel::Machine => Verdict::Refused {
                class: Refusal::Unsendable,
                why: Why::new("http 422", "scenario"),
            },
            Some(Behaviour::Refuses) => Verdict::Refused {
                class: Refusal::Address,
                why: Why::new("5.1.1", "scenario"),
            },
            Some(Behaviour::Takes | Behaviour::Waits) | None => Verdict::Accepted {
                provider_id: "scenario".into(),
            },
        }
    }
}
