//! Owns the names of the metrics that the binary itself counts, with the operator's help for each.
//! Refuses to repeat those of the actors: they stand in `sluis_actors::telemetry`.

use sluis_actors::telemetry::Described;

macro_rules! names {
    ($($(#[doc = $help:literal])+ $constant:ident = $kind:literal $name:literal;)+) => {
        $($(#[doc = $help])+ pub const $constant: &str = $name;)+
        /// Every metric of the binary.
        pub const OWN_METRICS: &[Described] = &[$(Described { name: $name, kind: $kind, help: concat!($($help),+) }),+];
    };
}

names! {
    /// Notifications admitted, by corporation and lane. Each is answered only once it is durable.
    ACCEPTED = "counter" "sluis_intake_accepted_total";
    /// Repeats of an accepted notification, by corporation: the sender got the first one's answer.
    DUPLICATES = "counter" "sluis_intake_duplicates_total";
    /// Notifications not admitted, by corporation and reason. `share_full` and `busy` are
    /// back-pressure and normal under load; `invalid` is the sender's mistake, rows that cannot be
    /// read included.
    REJECTED = "counter" "sluis_intake_rejected_total";
    /// HTTP requests answered, by route and status class.
    HTTP_REQUESTS = "counter" "sluis_http_requests_total";
    /// From the head of an HTTP request to its answer, by route and status class. On
    /// `/v1/notifications` this is what a sender waits for an accept, the disk included.
    HTTP_DURATION = "histogram" "sluis_http_duration_seconds";
    /// From a row of the binary port to its ack, the disk included: one row at a time of each
    /// connection is timed.
    BINARY_ACK = "histogram" "sluis_binary_ack_seconds";
    /// Requests and connections without a key that fits, by edge (`http`, `binary`). Many at once:
    /// somebody tries keys, or a key was withdrawn too early.
    UNAUTHORIZED = "counter" "sluis_auth_refused_total";
    /// Open connections of the binary port.
    BINARY_CONNECTIONS = "gauge" "sluis_binary_connections";
    /// Receipts from outside, by provider and what they did. `unexplained` waits for people;
    /// `forged` was signed by somebody else; `refused` could not be read.
    RECEIPTS = "counter" "sluis_receipts_total";
    /// Time from handing a group to the disk until it was on it.
    COMMIT_SYNC = "histogram" "sluis_journal_sync_seconds";
    /// Time to write a group before the sync.
    COMMIT_WRITE = "histogram" "sluis_journal_write_seconds";
    /// Records per group commit. Larger groups under load are what keeps the rate up.
    COMMIT_RECORDS = "histogram" "sluis_journal_group_records";
    /// Bytes of records that were made durable: the journal's write rate.
    COMMIT_BYTES = "counter" "sluis_journal_committed_bytes_total";
    /// Repairs at this start, by kind: damage that was put right, each with a line in the log.
    /// `tail` is usual after a kill; another deserves a look at the disk.
    JOURNAL_REPAIRS = "counter" "sluis_journal_repairs_total";
    /// Batches that wait for the committer. At seven tenths of any of the three bounds, intake
    /// answers 503.
    JOURNAL_BATCHES = "gauge" "sluis_journal_queue_batches";
    /// Records that wait for the committer.
    JOURNAL_RECORDS = "gauge" "sluis_journal_queue_records";
    /// Bytes that wait for the committer.
    JOURNAL_BYTES = "gauge" "sluis_journal_queue_bytes";
    /// The bound on batches that wait for the committer.
    JOURNAL_BATCHES_BOUND = "gauge" "sluis_journal_queue_batches_bound";
    /// The bound on records that wait for the committer.
    JOURNAL_RECORDS_BOUND = "gauge" "sluis_journal_queue_records_bound";
    /// The bound on bytes that wait for the committer.
    JOURNAL_BYTES_BOUND = "gauge" "sluis_journal_queue_bytes_bound";
    /// Bytes of the journal on disk.
    JOURNAL_DISK = "gauge" "sluis_journal_disk_bytes";
    /// Bytes of records that are kept.
    JOURNAL_LIVE = "gauge" "sluis_journal_live_bytes";
    /// Free bytes where the journal lies. Below the reserve, intake is refused and what is open
    /// goes on.
    DISK_FREE = "gauge" "sluis_disk_free_bytes";
    /// Time until the disk is down to its reserve, if the journal grows as it did within the last
    /// day, or since the start when that is later. 315360000, ten years: it does not grow. Order a
    /// disk below 30 days.
    DISK_LEFT = "gauge" "sluis_disk_left_seconds";
    /// Open notifications, in all.
    OPEN = "gauge" "sluis_open_notifications";
    /// How many may be open, in all. Intake beyond it answers 503.
    MAX_OPEN = "gauge" "sluis_open_notifications_bound";
    /// Open notifications, by corporation.
    SHARE_OPEN = "gauge" "sluis_share_open_notifications";
    /// How many may be open, by corporation. Intake beyond it answers 429.
    SHARE_BOUND = "gauge" "sluis_share_open_notifications_bound";
    /// Bytes of records that a corporation wrote within 24 hours, of those with a bound.
    DAY_BYTES = "gauge" "sluis_share_day_bytes";
    /// How many it may. Beyond it its notifications and tenant lists are 429 `day_full`.
    DAY_BYTES_BOUND = "gauge" "sluis_share_day_bytes_bound";
    /// Tenants that facts told of and nobody loaded, by corporation. A rise is a feed with numbers
    /// that are not the list's.
    FACT_TENANTS = "gauge" "sluis_share_fact_tenants";
    /// How many there may be. A fact for one more answers 429 `unknown_tenants`.
    FACT_TENANTS_BOUND = "gauge" "sluis_share_fact_tenants_bound";
    /// Letters in the shards' inboxes, by line.
    INBOX = "gauge" "sluis_shard_inbox_depth";
    /// Room of the shards' inboxes, by line.
    INBOX_BOUND = "gauge" "sluis_shard_inbox_bound";
    /// Attempts under way, by provider.
    UNDER_WAY = "gauge" "sluis_attempts_under_way";
    /// Idempotency keys remembered, by corporation.
    KEYS = "gauge" "sluis_idempotency_keys";
    /// The length of time a key is remembered at most.
    KEY_WINDOW = "gauge" "sluis_idempotency_window_seconds";
    /// 1 while the engine answers before the disk has it. Never set by this build: there is no such
    /// mode.
    WEAK_DURABILITY = "gauge" "sluis_weak_durability_enabled";
    /// Pauses in force, by corporation; `all`: those of an operator over everybody. What they
    /// cover: `GET /v1/pauses`.
    PAUSES = "gauge" "sluis_pauses_in_use";
    /// How long the oldest message at the front of a line has waited to be sent, by channel and
    /// lane; 0: none waits. Beside `sluis_shard_queue_wait_seconds`, which only tells of those that
    /// left.
    READY_OLDEST = "gauge" "sluis_ready_oldest_seconds";
    /// How late the timer is that is overdue longest; 0: none is. Escalations hang on it, those
    /// that never fired too.
    TIMER_OVERDUE = "gauge" "sluis_timer_overdue_seconds";
    /// Open tasks, by corporation and list.
    TASKS = "gauge" "sluis_tasks_open";
    /// How long the oldest open task has waited, by corporation and list.
    TASKS_OLDEST = "gauge" "sluis_tasks_oldest_seconds";
    /// Notifications that a guard holds until facts come, by corporation, flow and guard. Many: a
    /// feed is missing or stale.
    HELD = "gauge" "sluis_held_notifications";
    /// Attempts whose outcome is not known and that wait for a receipt, by corporation.
    IN_DOUBT = "gauge" "sluis_in_doubt_attempts";
    /// Facts that fit no tenant, notification or earlier fact, by corporation: `GET
    /// /v1/facts/unmatched` lists them.
    UNMATCHED = "gauge" "sluis_unmatched_facts";
    /// How long the oldest of them has waited, by corporation.
    UNMATCHED_OLDEST = "gauge" "sluis_unmatched_facts_oldest_seconds";
    /// Facts that fitted nothing when they came, by corporation, since the first record. A step: a
    /// feed writes numbers or subjects in another way.
    UNMATCHED_EVER = "counter" "sluis_unmatched_facts_total";
    /// Notifications for tenants of whom no profile was there, by corporation, since the first
    /// record.
    UNKNOWN_TENANTS = "counter" "sluis_intake_unknown_tenants_total";
    /// Always 1; the label says which version runs.
    BUILD = "gauge" "sluis_build_info";
    /// Unix time at which the process started.
    PROCESS_START = "gauge" "sluis_process_start_seconds";
    /// Processor time the process has used, of all threads.
    PROCESS_CPU = "counter" "sluis_process_cpu_seconds_total";
    /// Memory of the process that is in use (resident set).
    PROCESS_MEMORY = "gauge" "sluis_process_resident_bytes";
    /// Threads of the process.
    PROCESS_THREADS = "gauge" "sluis_process_threads";
    /// Open files and sockets of the process. At its bound no connection is taken any more.
    PROCESS_FILES = "gauge" "sluis_process_open_files";
    /// How many the process may have open (`ulimit -n`).
    PROCESS_FILES_BOUND = "gauge" "sluis_process_open_files_bound";
    /// Unix time at which the certificate in use expires, by edge. Renew it below 14 days from now.
    CERTIFICATE = "gauge" "sluis_tls_certificate_expires_seconds";
}
