//! Owns how a plan becomes settings of the real thing: bounds, shares, policy. With the bugs that are
//! planted there.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use sluis_actors::router::{RouterSettings, ShareSettings};
use sluis_actors::{InboxBounds, Readers, RestSettings};
use sluis_model::steering::Steering;
use sluis_model::{Channel, CorporationId, Environment, Policy, RetryPolicy};

use crate::contracts::Contracts;
use crate::plan::Plan;
use crate::planted::Bug;

/// The channels of the simulated house.
pub(crate) const CHANNELS: [Channel; 3] = [Channel::Email, Channel::Sms, Channel::Machine];

/// Those of a world: only some have a machine.
pub(crate) fn channels(plan: &Plan) -> &'static [Channel] {
    match plan.machine {
        true => &CHANNELS,
        false => &CHANNELS[..2],
    }
}

pub(crate) fn corporations(plan: &Plan) -> impl Iterator<Item = CorporationId> {
    (1..=plan.corporations).map(CorporationId)
}

/// As the engine raises them: the internal line holds every permit twice.
pub(crate) fn declared(plan: &Plan) -> InboxBounds {
    InboxBounds {
        internal: 2 * plan.permits() + 1,
        ..plan.bounds
    }
}

pub(crate) fn bounds(plan: &Plan, bug: Option<Bug>) -> InboxBounds {
    let declared = declared(plan);
    match bug {
        Some(Bug::InboxUnbounded) => InboxBounds {
            intake: 10_000,
            business: 10_000,
            ..declared
        },
        _ => declared,
    }
}

pub(crate) fn router_settings(plan: &Plan, channel: Channel, bug: Option<Bug>) -> RouterSettings {
    let mut settings = RouterSettings::new(channel);
    let rate_per_second = if plan.limited {
        NonZeroU32::new(2)
    } else {
        None
    };
    let window = match bug {
        Some(Bug::HoursOfAnotherZone) => plan.hours.and_then(|_| "09:00-21:00".parse().ok()),
        _ => plan.window(),
    };
    if plan.limited || window.is_some() {
        let share = ShareSettings {
            rate_per_second,
            window,
            ..ShareSettings::default()
        };
        settings.corporations.insert(CorporationId(1), share);
    }
    settings
}

/// When tenants are put to rest.
pub(crate) fn rest(plan: &Plan) -> RestSettings {
    let (most_active, idle_for_ms) = plan.rest.unwrap_or((usize::MAX, i64::MAX));
    RestSettings {
        most_active,
        idle_for_ms,
    }
}

/// Readers who have turns of their own where tenants are put to rest.
pub(crate) fn readers(plan: &Plan) -> Arc<Readers> {
    match plan.rest {
        Some(_) => Readers::by_hand(),
        None => Readers::inline(),
    }
}

/// How long messages wait for a provider that takes nothing from our account, in milliseconds.
pub(crate) fn give_up_ms(plan: &Plan, bug: Option<Bug>) -> i64 {
    match bug {
        Some(Bug::GivenUpAtOnce) => 0,
        _ => plan.give_up_ms(),
    }
}

pub(crate) fn policy(plan: &Plan, contracts: &Contracts, bug: Option<Bug>) -> Policy {
    let most = if bug == Some(Bug::TenantUnbounded) {
        usize::MAX
    } else {
        plan.open_per_tenant
    };
    Policy {
        environment: Environment::Production,
        channels: corporations(plan)
            .map(|corporation| (corporation, contracts.channels(corporation)))
            .collect(),
        allow_list: Default::default(),
        retry: RetryPolicy {
            most: 3,
            give_up_ms: plan.give_up_ms(),
            ..RetryPolicy::default()
        },
        max_open_per_tenant: most,
        steering: steering(plan, bug),
    }
}

/// The caps of every corporation, where the world has some.
fn steering(plan: &Plan, bug: Option<Bug>) -> BTreeMap<CorporationId, Steering> {
    let told = plan.cap.filter(|_| bug != Some(Bug::CapsUnknown));
    let Some((most, within_ms)) = told else {
        return BTreeMap::new();
    };
    let cap = format!(
        "[[cap]]\nname = \"all\"\ncategories = [\"*\"]\nmost = {most}\nwithin = \"{within_ms}ms\"\n"
    );
    let steering = Steering::parse(&cap).expect("a sound cap");
    corporations(plan)
        .map(|corporation| (corporation, steering.clone()))
        .collect()
}
