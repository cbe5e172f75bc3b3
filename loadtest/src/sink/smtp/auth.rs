//! AUTH PLAIN and LOGIN (RFC 4954, RFC 4616). Refuses any credentials but the ones configured.

use data_encoding::BASE64;

use super::command::SYNTAX;
use super::session::{Mode, Session};

impl Session {
    pub(super) fn start_auth(&mut self, initial: Option<String>, plain: bool) {
        if self.options.auth.is_none() || self.authenticated || self.envelope.is_some() {
            return self.reply("503 5.5.1 AUTH not allowed here");
        }
        match (initial, plain) {
            (Some(initial), true) => self.auth_plain(initial.as_bytes()),
            (Some(initial), false) => self.auth_user(initial.as_bytes()),
            (None, true) => {
                self.mode = Mode::AuthPlain;
                self.reply("334 ");
            }
            (None, false) => {
                self.mode = Mode::AuthUser;
                self.reply("334 VXNlcm5hbWU6");
            }
        }
    }

    /// `authorisation NUL user NUL password`, base64 (RFC 4616).
    pub(super) fn auth_plain(&mut self, line: &[u8]) {
        let Ok(decoded) = BASE64.decode(line) else {
            return self.reply(SYNTAX);
        };
        let parts: Vec<_> = decoded.split(|b| *b == 0).collect();
        match parts[..] {
            [_, user, password] => self.check_auth(user, password),
            _ => self.reply(SYNTAX),
        }
    }

    pub(super) fn auth_user(&mut self, line: &[u8]) {
        let user = BASE64
            .decode(line)
            .ok()
            .and_then(|user| String::from_utf8(user).ok());
        let Some(user) = user else {
            return self.reply(SYNTAX);
        };
        self.mode = Mode::AuthPassword(user);
        self.reply("334 UGFzc3dvcmQ6");
    }

    pub(super) fn auth_password(&mut self, user: &str, line: &[u8]) {
        match BASE64.decode(line) {
            Ok(password) => self.check_auth(user.as_bytes(), &password),
            Err(_) => self.reply(SYNTAX),
        }
    }

    fn check_auth(&mut self, user: &[u8], password: &[u8]) {
        let expected = self.options.auth.as_ref();
        self.authenticated =
            expected.is_some_and(|(u, p)| u.as_bytes() == user && p.as_bytes() == password);
        let reply = if self.authenticated {
            "235 2.7.0 ok"
        } else {
            "535 5.7.8 credentials invalid"
        };
        self.reply(reply);
    }
}
