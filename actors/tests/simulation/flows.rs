//! Owns the flows of the simulated house: the shipped ones and one with waits of more than a year,
//! compiled once. Refuses templates: nothing is rendered here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use sluis_model::flow::Definition;
use sluis_model::{Flow, FlowBook, FlowRef, Role};

use crate::drawn::Drawn;
use crate::plan::Plan;
use crate::planted::Bug;

const STORNO: &str = include_str!("../../../config/flows/storno.toml");
const NOTICE: &str = include_str!("../../../config/flows/notice.toml");
const PAYMENT_LINK: &str = include_str!("../../../examples/flows/payment-link.toml");
const STORNO_CLASS: &str = include_str!("../../../config/flows/classes/storno-class.toml");
/// No guard asks for a balance, so payments alone stop it; its waits outlast any run of the
/// process.
const REMINDER: &str = r#"
name = "reminder"
version = 1
purpose = "collection"
subject = "invoice"
amount = "amount_cents"
hold_for = "72h"

[input]
amount_cents = "money"

[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
close_link = true
end = "paid"

[[step]]
id = "mail"
send = { template = { email = "mail", sms = "sms" }, via = ["preferred", "email"], link = true }
on.bounced = "sms"
on.unanswered = { after = "48h", go = "sms" }
on.answered = "payment"

[[step]]
id = "sms"
send = { template = { sms = "sms" }, via = ["sms"] }
on.bounced = "human: collections"
on.settled = { after = "30d", go = "year" }

[[step]]
id = "year"
wait = { for = "400d", then = "again" }

[[step]]
id = "again"
send = { template = { email = "mail", sms = "sms" }, via = ["email", "sms"] }
on.bounced = "human: collections"
on.settled = { after = "24h", go = "end: sent" }

[[step]]
id = "payment"
wait = { for = "5d", then = "human: collections" }
"#;

/// All flows, by reference.
#[derive(Debug)]
pub(crate) struct Flows {
    all: BTreeMap<FlowRef, Flow>,
    /// What those are that the seed drew.
    drawn: BTreeMap<FlowRef, Drawn>,
}

impl Flows {
    /// The flows, compiled once for all runs.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Flows>> = OnceLock::new();
        SHARED
            .get_or_init(|| Arc::new(Self::compile(PAYMENT_LINK)))
            .clone()
    }

    fn compile(payment_link: &str) -> Self {
        let flow = |text: &str| {
            let classes = BTreeMap::from([("storno-class".to_owned(), STORNO_CLASS.to_owned())]);
            let definition = Definition {
                flow: text.into(),
                classes,
                ..Definition::default()
            };
            let flow = Flow::compile(&definition).expect("the flows of the simulation compile");
            (flow.reference, flow)
        };
        Self {
            all: [STORNO, NOTICE, REMINDER, payment_link].map(flow).into(),
            drawn: BTreeMap::new(),
        }
    }

    /// The flows of a world: the shipped ones, or those that its seed draws.
    pub(crate) fn of(plan: &Plan, seed: u64, bug: Option<Bug>) -> Arc<Self> {
        if bug == Some(Bug::MachineNotTold) {
            let told = PAYMENT_LINK.replace("closing = \"close\"\n", "");
            return Arc::new(Self::compile(&told));
        }
        if !plan.drawn {
            return Self::shared();
        }
        let drawn = Drawn::all(seed, bug).into_iter();
        let (all, drawn) = drawn
            .map(|(drawn, flow)| ((flow.reference, flow.clone()), (flow.reference, drawn)))
            .unzip();
        Arc::new(Self { all, drawn })
    }

    /// Whether the seed drew them.
    pub(crate) fn are_drawn(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// What was drawn.
    pub(crate) fn drawn(&self, reference: FlowRef) -> Option<&Drawn> {
        self.drawn.get(&reference)
    }

    /// Every version of a drawn flow.
    pub(crate) fn versions(&self, name: &str) -> impl Iterator<Item = &Drawn> {
        self.drawn
            .values()
            .filter(move |drawn| drawn.name() == name)
    }

    /// Whom of a household a flow tells, and whether one answers for all.
    pub(crate) fn grouping(&self, reference: FlowRef) -> (Vec<Role>, bool) {
        if let Some(drawn) = self.drawn.get(&reference) {
            return drawn.grouping();
        }
        // Those that are shipped say nothing of it.
        let flow = self.all.get(&reference);
        let is_collection = flow.is_some_and(|flow| &*flow.purpose == "collection");
        (vec![Role::Tenant, Role::JointTenant], is_collection)
    }

    /// The version of a drawn flow.
    pub(crate) fn version(&self, name: &str, version: u32) -> (&Flow, &Drawn) {
        let mut all = self.all.values();
        let flow = all
            .find(|flow| &*flow.name == name && flow.version == version)
            .expect("a flow of that name and version");
        (flow, &self.drawn[&flow.reference])
    }

    pub(crate) fn named(&self, name: &str) -> &Flow {
        self.all
            .values()
            .find(|flow| &*flow.name == name)
            .expect("a flow of that name")
    }
}

impl FlowBook for Flows {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        self.all.get(&reference)
    }
}

/// The flows as one process sees them. Closed, it knows none: what a start would see that replays
/// before it has loaded its definitions, which is one of the planted bugs.
#[derive(Debug)]
pub(crate) struct Shelf {
    flows: Arc<Flows>,
    closed: AtomicBool,
}

impl Shelf {
    pub(crate) fn new(flows: Arc<Flows>, closed: bool) -> Arc<Self> {
        Arc::new(Self {
            flows,
            closed: AtomicBool::new(closed),
        })
    }

    pub(crate) fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }
}

impl FlowBook for Shelf {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        if self.closed.load(Ordering::SeqCst) {
            None
        } else {
            self.flows.flow(reference)
        }
    }
}
