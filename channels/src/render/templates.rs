//! Owns the templates of one definition: compiled once, held to be complete for their channels,
//! rendered many times.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Template, UndefinedBehavior};
use sluis_model::Channel;

use super::context::{Context, DEFAULT_LANGUAGE, language_of};
use super::error::RenderError;
use super::files::parts_of;
use super::form::{Form, Part};
use super::run::run;
use super::weigh::{TooHeavy, weigh};
use super::{bounds, filters};
use crate::address::visible;
use crate::form_of;
use crate::outgoing::Content;
use crate::problem::Problem;

/// Steps a template may take; a loop over a few hundred lines stays far below.
const FUEL: u64 = 50_000;
/// Longest text or HTML of a mail, in bytes.
const MAX_MAIL: usize = 256 * 1024;
/// Longest text of a message that is one text, in bytes.
const MAX_TEXT: usize = 8 * 1024;
/// Longest subject, in bytes.
const MAX_SUBJECT: usize = 1_000;

/// The templates of one definition, compiled. Immutable, shared between threads.
pub struct Templates {
    environment: Environment<'static>,
    /// The files of each template.
    sets: HashMap<Box<str>, Vec<File>>,
    /// Of templates that are stored: files that are not compiled, because they use what is not
    /// offered any more.
    refused: HashMap<Box<str>, TooHeavy>,
}

/// One file of a template.
struct File {
    kind: Part,
    /// None for the file that names no language.
    language: Option<Box<str>>,
    /// As the environment knows it.
    name: Box<str>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.environment
                    .templates()
                    .map(|(name, _)| name.to_owned()),
            )
            .finish()
    }
}

