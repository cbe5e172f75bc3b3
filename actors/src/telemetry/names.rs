//! Owns the list of the actors' metrics: shards, routers, supervisors. Each doc comment is the
//! operator's help. Refuses labels without a bound: what is no closed list is named by the
//! configuration, or is a shard.

use sluis_model::{Channel, Event, Lane};

use super::labels::{ESCALATED_BY, VERDICTS, WAITED_FOR};

crate::metric_list! {
    /// Every metric of the actors.
    pub const ACTOR_METRICS;

    /// Decisions by kind of event. A rise of `ended` without `attempt_started` means messages end
    /// unsent: see their reasons.
    EVENTS: Counter "sluis_shard_events_total" { event in Event::NAMES.iter().copied() };
    /// Records handed to the journal.
    RECORDS: Counter "sluis_shard_records_total" {};
    /// Open notifications, per shard.
    OPEN: Gauge "sluis_shard_open_notifications" { shard };
    /// Active tenants, whose states are in memory, per shard. At most the shard's part of
    /// `engine.max_active_tenants`, but for those that something happens to.
    TENANTS: Gauge "sluis_shard_tenants" { shard };
    /// Passive tenants, per shard: their states stand in the journal, and a few dozen bytes of each are
    /// in memory.
    PASSIVE_TENANTS: Gauge "sluis_shard_passive_tenants" { shard };
    /// Messages that wait for passive tenants to become active, per shard. At 512 the shard takes in
    /// no more until some came back: the disk is too slow, or `engine.max_active_tenants` too low.
    WAITING_FOR_TENANTS: Gauge "sluis_shard_waiting_for_tenants" { shard };
    /// Tenants put to rest: their states were dropped from memory. Normal while more tenants are in
    /// use than `engine.max_active_tenants`, and once a day for whoever is idle.
    PASSIVATIONS: Counter "sluis_shard_passivations_total" {};
    /// Tenants activated: each is one read of the journal.
    ACTIVATIONS: Counter "sluis_shard_activations_total" {};
    /// Messages that found their tenant passive and waited. Where they are a large part of all
    /// messages, raise `engine.max_active_tenants`.
    TENANT_MISSES: Counter "sluis_shard_tenant_misses_total" {};
    /// How long the first message for a passive tenant waited until that was active, by whether an urgent
    /// notification was among those that waited. `urgent` stays low even when much waits.
    ACTIVATION_WAIT: Histogram "sluis_shard_activation_wait_seconds" { waited in WAITED_FOR };
    /// Open notifications with a time at which something must be decided.
    TIMERS: Gauge "sluis_shard_timers_pending" { shard };
    /// Messages that are ready and wait for a permit, by lane.
    READY: Gauge "sluis_shard_ready_messages" { shard, lane in Lane::ALL.map(Lane::name) };
    /// Messages that wait for the end of a pause.
    PARKED: Gauge "sluis_shard_parked_messages" { shard };
    /// Answers and sends that wait for the disk.
    UNDURABLE: Gauge "sluis_shard_undurable_effects" { shard };
    /// Tenants that were written again so that their old records could be forgotten.
    CARRIED: Counter "sluis_shard_carried_tenants_total" {};
    /// Bodies of open notifications that were written again so that their old records could be
    /// forgotten. If it grows as fast as `sluis_shard_records_total`, the log is trimmed too
    /// eagerly: raise `journal.live_factor`.
    CARRIED_BODIES: Counter "sluis_shard_carried_bodies_total" {};
    /// Bytes of records that were written again so that old ones could be forgotten.
    CARRIED_BYTES: Counter "sluis_shard_carried_bytes_total" {};
    /// Records that were forgotten, by shard, since the first one: the oldest that is kept comes after
    /// them. It stands still while nothing is old, or while the archive has not got that far.
    FORGOTTEN_RECORDS: Gauge "sluis_shard_forgotten_records" { shard };
    /// Generations of the log that were forgotten. Each was one directory of the journal.
    FORGOTTEN: Counter "sluis_retention_generations_total" {};
    /// Bytes by which the log has grown since old records were to go that have not gone yet, beside
    /// what was written again. At two generations (`journal.generation_max_bytes`) and half of what is
    /// alive intake waits.
    GROWTH: Gauge "sluis_retention_growth_bytes" {};
    /// Endings that left the table because they are older than `journal.endings_for`.
    ENDINGS_LEFT: Counter "sluis_retention_endings_total" {};
    /// How late a timer fired. Seconds are normal right after a start, when all timers fire whose
    /// time passed while the engine was down.
    TIMER_LATENESS: Histogram "sluis_shard_timer_lateness_seconds" {};
    /// Panics caught, by kind of actor. Each is a bug: report it with its line in the log.
    PANICS: Counter "sluis_actor_panics_total" { actor in ["reader", "shard"] };
    /// Actors rebuilt from the journal.
    RESTARTS: Counter "sluis_actor_restarts_total" { actor in ["shard"] };
    /// Escalations, by cause: a flow entered a step because of a bounce, no answer or an
    /// unreachable tenant.
    ESCALATIONS: Counter "sluis_shard_escalations_total" { cause in ESCALATED_BY };
    /// Time in queue, by channel and lane: from the time at which a message was ready to the start
    /// of its attempt. It includes rate limits, send windows, breakers and pauses. `urgent` stays
    /// low even when there is much `bulk`.
    QUEUE_WAIT: Histogram "sluis_shard_queue_wait_seconds" {
        channel in Channel::ALL.map(Channel::name), lane in Lane::ALL.map(Lane::name)
    };
    /// Notifications ended, by flow and end. A rise of `undeliverable` deserves a look.
    ENDS: Counter "sluis_shard_ends_total" { flow, end };
    /// Checkpoints stored: each is one shard's, so that a start replays only what came since.
    CHECKPOINTS: Counter "sluis_checkpoint_stored_total" {};
    /// Checkpoints that could not be stored. Nothing is lost: the next start replays more. The log
    /// says why.
    CHECKPOINT_FAILURES: Counter "sluis_checkpoint_failures_total" {};
    /// From asking a shard for a checkpoint until it was stored.
    CHECKPOINT_DURATION: Histogram "sluis_checkpoint_duration_seconds" {};
    /// Bytes of the newest checkpoint, per shard.
    CHECKPOINT_BYTES: Gauge "sluis_checkpoint_bytes" { shard };
    /// Records that a start would replay now, per shard: those behind its newest checkpoint. It falls with
    /// every checkpoint. If it grows on, see `sluis_checkpoint_failures_total`.
    CHECKPOINT_BEHIND: Gauge "sluis_checkpoint_behind_records" { shard };

    /// Permits granted to start an attempt, by channel, provider and lane. A permit may come back
    /// unused.
    PERMITS: Counter "sluis_router_permits_total" {
        channel in Channel::ALL.map(Channel::name), provider, lane in Lane::ALL.map(Lane::name)
    };
    /// Permits granted and not yet given back, by channel and provider; at most the concurrency of
    /// the provider.
    PERMITS_IN_USE: Gauge "sluis_router_permits_in_use" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Messages in the ready lists, by channel and lane. If it grows for long, the providers are
    /// too slow.
    WAITING: Gauge "sluis_router_waiting_messages" {
        channel in Channel::ALL.map(Channel::name), lane in Lane::ALL.map(Lane::name)
    };
    /// Waits for a rate limit, by channel and limiter (provider, corporation). Normal under load.
    /// Raise the rate if the provider allows it.
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

    /// Attempts ended, by channel, provider and verdict. `in_doubt`: the provider broke off;
    /// `withdrawn`: nothing left the engine; `barred`: the provider accepts nothing from our
    /// account or sender, and the message waits; `unsendable`: nothing left the engine because the
    /// message could not be made (no template, too long), which is no fault of the provider.
    OUTCOMES: Counter "sluis_attempt_outcomes_total" {
        channel in Channel::ALL.map(Channel::name), provider, verdict in VERDICTS
    };
    /// Time from taking an attempt to its outcome, preparation included, by channel and provider.
    /// Unsendable messages do not count.
    DURATION: Histogram "sluis_attempt_duration_seconds" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Messages that could not be rendered, by channel and provider. They use another channel of
    /// their step, or go to people. Mend the template.
    RENDER_FAILURES: Counter "sluis_attempt_render_failures_total" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// Sends that panicked, by channel and provider. Their attempts are in doubt. Each is a bug:
    /// report it.
    SEND_PANICS: Counter "sluis_attempt_panics_total" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// 1 while the provider is unreachable, or accepts nothing from us, and is only probed, by
    /// channel and provider.
    BREAKER_OPEN: Gauge "sluis_provider_breaker_open" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// 1 while the provider accepts nothing from our account (credentials, rights, balance, address
    /// of its API), by channel and provider. Messages wait until `retry.give_up`, and then people
    /// get them. Mend it; SIGHUP reads files with credentials again.
    ACCOUNT_BARRED: Gauge "sluis_provider_account_barred" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// How often the provider became unreachable or accepted nothing from us, or stayed so after a
    /// probe, by channel and provider.
    BREAKER_OPENINGS: Counter "sluis_provider_breaker_openings_total" {
        channel in Channel::ALL.map(Channel::name), provider
    };
    /// How many attempts at once the provider gets, by channel and provider. Less than its
    /// concurrency: it has asked for less.
    ALLOWED: Gauge "sluis_provider_allowed_attempts" {
        channel in Channel::ALL.map(Channel::name), provider
    };
}
