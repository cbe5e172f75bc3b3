//! Owns templates: compiled once for a definition, rendered many times, in the tenant's language
//! where the template has it. Refuses a missing variable (an error that names it), HTML that is not
//! escaped, a subject of several lines, and a template that runs or writes without end, or asks for
//! more memory than a message may take.
//!
//! A template is a set of files: `storno-mail.subject.txt`, `storno-mail.txt` and, if wanted,
//! `storno-mail.html`; a text message is `storno-sms.txt`. A language goes before the ending:
//! `storno-mail.subject.en.txt`, `storno-mail.en.txt`.

mod bounds;
mod context;
mod error;
mod files;
mod filters;
mod form;
mod included;
mod rehearse;
mod run;
mod templates;
#[cfg(test)]
mod tests;
mod weigh;

pub use context::{Context, CorporationView, DEFAULT_LANGUAGE, TenantView, answered, asked};
pub use error::RenderError;
pub use form::Form;
pub use included::included;
pub use templates::Templates;
