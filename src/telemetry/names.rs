//! Owns the list of the metrics that the binary itself counts, and the lists of their labels'
//! values. Each doc comment is the operator's help. Refuses to repeat those of the actors: they stand
//! in `sluis_actors::telemetry::names`.

use sluis_journal::Repaired;
use sluis_model::{Channel, Lane};

use super::watch::Edge;

/// Why a notification was not admitted: the codes of the API.
pub const REASONS: [&str; 12] = [
    "invalid",
    "unknown_flow",
    "idempotency_conflict",
    "share_full",
    "tenant_full",
    "unknown_tenants",
    "too_fast",
    "day_full",
    "stopping",
    "disk_nearly_full",
    "busy",
    "engine_full",
];
/// What a receipt can do.
pub const EFFECTS: [&str; 6] = [
    "applied",
    "noted",
    "unknown",
    "unexplained",
    "forged",
    "refused",
];
/// Classes of status codes.
pub const CLASSES: [&str; 6] = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];
/// The lines of a shard's inbox.
pub(super) const LINES: [&str; 3] = ["business", "intake", "internal"];

sluis_actors::metric_list! {
    /// Every metric of the binary.
    pub const OWN_METRICS;

    /// Notifications admitted, by corporation and lane. Each is answered only once it is durable.
    ACCEPTED: Counter "sluis_intake_accepted_total" {
        corporation, lane in Lane::ALL.map(Lane::name)
    };
    /// Repeats of an accepted notification, by corporation: the sender got the first one's answer.
    DUPLICATES: Counter "sluis_intake_duplicates_total" { corporation };
    /// Notifications not admitted, by corporation and reason. `share_full` and `busy` are
    /// back-pressure and normal under load; `invalid` is the sender's mistake, rows that cannot be
    /// read included.
    REJECTED: Counter "sluis_intake_rejected_total" { corporation, reason in REASONS };
    /// HTTP requests answered, by route and status class.
    HTTP_REQUESTS: Counter "sluis_http_requests_total" { route, status in CLASSES };
    /// From the head of an HTTP request to its answer, by route and status class. On
    /// `/v1/notifications` this is what a sender waits for an accept, the disk included.
    HTTP_DURATION: Histogram "sluis_http_duration_seconds" { route, status in CLASSES };
    /// From a row of the binary port to its ack, the disk included: one row at a time of each
    /// connection is timed.
    BINARY_ACK: Histogram "sluis_binary_ack_seconds" {};
    /// Requests and connections without a key that fits, by edge (`http`, `binary`). Many at once:
    /// somebody tries keys, or a key was withdrawn too early.
    UNAUTHORIZED: Counter "sluis_auth_refused_total" { edge in Edge::ALL.map(Edge::name) };
    /// Open connections of the binary port.
    BINARY_CONNECTIONS: Gauge "sluis_binary_connections" {};
    /// Receipts from outside, by provider and what they did. `unexplained` waits for people;
    /// `forged` was signed by somebody else; `refused` could not be read.
    RECEIPTS: Counter "sluis_receipts_total" { provider, effect in EFFECTS };
    /// Time from handing a group to the disk until it was on it.
    COMMIT_SYNC: Histogram "sluis_journal_sync_seconds" {};
    /// Time to write a group before the sync.
    COMMIT_WRITE: Histogram "sluis_journal_write_seconds" {};
    /// Records per group commit. Larger groups under load are what keeps the rate up.
    COMMIT_RECORDS: Histogram "sluis_journal_group_records" {};
    /// Bytes of records that were made durable: the journal's write rate.
    COMMIT_BYTES: Counter "sluis_journal_committed_bytes_total" {};
    /// Repairs at this start, by kind: damage that was put right, each with a line in the log.
    /// `tail` is usual after a kill; another deserves a look at the disk.
    JOURNAL_REPAIRS: Counter "sluis_journal_repairs_total" {
        kind in Repaired::ALL.map(Repaired::name)
    };
    /// Batches that wait for the committer. At seven tenths of any of the three bounds, intake
    /// answers 503.
    JOURNAL_BATCHES: Gauge "sluis_journal_queue_batches" {};
    /// Records that wait for the committer.
    JOURNAL_RECORDS: Gauge "sluis_journal_queue_records" {};
    /// Bytes that wait for the committer.
    JOURNAL_BYTES: Gauge "sluis_journal_queue_bytes" {};
    /// The bound on batches that wait for the committer.
    JOURNAL_BATCHES_BOUND: Gauge "sluis_journal_queue_batches_bound" {};
    /// The bound on records that wait for the committer.
    JOURNAL_RECORDS_BOUND: Gauge "sluis_journal_queue_records_bound" {};
    /// The bound on bytes that wait for the committer.
    JOURNAL_BYTES_BOUND: Gauge "sluis_journal_queue_bytes_bound" {};
    /// Bytes of the journal on disk.
    JOURNAL_DISK: Gauge "sluis_journal_disk_bytes" {};
    /// Bytes of records that are kept.
    JOURNAL_LIVE: Gauge "sluis_journal_live_bytes" {};
    /// Free bytes where the journal lies. Below the reserve, intake is refused and what is open
    /// goes on.
    DISK_FREE: Gauge "sluis_disk_free_bytes" {};
    /// Time until the disk is down to its reserve, if the journal grows as it did within the last
    /// day, or since the start when that is later. 315360000, ten years: it does not grow. Order a
    /// disk below 30 days.
    DISK_LEFT: Gauge "sluis_disk_left_seconds" {};
    /// Open notifications, in all.
    OPEN: Gauge "sluis_open_notifications" {};
    /// How many may be open, in all. Intake beyond it answers 503.
    MAX_OPEN: Gauge "sluis_open_notifications_bound" {};
    /// Open notifications, by corporation.
    SHARE_OPEN: Gauge "sluis_share_open_notifications" { corporation };
    /// How many may be open, by corporation. Intake beyond it answers 429.
    SHARE_BOUND: Gauge "sluis_share_open_notifications_bound" { corporation };
    /// Bytes of records that a corporation wrote within 24 hours, of those with a bound.
    DAY_BYTES: Gauge "sluis_share_day_bytes" { corporation };
    /// How many it may. Beyond it its notifications and tenant lists are 429 `day_full`.
    DAY_BYTES_BOUND: Gauge "sluis_share_day_bytes_bound" { corporation };
    /// Tenants that facts told of and nobody loaded, by corporation. A rise is a feed with numbers
    /// that are not the list's.
    FACT_TENANTS: Gauge "sluis_share_fact_tenants" { corporation };
    /// How many there may be. A fact for one more answers 429 `unknown_tenants`.
    FACT_TENANTS_BOUND: Gauge "sluis_share_fact_tenants_bound" { corporation };
    /// Requests in the shards' inboxes, by line.
    INBOX: Gauge "sluis_shard_inbox_depth" { line in LINES };
    /// Room of the shards' inboxes, by line.
    INBOX_BOUND: Gauge "sluis_shard_inbox_bound" { line in LINES };
    /// Attempts under way, by provider.
    UNDER_WAY: Gauge "sluis_attempts_under_way" { provider };
    /// Idempotency keys remembered, by corporation.
    KEYS: Gauge "sluis_idempotency_keys" { corporation };
    /// The length of time a key is remembered at most.
    KEY_WINDOW: Gauge "sluis_idempotency_window_seconds" {};
    /// 1 while the engine answers before the disk has it. Never set by this build: there is no such
    /// mode.
    WEAK_DURABILITY: Gauge "sluis_weak_durability_enabled" {};
    /// Pauses in force, by corporation; `all`: those of an operator over everybody. What they
    /// cover: `GET /v1/pauses`.
    PAUSES: Gauge "sluis_pauses_in_use" { corporation };
    /// How long the oldest message at the front of a line has waited to be sent, by channel and
    /// lane; 0: none waits. Beside `sluis_shard_queue_wait_seconds`, which only tells of those that
    /// left.
    READY_OLDEST: Gauge "sluis_ready_oldest_seconds" {
        channel in Channel::ALL.map(Channel::name), lane in Lane::ALL.map(Lane::name)
    };
    /// How late the timer is that is overdue longest; 0: none is. Escalations hang on it, those
    /// that never fired too.
    TIMER_OVERDUE: Gauge "sluis_timer_overdue_seconds" {};
    /// Open tasks, by corporation and list.
    TASKS: Gauge "sluis_tasks_open" { corporation, list };
    /// How long the oldest open task has waited, by corporation and list.
    TASKS_OLDEST: Gauge "sluis_tasks_oldest_seconds" { corporation, list };
    /// Notifications that a guard holds until facts come, by corporation, flow and guard. Many: a
    /// feed is missing or stale.
    HELD: Gauge "sluis_held_notifications" { corporation, flow, guard };
    /// How long the oldest of them has been held, by corporation, flow and guard.
    HELD_OLDEST: Gauge "sluis_held_oldest_seconds" { corporation, flow, guard };
    /// Attempts whose outcome is not known and that wait for a receipt, by corporation.
    IN_DOUBT: Gauge "sluis_in_doubt_attempts" { corporation };
    /// How long the oldest of them has been in doubt, by corporation.
    IN_DOUBT_OLDEST: Gauge "sluis_in_doubt_oldest_seconds" { corporation };
    /// Facts that fit no tenant, notification or earlier fact, by corporation: `GET
    /// /v1/facts/unmatched` lists them.
    UNMATCHED: Gauge "sluis_unmatched_facts" { corporation };
    /// How long the oldest of them has waited, by corporation.
    UNMATCHED_OLDEST: Gauge "sluis_unmatched_facts_oldest_seconds" { corporation };
    /// Facts that fitted nothing when they came, by corporation, since the first record. A step: a
    /// feed writes numbers or subjects in another way.
    UNMATCHED_EVER: Counter "sluis_unmatched_facts_total" { corporation };
    /// Notifications for tenants of whom no profile was there, by corporation, since the first
    /// record.
    UNKNOWN_TENANTS: Counter "sluis_intake_unknown_tenants_total" { corporation };
    /// Always 1; the label says which version runs.
    BUILD: Gauge "sluis_build_info" { version };
    /// Unix time at which the process started.
    PROCESS_START: Gauge "sluis_process_start_seconds" {};
    /// Processor time the process has used, of all threads.
    PROCESS_CPU: Counter "sluis_process_cpu_seconds_total" {};
    /// Memory of the process that is in use (resident set).
    PROCESS_MEMORY: Gauge "sluis_process_resident_bytes" {};
    /// Threads of the process.
    PROCESS_THREADS: Gauge "sluis_process_threads" {};
    /// Open files and sockets of the process. At its bound no connection is taken any more.
    PROCESS_FILES: Gauge "sluis_process_open_files" {};
    /// How many the process may have open (`ulimit -n`).
    PROCESS_FILES_BOUND: Gauge "sluis_process_open_files_bound" {};
    /// Unix time at which the certificate in use expires, by edge. Renew it below 14 days from now.
    CERTIFICATE: Gauge "sluis_tls_certificate_expires_seconds" {
        edge in Edge::ALL.map(Edge::name)
    };
}
