//! Owns the list of the actors' metrics: shards, routers, supervisors. Each doc comment is the
//! operator's help. Refuses labels without a bound: what is no closed list is named by the
//! configuration, or is a shard.

use sluis_model::{Channel, Lane};

use super::labels::{ESCALATED_BY, EVENT_NAMES, VERDICTS};

crate::metric_list! {
    /// Every metric of the actors.
    pub const ACTOR_METRICS;

    /// Decisions by kind of event. A rise of `ended` without `attempt_started` means messages end
    /// unsent: see their reasons.
    EVENTS: Counter "sluis_shard_events_total" { event in EVENT_NAMES.iter().copied() };
    /// Records handed to the journal.
    RECORDS: Counter "sluis_shard_records_total" {};
    /// Open notifications, per shard.
    OPEN: Gauge "sluis_shard_open_notifications" { shard };
    /// Tenants in memory, per shard.
    TENANTS: Gauge "sluis_shard_tenants" { shard };
    /// Open notifications with an instant at which something must be decided.
    TIMERS: Gauge "sluis_shard_timers_pending" { shard };
    /// Messages that want to be sent and wait for a permit, by lane.
    READY: Gauge "sluis_shard_ready_messages" { shard, lane in Lane::ALL.map(Lane::name) };
    /// Messages that met a pause and wait for its end.
    PARKED: Gauge "sluis_shard_parked_messages" { shard };
    /// Answers and sends that wait for the disk.
    UNDURABLE: Gauge "sluis_shard_undurable_effects" { shard };
    /// How late a timer fired. Seconds are normal right after a start, when everything that fell
    /// due meanwhile fires.
    TIMER_LATENESS: Histogram "sluis_shard_timer_lateness_seconds" {};
    /// Panics caught, by kind of actor. Any is a bug: report it with the log line beside it.
    PANICS: Counter "sluis_actor_panics_total" { actor in ["reader", "shard"] };
    /// Actors rebuilt from the journal.
    RESTARTS: Counter "sluis_actor_restarts_total" { actor in ["shard"] };
    /// Escalations: a step entered because of a bounce, silence or an unreachable tenant, by cause.
    ESCALATIONS: Counter "sluis_shard_escalations_total" { cause in ESCALATED_BY };
    /// Time in queue, by channel and lane: from the instant a message wanted to be sent to the
    /// start of its attempt. Rate limits, send windows, breakers and pauses are in it; `urgent`
    /// stays low whatever `bulk` does.
    QUEUE_WAIT: Histogram "sluis_shard_queue_wait_seconds" {
        channel in Channel::ALL.map(Channel::name), lane in Lane::ALL.map(Lane::name)
    };
    /// Notifications ended, by flow and end. A rise of `undeliverable` deserves a look.
    ENDS: Counter "sluis_shard_ends_total" { flow, end };

    /// Permits granted to start an attempt, by channel, provider and lane. A permit may come back
    /// unused.
    PERMITS: Counter "sluis_router_permits_total" {
        channel in Channel::ALL.map(Channel::name), provider, lane in Lane::ALL.map(Lane::name)
    };
    /// Permits granted and not yet back, by channel and provider; at most the provider's
    /// concurrency.
    PERMITS_IN_USE: Gauge "sluis_router_permits_in_use" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Messages in the ready lists, by channel and lane. Growing for long: the providers are too
    /// slow.
    WAITING: Gauge "sluis_router_waiting_messages" {
        channel in Channel::ALL.map(Channel::name), lane in Lane::ALL.map(Lane::name)
    };
    /// Waits for a rate limit, by channel and limiter (provider, corporation). Normal under load;
    /// raise the rate if allowed.
    LIMITER_WAITS: Counter "sluis_router_limiter_waits_total" {
        channel in Channel::ALL.map(Channel::name), limiter in ["corporation", "provider"]
    };
    /// Queues of a corporation held until their send window opens, by channel. Normal every
    /// evening.
    WINDOW_HOLDS: Counter "sluis_router_window_holds_total" {
        channel in Channel::ALL.map(Channel::name)
    };
    /// Attempts started, by channel and corporation. Their outcomes are counted by provider.
    SENDS: Counter "sluis_router_sends_total" {
        channel in Channel::ALL.map(Channel::name), corporation
    };

    /// Attempts ended, by channel, provider and verdict. `in_doubt`: its provider broke off;
    /// `withdrawn`: nothing left us; `barred`: the provider takes nothing from our account or
    /// sender, and the message waits; `unsendable`: refused by ourselves before anything left (no
    /// template, too long), no fault of the provider.
    OUTCOMES: Counter "sluis_attempt_outcomes_total" {
        channel in Channel::ALL.map(Channel::name), provider, verdict in VERDICTS
    };
    /// Time from taking an attempt to its outcome, preparation included, by channel and provider.
    /// Without what was unsendable.
    DURATION: Histogram "sluis_attempt_duration_seconds" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Messages that could not be rendered, by channel and provider. Each opens a task: mend the
    /// template.
    RENDER_FAILURES: Counter "sluis_attempt_render_failures_total" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Sends that panicked, by channel and provider; their attempts are in doubt. Any is a bug:
    /// report it.
    SEND_PANICS: Counter "sluis_attempt_panics_total" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// 1 while the provider is taken for unreachable, or takes nothing from us, and is only probed,
    /// by channel and provider.
    BREAKER_OPEN: Gauge "sluis_provider_breaker_open" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// 1 while the provider takes nothing from our account (credentials, rights, balance, address of
    /// its API), by channel and provider. Messages wait for as long as that lasts: mend it and
    /// restart.
    ACCOUNT_BARRED: Gauge "sluis_provider_account_barred" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// How often the provider became unreachable, or took nothing from us, or stayed so after a
    /// probe, by channel and provider.
    BREAKER_OPENINGS: Counter "sluis_provider_breaker_openings_total" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Attempts at once the provider is given; below its concurrency it has asked for less, by
    /// channel and provider.
    ALLOWED: Gauge "sluis_provider_allowed_attempts" {
        channel in Channel::ALL.map(Channel::name), provider
    };
}
