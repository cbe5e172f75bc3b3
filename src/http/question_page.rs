//! Owns the page on which a tenant answers: one form for each answer, plain HTML that works without
//! script, cookies and styles, with every mistake at its field and at the top. Refuses to read what
//! somebody filled in, and to write anything unescaped.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use sluis_model::FactField;
use sluis_model::flow::{FieldKind, InputField, Page, Question, Reply};

use crate::intake::form::{self, Form};
use crate::intake::{FieldProblem, ProblemCode};

/// The name of the form's field that says what the page showed: its hash, in hex.
pub(super) const SHOWN: &str = "shown";

/// A hash as it stands in the form.
pub(super) fn hex(hash: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(hash)
}

/// What the page shows.
pub(super) struct Showing<'a> {
    /// Who asks, as tenants know it.
    pub corporation: &'a str,
    pub question: &'a Question,
    pub page: &'a Page,
    /// The id of the step whose question it is: the answer says it.
    pub asked_by: &'a str,
    pub english: bool,
    /// Where what is asked about can be read.
    pub document: Option<&'a str>,
    pub tried: Option<Tried<'a>>,
}

/// What somebody sent, and what is wrong with it.
pub(super) struct Tried<'a> {
    pub answer: &'a str,
    pub form: &'a Form,
    pub problems: &'a [FieldProblem],
}

