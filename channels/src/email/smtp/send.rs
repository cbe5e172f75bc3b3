//! Owns the SMTP provider: a bounded number of sessions, one message on one of them, one verdict.
//! Refuses policy. The only second try is on a fresh session when a parked one proved dead before
//! the message could have been taken.

use std::fmt;
use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use parking_lot::RwLock;
use sluis_model::{Channel, OnDoubt, ReferenceKey, Refusal, Timestamp, Verdict, Why};

use super::classify;
use super::config::SmtpConfig;
use super::request::{self, MailObject};
use super::session::{Dial, Session};
use crate::email::bounce::{MAIL_INTAKE, read_bounce};
use crate::email::reply::{Reply, Trouble};
use crate::outgoing::Outgoing;
use crate::output::Output;
use crate::pool::{Parked, Pool, all_in_use};
use crate::problem::Problem;
use crate::provider::{Connections, LoadSign, Provider};
use crate::receipt::{Callback, ProviderReceipt, ReceiptError, ReceiptProof};
use crate::secrets::SecretSource;
use crate::tls::client_config;

/// What leaves (RFC 5322).
const MEDIA_TYPE: &str = "message/rfc822";

/// A relay that takes mail over SMTP.
pub(super) struct SmtpProvider {
    name: String,
    /// Where its settings stand.
    path: String,
    config: SmtpConfig,
    dial: Dial,
    pool: Arc<Pool<Session>>,
}

impl fmt::Debug for SmtpProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpProvider")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl SmtpProvider {
    pub(super) fn new(
        name: &str,
        path: &str,
        config: &SmtpConfig,
        secrets: &dyn SecretSource,
    ) -> Result<Self, Vec<Problem>> {
        let (login, tls) = match (
            config.login(path, secrets),
            client_config(path, config.ca_file.as_deref()),
        ) {
            (Ok(login), Ok(tls)) => (login, tls),
            (login, tls) => return Err(login.err().into_iter().chain(tls.err()).collect()),
        };
        let connections = config.connections as usize;
        Ok(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            config: config.clone(),
            dial: Dial {
                host: config.host.clone(),
                port: config.port,
                tls: config.tls,
                hello: config.hello.clone(),
                config: tls,
                login: RwLock::new(login.map(Arc::new)),
                pipelining: config.pipelining,
                connect_timeout: config.connect_timeout.0,
                command_timeout: config.command_timeout.0,
                data_timeout: config.data_timeout.0,
            },
            pool: Pool::new(connections, config.idle.0),
        })
    }

    async fn send_one(&self, outgoing: Outgoing) -> Verdict {
        let mail = match request::compose(&outgoing, self.config.from.as_deref()) {
            Ok(mail) => mail,
            Err(why) => {
                return Verdict::Refused {
                    class: Refusal::Unsendable,
                    why,
                };
            }
        };
        outgoing.output.put(MEDIA_TYPE, &mail.bytes);
        let Some(_slot) = self.pool.slot(self.config.wait.0).await else {
            return all_in_use();
        };
        if let Some(session) = self.pool.take()
            && let Some(verdict) = self.on_parked(session, &mail).await
        {
            return verdict;
        }
        let session = match self.dial.open().await {
            Ok(session) => session,
            Err(trouble) => return classify::verdict(trouble, &outgoing.to),
        };
        self.pool.count_opened();
        match self.carry(session, &mail).await {
            Ok(reply) => classify::accepted(&reply, &outgoing.to),
            Err(trouble) => classify::verdict(trouble, &outgoing.to),
        }
    }

    /// The verdict from a parked session; none when it was dead (or on its way out, 421) before the
    /// message was taken.
    async fn on_parked(&self, session: Session, mail: &MailObject) -> Option<Verdict> {
        let to = &mail.to;
        match self.carry(session, mail).await {
            Ok(reply) => Some(classify::accepted(&reply, to)),
            Err(Trouble::Lost(_)) => None,
            Err(Trouble::Answer(reply)) if reply.code == 421 => None,
            Err(trouble) => Some(classify::verdict(trouble, to)),
        }
    }

    /// Carries the message and parks the session, or gives it up.
    async fn carry(&self, mut session: Session, mail: &MailObject) -> Result<Reply, Trouble> {
        let result = session.carry(mail).await;
        if session.usable && session.carried < self.config.messages_per_connection {
            self.pool.park(session);
        } else if session.usable {
            tokio::spawn(session.leave());
        }
        result
    }
}

impl Provider for SmtpProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn on_doubt(&self) -> OnDoubt {
        self.config.on_doubt
    }

    fn concurrency(&self) -> usize {
        self.pool.most()
    }

    /// What can be said of it before it is composed: each header is checked when it is written.
    fn fits(&self, outgoing: &Outgoing) -> Result<(), Why> {
        request::fits(outgoing)
    }

    fn load_sign(&self) -> LoadSign {
        classify::is_about_load
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(async move { self.send_one(outgoing).await })
    }

    fn output(&self, outgoing: &Outgoing) -> Option<Output> {
        let mail = request::compose(outgoing, self.config.from.as_deref()).ok()?;
        Some(Output {
            media_type: MEDIA_TYPE,
            bytes: mail.bytes,
        })
    }

    /// A bounce is a mail that anyone can write: whoever posts it must be known to us.
    fn receipt_proof(&self) -> ReceiptProof {
        ReceiptProof::CallerMust
    }

    fn most_of_a_receipt(&self) -> Option<usize> {
        Some(MAIL_INTAKE.most)
    }

    fn receive(
        &self,
        callback: &Callback<'_>,
        key: &ReferenceKey,
        _: Timestamp,
    ) -> Result<Vec<ProviderReceipt>, ReceiptError> {
        Ok(vec![read_bounce(callback.body, key, &self.name)?])
    }

    /// Sessions that are open stay logged in as they are.
    fn renew(&self, secrets: &dyn SecretSource) -> Result<(), Vec<Problem>> {
        let login = self.config.login(&self.path, secrets);
        *self.dial.login.write() = login.map_err(|problem| vec![problem])?.map(Arc::new);
        Ok(())
    }

    fn connections(&self) -> Connections {
        self.pool.connections()
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            join_all(self.pool.close().into_iter().map(Session::leave)).await;
        })
    }
}
