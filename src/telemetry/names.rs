//! Owns the list of the metrics that the binary itself counts, and the lists of their labels'
//! values. Each doc comment is the operator's help. Refuses to repeat those of the actors: they stand
//! in `sluis_actors::telemetry::names`.

use sluis_journal::{Phase, Repaired};
use sluis_model::{Channel, Lane};

use super::edge::Edge;

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
/// What becomes of the wish to erase a tenant.
pub(crate) const ERASED: [&str; 3] = ["erased", "refused", "failed"];
/// What comes of reading the configuration again.
pub(crate) const RELOADED: [&str; 3] = ["taken", "checked", "refused"];
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
/// The phases of a start behind those of the journal, and the whole.
pub(crate) const START_PHASES: [&str; 4] = ["definitions", "followers", "shards", "all"];

/// Every phase of a start, in order.
fn start_phases() -> Vec<&'static str> {
    let of_journal = Phase::ALL.map(Phase::name);
    of_journal.into_iter().chain(START_PHASES).collect()
}

/// The lines of a shard's inbox.
pub(crate) const LINES: [&str; 4] = ["business", "intake", "internal", "urgent"];

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
    /// Time from a row of the binary port to its ack, the disk included. Only one row at a time is
    /// timed on each connection.
    BINARY_ACK: Histogram "sluis_binary_ack_seconds" {};
    /// Requests and connections refused because they had no valid key, by edge (`http`, `binary`).
    /// Many at once: somebody tries keys, or a key was withdrawn too early.
    UNAUTHORIZED: Counter "sluis_auth_refused_total" { edge in Edge::ALL.map(Edge::name) };
    /// Open connections of the binary port.
    BINARY_CONNECTIONS: Gauge "sluis_binary_connections" {};
    /// Receipts from outside, by provider and effect. `unexplained`: it waits for people; `forged`:
    /// somebody else signed it; `refused`: it could not be read.
    RECEIPTS: Counter "sluis_receipts_total" { provider, effect in EFFECTS };
    /// Time from handing a group to the disk until it was on the disk.
    COMMIT_SYNC: Histogram "sluis_journal_sync_seconds" {};
    /// Time to write a group before the sync.
    COMMIT_WRITE: Histogram "sluis_journal_write_seconds" {};
    /// Records per group commit. Under load, larger groups keep the rate up.
    COMMIT_RECORDS: Histogram "sluis_journal_group_records" {};
    /// Bytes of records that were made durable: the journal's write rate.
    COMMIT_BYTES: Counter "sluis_journal_committed_bytes_total" {};
    /// How long this start took, by phase; `all` is the whole. `table_proven` grows with what ended within
    /// `journal.endings_for`, `shards` with what is open and with the log behind the checkpoints, and
    /// `log` with the newest generation. The log says the same in one line.
    START: Gauge "sluis_start_seconds" { phase in start_phases() };
    /// Repairs at this start, by kind. Each has a line in the log. `tail` is usual after a kill;
    /// after any other, check the disk.
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
    /// Free bytes on the disk of the journal. Below the reserve, intake is refused and open
    /// notifications go on.
    DISK_FREE: Gauge "sluis_disk_free_bytes" {};
    /// Time until only the reserve is left on the disk, if the journal goes on growing as in the
    /// last day (or since the start, if that was later). 315360000, which is ten years, means that
    /// it does not grow. Order a disk below 30 days.
    DISK_LEFT: Gauge "sluis_disk_left_seconds" {};
    /// Tenants with a key for encryption at rest.
    KEYS_TENANTS: Gauge "sluis_encryption_tenants" {};
    /// Keys that are made and wait for a tenant.
    KEYS_READY: Gauge "sluis_encryption_ready_keys" {};
    /// Tenants' keys that were destroyed: what was encrypted with them is gone.
    KEYS_ERASED: Gauge "sluis_encryption_erased_keys" {};
    /// Tenants that somebody wished to erase while the engine ran, by what became of it. `refused`: a rule
    /// forbids it, and the answer said which. `failed`: the archive was away or something else was in the
    /// way; it is to be asked again.
    ERASURES: Counter "sluis_erasures_total" { result in ERASED };
    /// Mailings that hand rows over, by corporation.
    MAILINGS_RUNNING: Gauge "sluis_running_mailings" { corporation };
    /// Mailings that are paused, by corporation: by a person, or by the engine. `GET /v1/mailings` says why.
    MAILINGS_PAUSED: Gauge "sluis_paused_mailings" { corporation };
    /// Rows of mailings under way that were not handed over yet, by corporation.
    MAILING_LEFT: Gauge "sluis_mailing_left_rows" { corporation };
    /// Rows of mailings that became a notification, by corporation.
    MAILING_ADMITTED: Counter "sluis_mailing_rows_admitted_total" { corporation };
    /// Rows of mailings that could not be handed over, by corporation. The account of the mailing says
    /// which, and why.
    MAILING_REFUSED: Counter "sluis_mailing_rows_refused_total" { corporation };
    /// Damaged places in the file of keys. Some may be left by a power cut while keys were made. A rise
    /// between two starts without one: check the disk, and keep the newest copy of the file.
    KEYS_DAMAGED: Gauge "sluis_encryption_damaged_keys" {};
    /// Times that a shard waited for keys to be made, because very many tenants were new.
    KEYS_WAITED: Counter "sluis_encryption_waits_total" {};
    /// Open notifications in total.
    OPEN: Gauge "sluis_open_notifications" {};
    /// The bound on open notifications in total. Above it intake answers 503.
    MAX_OPEN: Gauge "sluis_open_notifications_bound" {};
    /// Open notifications, by corporation.
    SHARE_OPEN: Gauge "sluis_share_open_notifications" { corporation };
    /// The bound on open notifications, by corporation. Above it intake answers 429.
    SHARE_BOUND: Gauge "sluis_share_open_notifications_bound" { corporation };
    /// Bytes of records written within 24 hours, by corporation; only corporations with a bound.
    DAY_BYTES: Gauge "sluis_share_day_bytes" { corporation };
    /// The bound on bytes within 24 hours, by corporation. Above it notifications and tenant lists
    /// get 429 `day_full`.
    DAY_BYTES_BOUND: Gauge "sluis_share_day_bytes_bound" { corporation };
    /// Tenants that are known only from facts and were never loaded, by corporation. A rise: a feed
    /// has numbers that are not in the tenant list.
    FACT_TENANTS: Gauge "sluis_share_fact_tenants" { corporation };
    /// The bound on tenants that are known only from facts, by corporation. A fact for one more
    /// gets 429 `unknown_tenants`.
    FACT_TENANTS_BOUND: Gauge "sluis_share_fact_tenants_bound" { corporation };
    /// Requests in the inboxes of the shards, by line.
    INBOX: Gauge "sluis_shard_inbox_depth" { line in LINES };
    /// The bound on requests in the inboxes of the shards, by line.
    INBOX_BOUND: Gauge "sluis_shard_inbox_bound" { line in LINES };
    /// Attempts under way, by provider.
    UNDER_WAY: Gauge "sluis_attempts_under_way" { provider };
    /// Idempotency keys remembered, by corporation.
    KEYS: Gauge "sluis_idempotency_keys" { corporation };
    /// Readings of the configuration again, by what came of them: `refused` for a mistake anywhere, then
    /// everything stays as it was; `checked` where only the difference was asked for.
    RELOADS: Counter "sluis_configuration_reloads_total" { result in RELOADED };
    /// Settings that were changed in the configuration and wait for the next start. `GET /v1/reload` names
    /// them.
    RELOAD_WAITING: Gauge "sluis_configuration_pending" {};
    /// The longest time for which a key is remembered.
    KEY_WINDOW: Gauge "sluis_idempotency_window_seconds" {};
    /// 1 while the engine answers before the record is on the disk. Always 0: this build has no
    /// such mode.
    WEAK_DURABILITY: Gauge "sluis_weak_durability_enabled" {};
    /// Pauses in force, by corporation; `all`: pauses of an operator for all corporations.
    /// `GET /v1/pauses` shows what they cover.
    PAUSES: Gauge "sluis_pauses_in_use" { corporation };
    /// How long the oldest message at the front of a queue has waited to be sent, by channel and
    /// lane; 0: none waits. `sluis_shard_queue_wait_seconds` counts only messages that have left.
    READY_OLDEST: Gauge "sluis_ready_oldest_seconds" {
        channel in Channel::ALL.map(Channel::name), lane in Lane::ALL.map(Lane::name)
    };
    /// How late the most overdue timer is; 0: none is overdue. Escalations depend on timers. Timers
    /// that never fired count too.
    TIMER_OVERDUE: Gauge "sluis_timer_overdue_seconds" {};
    /// Open tasks, by corporation and list.
    TASKS: Gauge "sluis_tasks_open" { corporation, list };
    /// How long the oldest open task has waited, by corporation and list.
    TASKS_OLDEST: Gauge "sluis_tasks_oldest_seconds" { corporation, list };
    /// Notifications that a guard or a branching step holds until facts come, by corporation, flow and name of the guard or step. Many: a
    /// feed is missing or stale.
    HELD: Gauge "sluis_held_notifications" { corporation, flow, guard };
    /// How long the oldest held notification has been held, by corporation, flow and name of the guard or step.
    HELD_OLDEST: Gauge "sluis_held_oldest_seconds" { corporation, flow, guard };
    /// Attempts whose outcome is unknown and that wait for a receipt, by corporation.
    IN_DOUBT: Gauge "sluis_in_doubt_attempts" { corporation };
    /// How long the oldest attempt in doubt has been in doubt, by corporation.
    IN_DOUBT_OLDEST: Gauge "sluis_in_doubt_oldest_seconds" { corporation };
    /// Facts that match no tenant, notification or earlier fact, by corporation.
    /// `GET /v1/facts/unmatched` lists them.
    UNMATCHED: Gauge "sluis_unmatched_facts" { corporation };
    /// How long the oldest unmatched fact has waited, by corporation.
    UNMATCHED_OLDEST: Gauge "sluis_unmatched_facts_oldest_seconds" { corporation };
    /// Facts that matched nothing when they came, by corporation, since the first record. A sudden
    /// rise: a feed writes numbers or subjects in another way.
    UNMATCHED_EVER: Counter "sluis_unmatched_facts_total" { corporation };
    /// Messages about a message of ours that nobody could read and that no task asks people about, by
    /// corporation. `GET /v1/tasks` lists them beside the tasks.
    UNREAD: Gauge "sluis_unread_messages" { corporation };
    /// How long the oldest unread message has waited, by corporation.
    UNREAD_OLDEST: Gauge "sluis_unread_messages_oldest_seconds" { corporation };
    /// Messages that nobody could read and that no task asked about, by corporation, since the first
    /// record. A sudden rise: a provider or a mail server says something new.
    UNREAD_EVER: Counter "sluis_unread_messages_total" { corporation };
    /// Notifications for tenants without a profile, by corporation, since the first record.
    UNKNOWN_TENANTS: Counter "sluis_intake_unknown_tenants_total" { corporation };
    /// Records that are durable and not yet in the archive. It rises under load, because the archive
    /// gives way. If it does not fall when the load does: see `sluis_archive_failures_total`.
    ARCHIVE_LAG: Gauge "sluis_archive_lag_records" {};
    /// 1 while the archive cannot be opened: its directory or bucket is out of reach, or a manifest is
    /// damaged. The engine sends, nothing is forgotten, and it is tried again at least once a minute.
    ARCHIVE_AWAY: Gauge "sluis_archive_away" {};
    /// For how long the archive has been behind: since it last had every durable record. Seconds or
    /// minutes under load. From five minutes on it takes a small share of the processors for itself.
    ARCHIVE_BEHIND: Gauge "sluis_archive_behind_seconds" {};
    /// Sealed volumes of the archive.
    ARCHIVE_VOLUMES: Gauge "sluis_archive_volumes" {};
    /// The first 48 bits of the hash of the newest manifest, as a number. `GET /v1/archive/head` and the
    /// log have all of it. Whoever keeps it notices a change of the archive.
    ARCHIVE_HEAD: Gauge "sluis_archive_head_hash" {};
    /// Entries of the volume that is not sealed yet.
    ARCHIVE_UNSEALED: Gauge "sluis_archive_unsealed_entries" {};
    /// Bytes of the volume that is not sealed yet. They are in memory.
    ARCHIVE_UNSEALED_BYTES: Gauge "sluis_archive_unsealed_bytes" {};
    /// Entries that were sealed.
    ARCHIVE_ENTRIES: Counter "sluis_archive_entries_total" {};
    /// Bytes that were sealed.
    ARCHIVE_BYTES: Counter "sluis_archive_bytes_total" {};
    /// Bytes of copies of what left that wait for the archive.
    ARCHIVE_SPOOL_BYTES: Gauge "sluis_archive_spool_bytes" {};
    /// Copies that were not kept because the spool was full. The archive makes these messages again
    /// and compares them with the hash in the journal.
    ARCHIVE_SPOOL_DROPPED: Counter "sluis_archive_spool_dropped_total" {};
    /// Times that the archive could not follow or seal. Each has a line in the log. Look at its disk
    /// or its object store.
    ARCHIVE_FAILURES: Counter "sluis_archive_failures_total" {};
    /// Volumes of the archive that a time stamp proves: the newest one that has a stamp, and all before it.
    ARCHIVE_STAMPED_VOLUMES: Gauge "sluis_archive_stamped_volumes" {};
    /// Times that the newest volume of the archive got no time stamp. Each has a line in the log with the
    /// reason. It is tried again.
    ARCHIVE_STAMP_FAILURES: Counter "sluis_archive_stamp_failures_total" {};
    /// For how long the daily counters have been behind: since they last had every durable record. Seconds
    /// or minutes under load. From five minutes on they take a small share of the processors for
    /// themselves. Nothing is forgotten before it is counted.
    COUNTERS_BEHIND: Gauge "sluis_counters_behind_seconds" {};
    /// Times that the daily counters could not follow or be written. Each has a line in the log. Look at
    /// the disk.
    COUNTERS_FAILURES: Counter "sluis_counters_failures_total" {};
    /// Objects of the archive that were removed after their period.
    ARCHIVE_REMOVED_OBJECTS: Counter "sluis_archive_removed_objects_total" {};
    /// Entries of the objects that were removed from the archive after their period.
    ARCHIVE_REMOVED_ENTRIES: Counter "sluis_archive_removed_entries_total" {};
    /// Bytes of the objects that were removed from the archive after their period.
    ARCHIVE_REMOVED_BYTES: Counter "sluis_archive_removed_bytes_total" {};
    /// Objects past their period that a legal hold keeps.
    ARCHIVE_HELD: Gauge "sluis_archive_held_objects" {};
    /// Objects whose period has not begun because a flow of theirs has not ended, or one that began on
    /// the same day. Only those count whose newest entry is older than the period.
    ARCHIVE_FLOWS_OPEN: Gauge "sluis_archive_open_flow_objects" {};
    /// Objects that were removed and that the store still has, because it refuses to let them go. Each
    /// hour it is tried again. Look at its Object Lock and at the rights of the engine's key.
    ARCHIVE_UNDELETED: Gauge "sluis_archive_undeleted_objects" {};
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
    /// Open files and sockets of the process. At the bound no connection is accepted any more.
    PROCESS_FILES: Gauge "sluis_process_open_files" {};
    /// The bound on open files and sockets of the process (`ulimit -n`).
    PROCESS_FILES_BOUND: Gauge "sluis_process_open_files_bound" {};
    /// Unix time at which the certificate in use expires, by edge. Renew it when less than 14 days
    /// are left.
    CERTIFICATE: Gauge "sluis_tls_certificate_expires_seconds" {
        edge in Edge::ALL.map(Edge::name)
    };
}
