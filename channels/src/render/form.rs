//! Owns the forms of a message: which files of a template each is made of. A kind of provider names
//! its form. Refuses to know a channel.

/// What is made of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A mail: a subject, a text and, if the template has it, HTML.
    Mail,
    /// One text.
    Text,
    /// Nothing: no template is asked for.
    Nothing,
}

/// A file of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Text,
    Html,
}

impl Form {
    /// The files that a template must have.
    pub(super) const fn required(self) -> &'static [Part] {
        match self {
            Form::Mail => &[Part::Subject, Part::Text],
            Form::Text => &[Part::Text],
            Form::Nothing => &[],
        }
    }
}
