//! Owns the threads that turn an attempt into something to send: read the body back from the
//! journal, render it, put references and sender on it. Refuses to run on an arbiter, to wait when
//! its queue is full, and to die of one message.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam::channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;
use sluis_channels::render::{CorporationView, TenantView};
use sluis_channels::{Context, Outgoing, Sender as Identity};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{
    CorporationId, FlowBook, Input, Notification, Record, ReferenceKey, Refusal, Verdict, Why,
};

use crate::book::Book;
use crate::dispatch::Dispatch;

/// Something to send, or the verdict that nothing can be.
pub type Prepared = Result<Outgoing, Verdict>;
/// Called on a prepare thread with the result. Must not block.
pub(crate) type Done = Box<dyn FnOnce(Prepared) + Send>;
/// How an attempt is prepared; [`Preparer::prepare`] in the engine.
pub type Prepare = Arc<dyn Fn(&Dispatch) -> Prepared + Send + Sync>;

/// The threads, and the bounded queue before them.
pub struct PreparePool {
    prepare: Prepare,
    jobs: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    inline: bool,
}

type Job = (Dispatch, Done);

impl std::fmt::Debug for PreparePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparePool")
            .field("waiting", &self.len())
            .field("bound", &self.bound())
            .finish_non_exhaustive()
    }
}

impl PreparePool {
    /// Starts `threads` threads behind a queue of `bound` attempts: the sum of all providers'
    /// concurrencies, then it cannot be full while permits are honoured.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(threads: usize, bound: usize, prepare: Prepare) -> io::Result<Arc<Self>> {
        let (sender, receiver) = bounded::<Job>(bound);
        let thread = |number: usize| {
            let (receiver, prepare) = (receiver.clone(), prepare.clone());
            std::thread::Builder::new()
                .name(format!("prepare-{number}"))
                .spawn(move || work(&receiver, &prepare))
        };
        let threads = (0..threads.max(1))
            .map(thread)
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Arc::new(Self {
            prepare,
            jobs: Mutex::new(Some(sender)),
            threads: Mutex::new(threads),
            inline: false,
        }))
    }

    /// A pool without threads, which prepares within [`PreparePool::submit`]: for simulation and
    /// tests only.
    #[must_use]
    pub fn inline(prepare: Prepare) -> Arc<Self> {
        Arc::new(Self {
            prepare,
            jobs: Mutex::new(None),
            threads: Mutex::new(Vec::new()),
            inline: true,
        })
    }

    /// Has the attempt prepared; `done` is called with the result, or dropped when the pool was
    /// closed meanwhile.
    ///
    /// # Errors
    /// The dispatch, when the queue is full or the pool closed.
    #[allow(
        clippy::result_large_err,
        reason = "the caller gets back what it gave, unboxed"
    )]
    pub fn submit(&self, dispatch: Dispatch, done: Done) -> Result<(), Dispatch> {
        if self.inline {
            done(one(&self.prepare, &dispatch));
            return Ok(());
        }
        match &*self.jobs.lock() {
            Some(jobs) => jobs
                .try_send((dispatch, done))
                .map_err(|refused| refused.into_inner().0),
            None => Err(dispatch),
        }
    }

    /// Attempts that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.lock().as_ref().map_or(0, Sender::len)
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most that can wait.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.jobs
            .lock()
            .as_ref()
            .and_then(Sender::capacity)
            .unwrap_or(0)
    }

    /// Takes no more, finishes what waits and ends the threads. Blocks until they ended.
    pub fn close(&self) {
        self.jobs.lock().take();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            // It cannot have panicked: every item is caught.
            drop(thread.join());
        }
    }
}

fn work(jobs: &Receiver<Job>, prepare: &Prepare) {
    for (dispatch, done) in jobs {
        let prepared = one(prepare, &dispatch);
        if catch_unwind(AssertUnwindSafe(|| done(prepared))).is_err() {
            tracing::error!(attempt = %dispatch.attempt.id, "handing over a prepared attempt panicked");
        }
    }
}

/// A panic while rendering is about this one message.
fn one(prepare: &Prepare, dispatch: &Dispatch) -> Prepared {
    catch_unwind(AssertUnwindSafe(|| prepare(dispatch))).unwrap_or_else(|_| {
        tracing::error!(attempt = %dispatch.attempt.id, "preparing an attempt panicked");
        Err(unsendable(
            "panic",
            "preparing the message broke off inside the engine",
        ))
    })
}

