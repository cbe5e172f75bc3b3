//! Owns what a mistake in a file of steering looks like. Refuses to find any.

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// Where in the file's sections: `service[0].email`.
    pub path: String,
    /// What stands there.
    pub value: String,
    /// What should.
    pub expected: String,
    /// How to mend it.
    pub hint: String,
}
