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
    /// Notifications admitted, by lane. Each is answered only once it is durable.
    ACCEPTED = "counter" "sluis_intake_accepted_total";
    /// Repeats of an accepted notification: the sender got the first one's answer.
    DUPLICATES = "counter" "sluis_intake_duplicates_total";
    /// Notifications not admitted, by reason. `share_full` and `busy` are back-pressure and normal under load; `invalid` is the sender's mistake.
    REJECTED = "counter" "sluis_intake_rejected_total";
    /// HTTP requests answered, by route and status class.
    HTTP_REQUESTS = "counter" "sluis_http_requests_total";
    /// Open connections of the binary port.
    BINARY_CONNECTIONS = "gauge" "sluis_binary_connections";
    /// Receipts from outside, by provider and what they did. `forged` and `unexplained` deserve a look.
    RECEIPTS = "counter" "sluis_receipts_total";
    /// Time from handing a group to the disk until it was on it.
    COMMIT_SYNC = "histogram" "sluis_journal_sync_seconds";
    /// Time to write a group before the sync.
    COMMIT_WRITE = "histogram" "sluis_journal_write_seconds";
    /// Records per group commit. Larger groups under load are what keeps the rate up.
    COMMIT_RECORDS = "histogram" "sluis_journal_group_records";
    /// Bytes of records that were made durable: the journal's write rate.
    COMMIT_BYTES = "counter" "sluis_journal_committed_bytes_total";
    /// Batches, records and bytes that wait for the committer, by kind.
    JOURNAL_QUEUE = "gauge" "sluis_journal_queue_depth";
    /// The bounds of that queue, by kind. At seven tenths of any, intake answers 503.
    JOURNAL_QUEUE_BOUND = "gauge" "sluis_journal_queue_bound";
    /// Repairs at this start, by kind: damage that was put right, each with a line in the log. `tail` is usual after a kill; another deserves a look at the disk.
    JOURNAL_REPAIRS = "counter" "sluis_journal_repairs_total";
    /// Bytes of the journal on disk.
    JOURNAL_DISK = "gauge" "sluis_journal_disk_bytes";
    /// Bytes of records that are kept.
    JOURNAL_LIVE = "gauge" "sluis_journal_live_bytes";
    /// Free bytes where the journal lies. Below the reserve, intake is refused and what is open goes on.
    DISK_FREE = "gauge" "sluis_disk_free_bytes";
    /// Open notifications, in all.
    OPEN = "gauge" "sluis_open_notifications";
    /// How many may be open, in all. Intake beyond it answers 503.
    MAX_OPEN = "gauge" "sluis_open_notifications_bound";
    /// Open notifications, by corporation.
    SHARE_OPEN = "gauge" "sluis_share_open_notifications";
    /// How many may be open, by corporation. Intake beyond it answers 429.
    SHARE_BOUND = "gauge" "sluis_share_open_notifications_bound";
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
    /// 1 while the engine answers before the disk has it. Never set by this build: there is no such mode.
    WEAK_DURABILITY = "gauge" "sluis_weak_durability_enabled";
}