/// A corporation, as its messages show it.
#[derive(Clone, Debug)]
pub struct CorporationCard {
    /// Its name, for templates.
    pub name: Box<str>,
    /// Its sender addresses.
    pub sender: Arc<Identity>,
}

/// Prepares attempts. Reads the journal: not for an arbiter.
pub struct Preparer {
    journal: Arc<dyn Journal>,
    book: Arc<Book>,
    key: ReferenceKey,
    corporations: HashMap<CorporationId, CorporationCard>,
}

impl std::fmt::Debug for Preparer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparer")
            .field("book", &self.book)
            .finish_non_exhaustive()
    }
}

impl Preparer {
    /// A preparer over the engine's journal, definitions, secret and corporations.
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        book: Arc<Book>,
        key: ReferenceKey,
        corporations: HashMap<CorporationId, CorporationCard>,
    ) -> Self {
        Self {
            journal,
            book,
            key,
            corporations,
        }
    }

    /// What a pool runs.
    #[must_use]
    pub fn into_prepare(self) -> Prepare {
        Arc::new(move |dispatch| self.prepare(dispatch))
    }

    /// Makes what the provider needs.
    ///
    /// # Errors
    /// `Refused`, with the reason: `Unsendable` where another channel may do, `Ours` where the
    /// engine lacks something.
    pub fn prepare(&self, dispatch: &Dispatch) -> Prepared {
        let card = self
            .corporations
            .get(&dispatch.corporation)
            .ok_or_else(|| ours("sender", "the corporation is not configured"))?;
        let body = self.body(dispatch)?;
        Ok(Outgoing {
            attempt: dispatch.attempt,
            corporation: dispatch.corporation,
            reference: self.key.attempt(dispatch.corporation, dispatch.attempt),
            to: dispatch.address.to_string(),
            content: self.render(dispatch, &body, card)?,
            sender: card.sender.clone(),
            at: dispatch.at,
        })
    }

    fn body(&self, dispatch: &Dispatch) -> Result<Notification, Verdict> {
        let shard = Shard(dispatch.attempt.id.shard().0);
        let read = self.journal.read(shard, Sequence(dispatch.body));
        let bytes = match read {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                return Err(ours(
                    "body",
                    "the record of the notification is not in the journal any more",
                ));
            }
            Err(error) => return Err(ours("journal", &error.to_string())),
        };
        match Record::decode(&bytes) {
            Ok(Record::Tenant(record)) => match record.input {
                Input::Notify(body) if body.id == dispatch.attempt.id => Ok(*body),
                _ => Err(ours(
                    "body",
                    "the record named as body holds something else",
                )),
            },
            Ok(Record::Control(_)) => Err(ours(
                "body",
                "the record named as body holds something else",
            )),
            Err(error) => Err(ours("body", &error.to_string())),
        }
    }

    fn render(
        &self,
        dispatch: &Dispatch,
        body: &Notification,
        card: &CorporationCard,
    ) -> Result<sluis_channels::Content, Verdict> {
        let flow = self
            .book
            .flow(dispatch.flow)
            .ok_or_else(|| ours("flow", "the definition is not there"))?;
        let templates = self
            .book
            .templates(dispatch.flow)
            .ok_or_else(|| ours("flow", "the definition is not there"))?;
        let template = flow.template(dispatch.step, dispatch.channel);
        let template = template
            .ok_or_else(|| unsendable("render", "the step has no template for this channel"))?;
        let data: serde_json::Value =
            serde_json::from_str(&body.data).map_err(|error| ours("body", &error.to_string()))?;
        let message = flow.message(dispatch.step);
        let link = message.is_some_and(|message| message.link).then(|| {
            let token = self.key.link(dispatch.corporation, dispatch.attempt.id);
            format!("{}/b/{token}", card.sender.public_url.trim_end_matches('/'))
        });
        let (name, language) = dispatch
            .profile
            .as_deref()
            .map_or(("", ""), |profile| (&*profile.name, &*profile.language));
        let context = Context {
            tenant: TenantView {
                id: &dispatch.tenant,
                name: name_or_word(name, language),
                language,
            },
            corporation: CorporationView { name: &card.name },
            data: &data,
            link: link.as_deref(),
        };
        let rendered = templates.render(dispatch.channel, template, &context);
        rendered.map_err(|error| unsendable(error.code(), &error.to_string()))
    }
}

