//! Owns the walk along a tenant's records, newest first: each record names the one before it.
//! Bounded: a page ends after [`MAX_READS`] records, found or not. Refuses to leave the tenant: a
//! position that a caller made up leads nowhere.

use sluis_model::{
    Event, Notification, NotificationId, Record, StoredTenant, TenantKey, TenantRecord,
};

/// Most records one page reads, whatever it keeps of them.
pub const MAX_READS: usize = 10_000;

/// One page of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The records that were kept, with their sequences, newest first.
    pub records: Vec<(u64, TenantRecord)>,
    /// Give this as `before` for the next page. `None`: there is nothing older, or it is not kept
    /// any more.
    pub next: Option<u64>,
    /// Whether there was something older that is not kept any more.
    pub is_cut: bool,
    /// The body of the notification that is asked about, where the record that accepted it may not be
    /// kept any more: as a stored tenant carries it along.
    pub body: Option<Notification>,
    /// When something of it was removed from the archive, and under which rule.
    pub removed: Option<Gone>,
}

/// What a rule removed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Gone {
    /// When.
    pub at: String,
    /// Where the rule stands: `archive.keep_days.newsletter`.
    pub rule: Box<str>,
}

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "removed on {} under rule {}", self.at, self.rule)
    }
}

/// What is wanted of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Only what is older than this record.
    pub before: Option<u64>,
    /// At most this many records.
    pub limit: usize,
    /// The notification that is asked about, if it is one.
    pub of: Option<NotificationId>,
}

/// A record of the walk.
enum Link {
    Decided(TenantRecord),
    /// The tenant, stored as it was: it decides nothing, and leads on.
    Stored(Box<StoredTenant>),
}

impl Link {
    const fn tenant(&self) -> &TenantKey {
        match self {
            Self::Decided(record) => &record.tenant,
            Self::Stored(piece) => &piece.tenant,
        }
    }

    const fn previous(&self) -> u64 {
        match self {
            Self::Decided(record) => record.previous,
            Self::Stored(piece) => piece.previous,
        }
    }
}

/// Reads the record at a sequence.
type Reading<'a, E> = &'a mut dyn FnMut(u64) -> Result<Option<Record>, E>;

/// Walks back from `last`, the tenant's newest record (0: none), and keeps up to `limit` records
/// older than `before`.
///
/// `before` may come from outside: it is only taken as a place to go on from when a record of the
/// same tenant stands there, else the walk begins at `last` and leaves out what is not older.
///
/// # Errors
/// What `read` says. A record that is not there ends the walk: retention took it.
pub fn walk<E>(
    read: &mut dyn FnMut(u64) -> Result<Option<Record>, E>,
    last: u64,
    Wanted { before, limit, of }: Wanted,
    keep: impl Fn(&TenantRecord) -> bool,
) -> Result<Page, E> {
    let mut page = Page {
        records: Vec::new(),
        next: None,
        is_cut: false,
        body: None,
        removed: None,
    };
    let mut found = begin(read, last, before)?;
    page.is_cut = found.is_none() && last != 0;
    let mut reads = 0;
    while let Some((sequence, record)) = found.take() {
        reads += 1;
        let (previous, tenant) = (record.previous(), record.tenant().clone());
        let is_older = before.is_none_or(|before| sequence < before);
        match record {
            Link::Decided(record) if is_older && keep(&record) => {
                page.records.push((sequence, record));
            }
            Link::Decided(_) => {}
            Link::Stored(piece) => page.body = page.body.take().or_else(|| body(*piece, of)),
        }
        // Records only ever point back; anything else is not a chain of ours.
        if previous == 0 || previous >= sequence {
            break;
        }
        if page.records.len() >= limit || reads >= MAX_READS {
            page.next = Some(sequence);
            break;
        }
        found = link_of(&tenant, read, previous)?;
        page.is_cut = found.is_none();
    }
    Ok(page)
}

/// Where the walk begins: at the record of `before`, when it is one of this tenant, else at the
/// newest.
fn begin<E>(
    read: Reading<'_, E>,
    last: u64,
    before: Option<u64>,
) -> Result<Option<(u64, Link)>, E> {
    let Some(newest) = link(read, last)? else {
        return Ok(None);
    };
    let earlier = match before.filter(|before| *before < last) {
        Some(before) => link_of(newest.tenant(), read, before)?,
        None => None,
    };
    Ok(Some(earlier.unwrap_or((last, newest))))
}

/// The record there, if it is one of this tenant.
fn link_of<E>(
    tenant: &TenantKey,
    read: Reading<'_, E>,
    sequence: u64,
) -> Result<Option<(u64, Link)>, E> {
    let own = link(read, sequence)?.filter(|link| link.tenant() == tenant);
    Ok(own.map(|link| (sequence, link)))
}

fn link<E>(read: Reading<'_, E>, sequence: u64) -> Result<Option<Link>, E> {
    if sequence == 0 {
        return Ok(None);
    }
    Ok(match read(sequence)? {
        Some(Record::Tenant(record)) => Some(Link::Decided(record)),
        Some(Record::Stored(piece)) => Some(Link::Stored(piece)),
        Some(Record::Control(_) | Record::Gone(_)) | None => None,
    })
}

/// The body of this notification, if it is carried along here.
fn body(piece: StoredTenant, of: Option<NotificationId>) -> Option<Notification> {
    let mut bodies = piece.bodies.into_iter();
    bodies.find(|body| Some(body.id) == of)
}

/// Keeps the records in which something was decided about `id`, and the one that accepted what follows it.
pub fn about(id: NotificationId) -> impl Fn(&TenantRecord) -> bool {
    move |record| {
        let is_about = |event: &Event| {
            let follows = matches!(event, Event::Follows { earlier, .. } if *earlier == id);
            follows || event.notification() == Some(id)
        };
        record.events.iter().any(is_about)
    }
}