/// A pair of words, Dutch and English.
type Words = [&'static str; 2];

const WRONG: Words = [
    "Uw antwoord is nog niet verstuurd",
    "Your answer has not been sent yet",
];
const CHOOSE: Words = [
    "Kies een van de antwoorden op deze pagina.",
    "Choose one of the answers on this page.",
];
const MISTAKE: Words = ["Fout", "Error"];
const DOCUMENT: Words = ["Bekijk het document", "Read the document"];
const OPTIONAL: Words = [" (mag leeg blijven)", " (optional)"];
const YES: Words = ["Ja", "Yes"];
const NO: Words = ["Nee", "No"];

impl Showing<'_> {
    fn say(&self, words: Words) -> &'static str {
        words[usize::from(self.english)]
    }

    /// The whole page.
    pub(super) fn html(&self) -> String {
        let title = escaped(&self.page.title);
        let corporation = escaped(self.corporation);
        let lang = if self.english { "en" } else { "nl" };
        let wrong = match &self.tried {
            Some(_) => format!("{}: ", self.say(MISTAKE)),
            None => String::new(),
        };
        let mut page = format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex, nofollow\"><title>{wrong}{title}</title></head>\
             <body><main><p><strong>{corporation}</strong></p><h1>{title}</h1>"
        );
        self.summary(&mut page);
        for paragraph in self.page.text.split("\n\n").filter(|text| !text.is_empty()) {
            let text = escaped(paragraph).replace('\n', "<br>");
            page += &format!("<p>{text}</p>");
        }
        if let Some(document) = self.document {
            let (href, words) = (escaped(document), self.say(DOCUMENT));
            page += &format!("<p><a href=\"{href}\" rel=\"noopener noreferrer\">{words}</a></p>");
        }
        for (number, reply) in self.question.replies.iter().enumerate() {
            self.reply(&mut page, number, reply);
        }
        page + "</main></body></html>"
    }

    /// The SHA-256 of what is shown, whatever was tried: who asks, the title, the text, where the document is,
    /// and the words of each answer and its fields, a line for each.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut line = |text: &str| {
            hasher.update(text.as_bytes());
            hasher.update(b"\n");
        };
        line(self.corporation);
        line(&self.page.title);
        line(&self.page.text);
        line(self.document.unwrap_or_default());
        for reply in &self.question.replies {
            line(self.page.label(&reply.name));
            for field in &reply.fields {
                line(self.page.label(&field.field.name));
            }
        }
        hasher.finalize().into()
    }

    /// What is wrong, at the top, each with a link to its field.
    fn summary(&self, page: &mut String) {
        let Some(tried) = &self.tried else { return };
        let head = self.say(WRONG);
        *page += &format!("<div role=\"alert\"><h2>{head}</h2><ul>");
        let mut replies = self.question.replies.iter().enumerate();
        let at = replies.find(|(_, reply)| *reply.name == *tried.answer);
        let Some((number, reply)) = at.filter(|_| !tried.problems.is_empty()) else {
            *page += &format!("<li>{}</li></ul></div>", self.say(CHOOSE));
            return;
        };
        for field in &reply.fields {
            if let Some(problem) = self.problem(number, &field.field.name) {
                let (id, label) = (
                    id(number, field),
                    escaped(self.page.label(&field.field.name)),
                );
                let said = self.sentence(field, problem);
                *page += &format!("<li><a href=\"#{id}\">{label}</a>: {said}</li>");
            }
        }
        *page += "</ul></div>";
    }

    /// What is wrong with a field of the answer that was tried.
    fn problem(&self, number: usize, name: &str) -> Option<&FieldProblem> {
        let tried = self.tried.as_ref()?;
        let reply = self.question.replies.get(number)?;
        let mut problems = tried.problems.iter();
        let is_of = |problem: &&FieldProblem| {
            let field = problem.path.rsplit_once('.').map(|(_, field)| field);
            *reply.name == *tried.answer && field == Some(name)
        };
        problems.find(is_of)
    }

    fn reply(&self, page: &mut String, number: usize, reply: &Reply) {
        let (answer, asked_by) = (escaped(&reply.name), escaped(self.asked_by));
        let shown = hex(&self.hash());
        *page += &format!(
            "<form method=\"post\" autocomplete=\"off\"><input type=\"hidden\" name=\"question\" value=\"{asked_by}\">\
             <input type=\"hidden\" name=\"answer\" value=\"{answer}\">\
             <input type=\"hidden\" name=\"{SHOWN}\" value=\"{shown}\">"
        );
        for field in &reply.fields {
            self.field(page, number, field);
        }
        let label = escaped(self.page.label(&reply.name));
        *page += &format!("<p><button type=\"submit\">{label}</button></p></form>");
    }

    fn field(&self, page: &mut String, number: usize, field: &FactField) {
        let InputField { name, optional, .. } = &field.field;
        let (id, label) = (id(number, field), escaped(self.page.label(name)));
        let label = match optional {
            true => format!("{label}{}", self.say(OPTIONAL)),
            false => label,
        };
        let problem = self.problem(number, name);
        let (mut said, mut marks) = (String::new(), String::new());
        if let Some(problem) = problem {
            let sentence = self.sentence(field, problem);
            said = format!("<p id=\"{id}-fout\"><strong>{sentence}</strong></p>");
            marks = format!(" aria-invalid=\"true\" aria-describedby=\"{id}-fout\"");
        }
        if !optional {
            marks += " required";
        }
        let tried = self.tried.as_ref();
        let tried = tried.filter(|tried| {
            let reply = self.question.replies.get(number);
            reply.is_some_and(|reply| *reply.name == *tried.answer)
        });
        let typed = tried.and_then(|tried| tried.form.field(name)).unwrap_or("");
        let form_name = escaped(&form::name(name));
        let choices = self.choices(field);
        if !choices.is_empty() {
            let fieldset = if problem.is_some() {
                " aria-invalid=\"true\""
            } else {
                ""
            };
            *page += &format!("<fieldset id=\"{id}\"{fieldset}><legend>{label}</legend>{said}");
            for (at, (value, label)) in choices.iter().enumerate() {
                let (value, label) = (escaped(value), escaped(label));
                let checked = if typed == value { " checked" } else { "" };
                *page += &format!(
                    "<p><input type=\"radio\" id=\"{id}-{at}\" name=\"{form_name}\" value=\"{value}\"{checked}{marks}>\
                     <label for=\"{id}-{at}\"> {label}</label></p>"
                );
            }
            *page += "</fieldset>";
            return;
        }
        let typed = escaped(typed);
        let input = match field.field.kind {
            FieldKind::Text => {
                let most = field.field.most;
                format!(
                    "<textarea id=\"{id}\" name=\"{form_name}\" rows=\"5\" cols=\"40\" maxlength=\"{most}\"{marks}>{typed}</textarea>"
                )
            }
            kind => {
                let kind = attributes(kind, field);
                format!("<input id=\"{id}\" name=\"{form_name}\" value=\"{typed}\"{kind}{marks}>")
            }
        };
        *page += &format!("<p><label for=\"{id}\">{label}</label></p>{said}<p>{input}</p>");
    }

    /// The values that may be chosen, with what the page calls them; none: something is typed.
    fn choices(&self, field: &FactField) -> Vec<(String, String)> {
        if field.field.kind == FieldKind::Boolean {
            let of = |value: &str, words| (value.to_owned(), self.say(words).to_owned());
            return vec![of("true", YES), of("false", NO)];
        }
        if let (FieldKind::Integer, Some((least, most))) = (field.field.kind, field.within)
            && most.saturating_sub(least) < MOST_BUTTONS
        {
            let each = least..=most;
            return each
                .map(|number| (number.to_string(), number.to_string()))
                .collect();
        }
        let words = field.one_of.iter();
        words
            .map(|word| (word.to_string(), self.page.label(word).to_owned()))
            .collect()
    }

    /// What is wrong with a field, in words for whoever filled it in.
    fn sentence(&self, field: &FactField, problem: &FieldProblem) -> String {
        if problem.code == ProblemCode::OutOfRange
            && let Some((least, most)) = field.within
        {
            return match (self.english, least, most) {
                (false, i64::MIN, most) => format!("Vul een getal in van ten hoogste {most}."),
                (true, i64::MIN, most) => format!("Enter a number of at most {most}."),
                (false, least, i64::MAX) => format!("Vul een getal in van ten minste {least}."),
                (true, least, i64::MAX) => format!("Enter a number of at least {least}."),
                (false, least, most) => format!("Kies een getal van {least} tot en met {most}."),
                (true, least, most) => format!("Choose a number from {least} to {most}."),
            };
        }
        let chosen = !self.choices(field).is_empty();
        let words = match (problem.code, field.field.kind) {
            (ProblemCode::Missing | ProblemCode::Empty, _) if chosen => {
                ["Kies een van de mogelijkheden.", "Choose one of these."]
            }
            (ProblemCode::Missing | ProblemCode::Empty, _) => {
                ["Vul dit in.", "Please fill this in."]
            }
            (ProblemCode::TooLong, _) => [
                "Dit is te lang: gebruik minder woorden.",
                "This is too long: please use fewer words.",
            ],
            (_, _) if chosen => ["Kies een van de mogelijkheden.", "Choose one of these."],
            (_, FieldKind::Integer) => [
                "Vul een heel getal in, zoals 8.",
                "Enter a whole number, such as 8.",
            ],
            (_, FieldKind::Money) => [
                "Vul een bedrag in, zoals 12,50.",
                "Enter an amount, such as 12,50.",
            ],
            (_, FieldKind::Date) => [
                "Vul een datum in, zoals 3-12-2026.",
                "Enter a date, such as 3-12-2026.",
            ],
            (_, FieldKind::Line | FieldKind::Text | FieldKind::Url | FieldKind::Boolean) => [
                "Gebruik gewone letters, cijfers en leestekens.",
                "Please use plain letters, digits and punctuation.",
            ],
        };
        self.say(words).to_owned()
    }
}

/// Numbers up to so many are buttons: a score.
const MOST_BUTTONS: i64 = 11;

/// The attributes of something that is typed.
fn attributes(kind: FieldKind, field: &FactField) -> String {
    let mut out = match kind {
        FieldKind::Integer => " type=\"text\" inputmode=\"numeric\"".to_owned(),
        FieldKind::Money => " type=\"text\" inputmode=\"decimal\"".to_owned(),
        FieldKind::Date => " type=\"date\"".to_owned(),
        FieldKind::Url => " type=\"url\"".to_owned(),
        FieldKind::Line | FieldKind::Text | FieldKind::Boolean => " type=\"text\"".to_owned(),
    };
    if matches!(kind, FieldKind::Line | FieldKind::Url) {
        // Written into a String: it cannot fail.
        let _ = write!(out, " maxlength=\"{}\"", field.field.most);
    }
    out
}

fn id(number: usize, field: &FactField) -> String {
    format!("a{number}-{}", field.field.name)
}

/// A text that means nothing but itself, between tags and in quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}
