//! Owns what is asked by a step that asks the tenant, or a machine: for the tenant, the page behind the link
//! of its message. Refuses to be a page: whoever shows one makes it of this.

/// The page on which the tenant answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Index of the step under which the answer is kept: the step itself, or the one that it asks
    /// again for.
    pub asked_by: u8,
    /// Whether a machine is asked: then there is no page.
    pub by_machine: bool,
    /// Its heading; empty for a machine that nothing is said of.
    pub title: Box<str>,
    /// What stands under it; empty: nothing.
    pub text: Box<str>,
    /// The field of the data with the address of what is asked about, if there is one.
    pub document: Option<Box<str>>,
    /// What it calls answers, fields and words, by their names.
    pub labels: Box<[(Box<str>, Box<str>)]>,
}

impl Page {
    /// Longest heading, and longest label, in bytes.
    pub const MOST_LINE: usize = 200;
    /// Longest text, in bytes.
    pub const MOST_TEXT: usize = 2_000;
    /// Most answers: each is a form of its own.
    pub const MOST_ANSWERS: usize = 8;

    /// What it calls this answer, field or word.
    #[must_use]
    pub fn label<'a>(&'a self, name: &'a str) -> &'a str {
        let known = self.labels.iter().find(|(known, _)| **known == *name);
        known.map_or(name, |(_, label)| label)
    }
}
