//! Owns what a message says: the template of a step for a channel, filled in for a tenant. A preview says
//! the same as what is sent. Refuses to read anything: whoever asks brings it.

use sluis_channels::address::visible;
use sluis_channels::render::{CorporationView, Templates, TenantView, answered, asked};
use sluis_channels::{Content, Context};
use sluis_model::flow::Said;
use sluis_model::{Channel, Flow, Profile, Verdict};

use super::prepared::{ours, unsendable};

/// What a message is made of.
#[derive(Clone, Copy, Debug)]
pub struct Saying<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// Its templates.
    pub templates: &'a Templates,
    /// Index of the step, which names the template.
    pub step: u8,
    /// Which variant of that template, from 1; 0: the template itself.
    pub variant: u8,
    /// Over which channel.
    pub channel: Channel,
    /// The corporation's number for the tenant.
    pub tenant: &'a str,
    /// Who receives, where that is known.
    pub profile: Option<&'a Profile>,
    /// The corporation's name, as tenants see it.
    pub corporation: &'a str,
    /// The notification's own fields: the text of a JSON object.
    pub data: &'a str,
    /// What people and the tenant answered so far.
    pub answers: &'a [Said],
    /// Its link, where the step has one.
    pub link: Option<&'a str>,
    /// The page where he says that he wants no more of them, where the flow's purpose has one.
    pub unsubscribe: Option<&'a str>,
}

/// Makes the message.
///
/// # Errors
/// `Refused`, with the reason: `Unsendable` where another channel may do, `Ours` where the engine lacks
/// something.
pub fn say(saying: &Saying<'_>) -> Result<Content, Verdict> {
    let message = saying.flow.message(saying.step);
    let template = message.and_then(|message| message.template(saying.channel, saying.variant));
    let template = template
        .ok_or_else(|| unsendable("render", "the step has no template for this channel"))?;
    let data = serde_json::from_str(saying.data).map(without_blanks);
    let data = data.map_err(|error| ours("body", &error.to_string()))?;
    let (name, language) = saying
        .profile
        .map_or(("", ""), |profile| (&*profile.name, &*profile.language));
    let answered = answered(saying.flow, saying.answers);
    let asked = asked(saying.flow, saying.answers);
    let context = Context {
        tenant: TenantView {
            id: saying.tenant,
            name: name_or_word(name, language),
            language,
        },
        corporation: CorporationView {
            name: saying.corporation,
        },
        data: &data,
        task: answered.as_ref(),
        ask: asked.as_ref(),
        link: saying.link,
        unsubscribe_url: saying.unsubscribe,
    };
    let rendered = saying.templates.render(saying.channel, template, &context);
    let mut content = rendered.map_err(|error| unsendable(error.code(), &error.to_string()))?;
    if let Some(url) = saying.unsubscribe {
        offer(&mut content, url);
    }
    Ok(content)
}

/// A mail that shows the link to unsubscribe says it in its headers too: many programs show a button for it
/// (RFC 2369). That one press is enough is said only of a link over TLS (RFC 8058, section 3.1).
fn offer(content: &mut Content, url: &str) {
    let Content::Email {
        text,
        html,
        headers,
        ..
    } = content
    else {
        return;
    };
    // HTML writes the slashes of an address in another way.
    let token = url.rsplit_once('/').map_or(url, |(_, token)| token);
    let shows = |part: &str| part.contains(token);
    if !shows(text) && !html.as_deref().is_some_and(shows) {
        return;
    }
    headers.push(("List-Unsubscribe".to_owned(), format!("<{url}>")));
    if url.starts_with("https://") {
        let one_click = "List-Unsubscribe=One-Click".to_owned();
        headers.push(("List-Unsubscribe-Post".to_owned(), one_click));
    }
}

/// The fields that say something: a blank is as if it were left out, and templates are tried without
/// what may be.
fn without_blanks(mut data: serde_json::Value) -> serde_json::Value {
    if let serde_json::Value::Object(fields) = &mut data {
        let is_said = |value: &serde_json::Value| {
            let text = value.as_str();
            text.is_none_or(|text| !visible(text).trim().is_empty())
        };
        fields.retain(|_, value| is_said(value));
    }
    data
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mail_that_shows_the_link_offers_it_and_one_press_only_over_tls() {
        let names = |text: &str, url: &str| {
            let mut content = Content::Email {
                subject: "Nieuws".to_owned(),
                text: text.to_owned(),
                html: None,
                headers: Vec::new(),
            };
            offer(&mut content, url);
            let Content::Email { headers, .. } = content else {
                panic!("a mail")
            };
            headers
                .into_iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect::<Vec<_>>()
        };
        let url = "https://post.example/u/abc";
        assert_eq!(
            names("Afmelden: https://post.example/u/abc", url),
            [
                "List-Unsubscribe: <https://post.example/u/abc>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
            ]
        );
        assert_eq!(names("Afmelden: bel ons", url).len(), 0);
        let in_html = "https:&#x2f;&#x2f;post.example&#x2f;u&#x2f;abc";
        assert_eq!(names(in_html, url).len(), 2);
        assert_eq!(
            names("http://h/u/a", "http://h/u/a"),
            ["List-Unsubscribe: <http://h/u/a>"]
        );
    }

    #[test]
    fn a_tenant_without_a_name_is_called_tenant_in_either_language() {
        let words = ["en-GB", "EN", "é"].map(|language| name_or_word("", language));
        assert_eq!(words, ["tenant", "tenant", "huurder"]);
    }
}
