//! Owns the arithmetic of credit on both sides. Refuses to decide when credit is withheld: the
//! server's pressure does.
//!
//! Every row costs one credit when it is sent. Only an explicit `Credit` gives some back, and a
//! server gives back at most as much as it has answered. So `available + unanswered <= window`
//! always, which bounds the server's memory.

use super::MAX_CREDIT;

/// The server's book of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    size: u32,
    available: u32,
    unanswered: u32,
}

/// The client submitted more than it had credit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rows} rows submitted with {available} credit left: expected to wait for a Credit frame")]
pub struct OutOfCredit {
    /// Rows in the frame.
    pub rows: u32,
    /// Credit that was left.
    pub available: u32,
}

impl Window {
    /// A connection that may have at most `size` rows unanswered ([`MAX_CREDIT`] at most). Nothing
    /// is granted yet: [`Window::grant`] gives the credit of `Welcome` too.
    #[must_use]
    pub const fn new(size: u32) -> Self {
        Self {
            size: if size < MAX_CREDIT { size } else { MAX_CREDIT },
            available: 0,
            unanswered: 0,
        }
    }

    /// Books rows that came in.
    ///
    /// # Errors
    /// [`OutOfCredit`] when the client had no right to send them; the book is unchanged and the
    /// connection must end.
    pub const fn spend(&mut self, rows: u32) -> Result<(), OutOfCredit> {
        if rows > self.available {
            return Err(OutOfCredit {
                rows,
                available: self.available,
            });
        }
        self.available -= rows;
        self.unanswered += rows;
        Ok(())
    }

    /// Books answers (acks or refusals) that are on their way to the client.
    pub const fn answered(&mut self, rows: u32) {
        debug_assert!(rows <= self.unanswered);
        self.unanswered = self.unanswered.saturating_sub(rows);
    }

    /// What may be granted now.
    #[must_use]
    pub const fn owed(&self) -> u32 {
        self.size
            .saturating_sub(self.available.saturating_add(self.unanswered))
    }

    /// Books a grant of what is owed, at most `max` (under pressure: less, or zero), and returns
    /// it.
    pub const fn grant(&mut self, max: u32) -> u32 {
        let owed = self.owed();
        let grant = if owed < max { owed } else { max };
        self.available += grant;
        grant
    }

    /// Changes the size. A smaller one takes nothing back: it only grants less until the rest is
    /// spent.
    pub const fn resize(&mut self, size: u32) {
        self.size = if size < MAX_CREDIT { size } else { MAX_CREDIT };
    }

    /// Rows that came in and have no answer yet.
    #[must_use]
    pub const fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// Credit the client has not spent.
    #[must_use]
    pub const fn available(&self) -> u32 {
        self.available
    }
}

/// The client's book: what it may still send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance(u32);

/// The server granted more than any connection may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{grant} credit granted on top of {available}: expected at most {MAX_CREDIT} together")]
pub struct Overgranted {
    /// The grant.
    pub grant: u32,
    /// Credit that was left.
    pub available: u32,
}

impl Allowance {
    /// Rows that may be sent now.
    #[must_use]
    pub const fn available(self) -> u32 {
        self.0
    }

    /// Books a grant, or the credit of `Welcome`.
    ///
    /// # Errors
    /// [`Overgranted`] when the server broke the bound.
    pub const fn add(&mut self, grant: u32) -> Result<(), Overgranted> {
        match self.0.checked_add(grant) {
            Some(sum) if sum <= MAX_CREDIT => {
                self.0 = sum;
                Ok(())
            }
            _ => Err(Overgranted {
                grant,
                available: self.0,
            }),
        }
    }

    /// Books rows to be sent, if there is credit for all of them.
    #[must_use]
    pub const fn take(&mut self, rows: u32) -> bool {
        match self.0.checked_sub(rows) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}