impl Templates {
    /// Compiles every file (name and source).
    ///
    /// # Errors
    /// All problems, each with the file's name and line.
    pub fn compile(files: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let (templates, mut problems) = Self::compiled(files);
        problems.extend(templates.refused.iter().map(|(name, heavy)| {
            let expected = "what templates may do, and no more than a message may take";
            Problem::new(
                "templates",
                name,
                format!("line {}", heavy.line),
                expected,
                &*heavy.why,
            )
            .at_line(heavy.line)
        }));
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(problems)
        }
    }

    /// Compiles what was stored when it was current. A file that would not be taken today is left
    /// out, and whoever asks for it is told: the start must not fail for it, and the message goes
    /// another way.
    ///
    /// # Errors
    /// All problems but those.
    pub fn compile_stored(files: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let (templates, problems) = Self::compiled(files);
        if problems.is_empty() {
            Ok(templates)
        } else {
            Err(problems)
        }
    }

    fn compiled(files: &BTreeMap<String, String>) -> (Self, Vec<Problem>) {
        let mut templates = Self {
            environment: environment(),
            sets: HashMap::new(),
            refused: HashMap::new(),
        };
        let mut problems = Vec::new();
        for (name, source) in files {
            let Some((template, kind, language)) = parts_of(name) else {
                let expected = "<name>[.subject][.<language>].txt or .html";
                let hint = "storno-mail.subject.txt, storno-mail.en.txt, storno-mail.html";
                problems.push(Problem::new("templates", name, name, expected, hint));
                continue;
            };
            // Before it is compiled: the compiler works out what stands in it.
            if let Err(heavy) = weigh(files, name) {
                templates.refused.insert(name.as_str().into(), heavy);
            } else {
                problems.extend(templates.add(name, source));
            }
            let file = File {
                kind,
                language: language.map(Into::into),
                name: name.as_str().into(),
            };
            let set = templates.sets.entry(template.into()).or_default();
            set.push(file);
        }
        (templates, problems)
    }

    /// Compiles one file; gives what is wrong with it.
    fn add(&mut self, name: &str, source: &str) -> Option<Problem> {
        let (name, source) = (name.to_owned(), source.to_owned());
        let error = self
            .environment
            .add_template_owned(name.clone(), source)
            .err()?;
        let at = error.line().unwrap_or_default();
        let line = format!("line {at}");
        let detail = error.detail().unwrap_or("syntax").to_owned();
        let expected = "a template that compiles";
        Some(Problem::new("templates", &name, line, expected, detail).at_line(at))
    }

    /// Whether every template that flows refer to is complete for its channel: the files in the
    /// default language, and in every other language either none or subject and text together.
    #[must_use]
    pub fn check<'a>(&self, used: impl IntoIterator<Item = (Channel, &'a str)>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (channel, name) in used {
            if self.refusal(name).is_some() {
                // Stored, and not to be sent: there is nobody to complete it.
                continue;
            }
            let kinds = form_of(channel).required();
            let default = |kind: &Part| self.find(name, *kind, DEFAULT_LANGUAGE).is_some();
            let expected = format!("a template for channel {channel}");
            problems.extend(absent(name, None, kinds, default, &expected));
            for language in self.languages(name) {
                let own = |kind: &Part| self.get(name, *kind, Some(&language)).is_some();
                let expected = format!("complete in language {language}");
                problems.extend(absent(name, Some(&language), kinds, own, &expected));
            }
        }
        problems
    }

    /// Renders the template for a channel.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn render(
        &self,
        channel: Channel,
        name: &str,
        context: &Context<'_>,
    ) -> Result<Content, RenderError> {
        let form = form_of(channel);
        if let Some(refusal) = self.refusal(name).filter(|_| form != Form::Nothing) {
            return Err(refusal);
        }
        match form {
            Form::Nothing => Ok(Content::Null),
            Form::Mail => self.mail(name, context),
            Form::Text => self.text(name, context).map(Content::Text),
        }
    }

    fn mail(&self, name: &str, context: &Context<'_>) -> Result<Content, RenderError> {
        // One language for the whole mail: that of the text.
        let language = language_of(context);
        let own = self.get(name, Part::Text, Some(&language)).is_some();
        let language = if own {
            language.as_str()
        } else {
            DEFAULT_LANGUAGE
        };
        let subject = self.required(name, Part::Subject, language)?;
        let text = self.required(name, Part::Text, language)?;
        let values = Value::from(Serde(context));
        let line = run(&subject, &values, MAX_SUBJECT)?.trim().to_owned();
        if is_blank(&line) || line.chars().any(char::is_control) {
            return Err(RenderError::Subject(subject.name().to_owned()));
        }
        let html = self
            .find(name, Part::Html, language)
            .map(|html| run(&html, &values, MAX_MAIL))
            .transpose()?;
        let text = said(&text, &values, MAX_MAIL)?;
        Ok(Content::Email {
            subject: line,
            text,
            html,
            headers: Vec::new(),
        })
    }

    fn text(&self, name: &str, context: &Context<'_>) -> Result<String, RenderError> {
        let text = self.required(name, Part::Text, &language_of(context))?;
        let text = said(&text, &Value::from(Serde(context)), MAX_TEXT)?;
        Ok(text.trim().to_owned())
    }

    /// Why nothing of this template is rendered, if one of its files, or one that may be included,
    /// is not offered any more.
    fn refusal(&self, name: &str) -> Option<RenderError> {
        if self.refused.is_empty() {
            return None;
        }
        let (template, heavy) = self
            .sets
            .get(name)?
            .iter()
            .find_map(|file| self.refused.get_key_value(&file.name))?;
        Some(RenderError::Refused {
            template: template.to_string(),
            line: heavy.line,
            why: heavy.why.clone(),
        })
    }

    fn required(
        &self,
        name: &str,
        kind: Part,
        language: &str,
    ) -> Result<Template<'_, '_>, RenderError> {
        self.find(name, kind, language)
            .ok_or_else(|| RenderError::Unknown(kind.file(name, None)))
    }

    /// The file in that language; in the default one, the file without a language will do; text in
    /// no other does, but HTML must speak the language of the text beside it.
    fn find(&self, name: &str, kind: Part, language: &str) -> Option<Template<'_, '_>> {
        let plain = || {
            self.get(name, kind, Some(DEFAULT_LANGUAGE))
                .or_else(|| self.get(name, kind, None))
        };
        match self.get(name, kind, Some(language)) {
            Some(template) => Some(template),
            None if kind == Part::Html && language != DEFAULT_LANGUAGE => None,
            None => plain(),
        }
    }

    fn get(&self, name: &str, kind: Part, language: Option<&str>) -> Option<Template<'_, '_>> {
        let file = self
            .sets
            .get(name)?
            .iter()
            .find(|file| file.kind == kind && file.language.as_deref() == language)?;
        self.environment.get_template(&file.name).ok()
    }

    /// The languages, other than the default, in which any file of this template exists.
    pub(super) fn languages(&self, name: &str) -> Vec<String> {
        let files = self.sets.get(name).into_iter().flatten();
        let languages = files
            .filter_map(|file| file.language.as_deref())
            .filter(|language| *language != DEFAULT_LANGUAGE);
        let languages: BTreeSet<&str> = languages.collect();
        languages.into_iter().map(str::to_owned).collect()
    }
}

/// Renders the text of a message, which must say something.
fn said(template: &Template<'_, '_>, values: &Value, limit: usize) -> Result<String, RenderError> {
    let text = run(template, values, limit)?;
    if is_blank(&text) {
        Err(RenderError::Blank(template.name().to_owned()))
    } else {
        Ok(text)
    }
}

/// Whether nobody sees anything of it.
fn is_blank(text: &str) -> bool {
    visible(text).trim().is_empty()
}

/// The environment of all templates: strict, with a bound on work, and escaping in HTML alone.
fn environment() -> Environment<'static> {
    let mut environment = bounds::environment();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    filters::add_to(&mut environment);
    environment
}

/// The files of a template that are not there.
fn absent(
    name: &str,
    language: Option<&str>,
    kinds: &[Part],
    is_there: impl Fn(&Part) -> bool,
    expected: &str,
) -> Vec<Problem> {
    let missing = kinds.iter().filter(|kind| !is_there(kind));
    let problem = |kind: &Part| {
        let file = kind.file(name, language);
        let hint = format!("add the file {file}");
        Problem::new("templates", &file, name, expected, hint)
    };
    missing.map(problem).collect()
}