/// The tenant's name; without one the word for a tenant, so that no message begins with "Beste ,".
fn name_or_word<'a>(name: &'a str, language: &str) -> &'a str {
    match name.trim() {
        "" if language
            .get(..2)
            .is_some_and(|code| code.eq_ignore_ascii_case("en")) =>
        {
            "tenant"
        }
        "" => "huurder",
        name => name,
    }
}

fn ours(code: &str, text: &str) -> Verdict {
    Verdict::Refused {
        class: Refusal::Ours,
        why: Why::new(code, text),
    }
}

/// The message cannot be made for this channel; by another it may.
fn unsendable(code: &str, text: &str) -> Verdict {
    Verdict::Refused {
        class: Refusal::Unsendable,
        why: Why::new(code, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluis_journal::{Batch, MemoryJournal};
    use sluis_model::flow::Definition;
    use sluis_model::{
        AttemptRef, Channel, Environment, FlowRef, Idempotency, Lane, NotificationId, Profile,
        ShardId, TenantKey, TenantRecord, Timestamp,
    };

    const FLOW: &str = r#"
name = "notice"
version = 1
purpose = "information"
[input]
text = "text"
[[step]]
id = "mail"
send = { template = { sms = "hello" }, via = ["sms"], link = true }
[[step]]
id = "plain"
send = { template = { sms = "plain" }, via = ["sms"] }
"#;
    const ID: NotificationId = NotificationId::new(ShardId(0), 0, 7);

    fn stage(data: &str) -> (Preparer, Dispatch, ReferenceKey) {
        let files = [
            (
                "hello.txt",
                "Beste {{ tenant.name }}, {{ data.text }} {{ link }}",
            ),
            ("hello.en.txt", "Dear {{ tenant.id }}"),
            (
                "plain.txt",
                "{{ corporation.name }}: {{ data.text }}{{ link }}",
            ),
        ];
        let templates = files
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into();
        let definition = Definition {
            flow: FLOW.into(),
            templates,
            ..Definition::default()
        };
        let journal = Arc::new(MemoryJournal::new(1, 8));
        let flow = definition.reference();
        // Stored, not current: one of its templates would not be taken today.
        journal
            .put_definition(flow.0, &definition.encode())
            .unwrap();
        let book = Book::load(&*journal, Vec::new()).unwrap();
        append(&journal, flow, data);
        let key = ReferenceKey::new([3; 32]);
        let sender: Identity = serde_json::from_value(serde_json::json!({
            "email_from": "post@example.nl", "bounce_domain": "b.example.nl",
            "sms_originator": "Sluis", "public_url": "https://post.example.nl/",
        }))
        .unwrap();
        let card = CorporationCard {
            name: "De Sluis".into(),
            sender: Arc::new(sender),
        };
        let preparer = Preparer::new(
            journal,
            Arc::new(book),
            key.clone(),
            [(CorporationId(1), card)].into(),
        );
        let profile = Profile {
            name: "mevrouw De Vries".into(),
            ..Profile::default()
        };
        let dispatch = Dispatch {
            attempt: AttemptRef {
                id: ID,
                step: 0,
                attempt: 1,
            },
            corporation: CorporationId(1),
            tenant: "H-1".into(),
            channel: Channel::Sms,
            provider: 0,
            address: "+31600000001".into(),
            flow,
            step: 0,
            body: 1,
            profile: Some(Box::new(profile)),
            at: Timestamp(42),
        };
        (preparer, dispatch, key)
    }

    fn append(journal: &MemoryJournal, flow: FlowRef, data: &str) {
        let body = Notification {
            id: ID,
            flow,
            category: "general".into(),
            subject: None,
            data: data.into(),
            fields: Box::default(),
            lane: Lane::Normal,
            send_after: None,
            expires_at: None,
            environment: Environment::Test,
            idempotency: Idempotency { key: 0, body: 0 },
        };
        let record = |input| TenantRecord {
            at: Timestamp(0),
            tenant: TenantKey::new(CorporationId(1), "H-1"),
            previous: 0,
            input,
            events: Vec::new(),
        };
        let mut batch = Batch::new(Shard(0), Sequence(1));
        for input in [Input::Notify(Box::new(body)), Input::Timer { id: ID }] {
            let mut bytes = Vec::new();
            Record::Tenant(record(input)).encode(&mut bytes).unwrap();
            batch.push(&bytes);
        }
        journal.try_append(batch, Sequence(0)).unwrap();
        journal.commit();
    }

    #[track_caller]
    fn text(prepared: Prepared) -> String {
        match prepared.unwrap().content {
            sluis_channels::Content::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn code(prepared: Prepared) -> Box<str> {
        match prepared.unwrap_err() {
            Verdict::Refused {
                class: Refusal::Ours | Refusal::Unsendable,
                why,
            } => why.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_is_rendered_with_its_link_and_reference() {
        let (preparer, dispatch, key) = stage(r#"{"text":"hallo"}"#);
        let prepared = preparer.prepare(&dispatch);
        let made = prepared.as_ref().unwrap();
        assert_eq!(
            key.open_attempt(&made.reference),
            Ok((CorporationId(1), dispatch.attempt))
        );
        assert_eq!((&*made.to, made.at), ("+31600000001", Timestamp(42)));
        let text = text(prepared);
        let token = text
            .strip_prefix("Beste mevrouw De Vries, hallo https://post.example.nl/b/")
            .unwrap();
        assert_eq!(key.open_link(token), Ok((CorporationId(1), ID)));
    }

    #[test]
    fn the_tenants_language_decides_and_a_step_without_link_has_none() {
        let (preparer, mut dispatch, _) = stage(r#"{"text":"hallo"}"#);
        dispatch.profile = Some(Box::new(Profile {
            language: "en".into(),
            ..Profile::default()
        }));
        assert_eq!(text(preparer.prepare(&dispatch)), "Dear H-1");
        dispatch.step = 1;
        assert_eq!(
            code(preparer.prepare(&dispatch)),
            "render_missing".into(),
            "the template asks for a link"
        );
    }

    #[test]
    fn a_tenant_without_a_name_is_called_tenant() {
        let (preparer, mut dispatch, _) = stage(r#"{"text":"hallo"}"#);
        for profile in [
            None,
            Some(Box::default()),
            Some(Box::new(Profile {
                name: "  ".into(),
                ..Profile::default()
            })),
        ] {
            dispatch.profile = profile;
            assert!(text(preparer.prepare(&dispatch)).starts_with("Beste huurder, "));
        }
        assert_eq!(
            (
                name_or_word("", "en-GB"),
                name_or_word("", "EN"),
                name_or_word("", "é")
            ),
            ("tenant", "tenant", "huurder")
        );
    }

    #[test]
    fn what_cannot_be_prepared_is_ours() {
        let (preparer, dispatch, _) = stage("{}");
        assert_eq!(code(preparer.prepare(&dispatch)), "render_missing".into());
        let with = |change: &dyn Fn(&mut Dispatch)| {
            let mut changed = dispatch.clone();
            change(&mut changed);
            code(preparer.prepare(&changed))
        };
        assert_eq!(with(&|d| d.body = 9), "body".into(), "nothing there");
        assert_eq!(with(&|d| d.body = 2), "body".into(), "another input");
        assert_eq!(
            with(&|d| d.attempt.id = NotificationId::new(ShardId(0), 0, 8)),
            "body".into(),
            "another notification"
        );
        assert_eq!(with(&|d| d.flow = FlowRef([9; 16])), "flow".into());
        assert_eq!(with(&|d| d.channel = Channel::Email), "render".into());
        assert_eq!(with(&|d| d.corporation = CorporationId(2)), "sender".into());
    }

    #[test]
    fn a_pool_survives_a_panic_is_bounded_and_finishes_what_waits() {
        let (preparer, dispatch, _) = stage(r#"{"text":"hallo"}"#);
        let (release, gate) = crossbeam::channel::unbounded::<bool>();
        let prepare = move |dispatch: &Dispatch| {
            assert!(gate.recv().unwrap(), "as told");
            preparer.prepare(dispatch)
        };
        let pool = PreparePool::start(1, 2, Arc::new(prepare)).unwrap();
        let (sender, results) = crossbeam::channel::unbounded();
        let submit = || {
            let sender = sender.clone();
            pool.submit(
                dispatch.clone(),
                Box::new(move |prepared| drop(sender.send(prepared))),
            )
            .is_ok()
        };
        assert!(submit());
        release.send(false).unwrap();
        assert_eq!(code(results.recv().unwrap()), "panic".into());
        // One in hand at most, two that wait: the fourth and later cannot all fit.
        let taken = (0..5).filter(|_| submit()).count();
        assert!((2..=3).contains(&taken), "{taken}");
        (0..taken).for_each(|_| release.send(true).unwrap());
        pool.close();
        assert_eq!(results.try_iter().filter(Result::is_ok).count(), taken);
        assert!(!submit());
    }
}
