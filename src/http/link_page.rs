//! Owns what the pages behind links say, in Dutch and English, and the texts of a notification that they
//! show. Refuses to decide which page it is.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sluis_model::NotificationId;

use crate::app::App;

/// A text of the notification's data, read back from the journal.
pub(super) async fn data_field(
    app: &App,
    id: NotificationId,
    body: u64,
    name: &str,
) -> Option<String> {
    let journal = app.engine.journal().clone();
    let read = move || sluis_actors::read_body(&*journal, id, body);
    let notification = tokio::task::spawn_blocking(read).await.ok()?.ok()?;
    let data: serde_json::Value = serde_json::from_str(&notification.data).ok()?;
    data.get(name)?.as_str().map(str::to_owned)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Button,
    Unsubscribe,
    Unsubscribed,
    Thanks,
    Answered,
    TooOften,
    TooLong,
    Paid,
    Expired,
    Closed,
    Unknown,
    Busy,
}

impl Text {
    /// Title and sentence, Dutch and English.
    const fn words(self) -> [(&'static str, &'static str); 2] {
        match self {
            Text::Button => [
                ("Betalen", "Met de knop gaat u naar de betaalpagina."),
                ("Pay", "The button takes you to the payment page."),
            ],
            Text::Unsubscribe => [
                (
                    "Afmelden",
                    "Met de knop meldt u zich af. U krijgt deze berichten dan niet meer; andere berichten van ons wel.",
                ),
                (
                    "Unsubscribe",
                    "The button unsubscribes you. You then get no more of these messages; you still get our others.",
                ),
            ],
            Text::Unsubscribed => [
                (
                    "U bent afgemeld",
                    "U krijgt deze berichten niet meer. Wat al onderweg is, kan nog aankomen.",
                ),
                (
                    "You are unsubscribed",
                    "You get no more of these messages. What is on its way may still arrive.",
                ),
            ],
            Text::Thanks => [
                ("Dank u wel", "Wij hebben uw reactie ontvangen."),
                ("Thank you", "We have received your response."),
            ],
            Text::Answered => [
                (
                    "Al beantwoord",
                    "Wij hebben uw antwoord al ontvangen. U hoeft niets meer te doen.",
                ),
                (
                    "Already answered",
                    "We have already received your answer. There is nothing more to do.",
                ),
            ],
            Text::TooOften => [
                (
                    "Even geduld",
                    "Deze link is heel vaak gebruikt. Probeer het over een minuut opnieuw.",
                ),
                (
                    "One moment",
                    "This link was used very often. Please try again in a minute.",
                ),
            ],
            Text::TooLong => [
                (
                    "Te lang",
                    "Dit is meer tekst dan wij kunnen aannemen. Ga terug en gebruik minder woorden: er is nog niets verstuurd.",
                ),
                (
                    "Too long",
                    "This is more text than we can take. Please go back and use fewer words: nothing has been sent yet.",
                ),
            ],
            Text::Paid => [
                (
                    "Al betaald",
                    "Deze rekening is al betaald. U hoeft niets te doen.",
                ),
                (
                    "Already paid",
                    "This invoice has already been paid. There is nothing to do.",
                ),
            ],
            Text::Expired => [
                (
                    "Verlopen",
                    "Deze link is verlopen. Neem contact met ons op als u vragen hebt.",
                ),
                (
                    "Expired",
                    "This link has expired. Please contact us if you have questions.",
                ),
            ],
            Text::Closed => [
                (
                    "Gesloten",
                    "Deze link is gesloten. Neem contact met ons op als u vragen hebt.",
                ),
                (
                    "Closed",
                    "This link is closed. Please contact us if you have questions.",
                ),
            ],
            Text::Unknown => [
                (
                    "Onbekende link",
                    "Deze link kennen wij niet. Controleer of u de hele link hebt overgenomen.",
                ),
                (
                    "Unknown link",
                    "We do not know this link. Please check that you copied all of it.",
                ),
            ],
            Text::Busy => [
                (
                    "Even geduld",
                    "Wij kunnen uw link nu niet controleren. Probeer het over een minuut opnieuw.",
                ),
                (
                    "One moment",
                    "We cannot check your link right now. Please try again in a minute.",
                ),
            ],
        }
    }
}

pub(super) fn show(status: StatusCode, language: &str, text: Text) -> Response {
    let mut response = (status, Html(page_of(language, text))).into_response();
    let again = [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    if again.contains(&status) {
        let wait = HeaderValue::from_static("30");
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// Dutch first, unless the tenant asked for English; both are always there, for whoever opens the
/// link.
fn page_of(language: &str, text: Text) -> String {
    let [dutch, english] = text.words();
    let ([first, second], [lang, other]) = if language.starts_with("en") {
        ([english, dutch], ["en", "nl"])
    } else {
        ([dutch, english], ["nl", "en"])
    };
    let (title, sentence) = first;
    let (title2, sentence2) = second;
    let button = if matches!(text, Text::Button | Text::Unsubscribe) {
        format!("<form method=\"post\"><button>{title}</button></form>")
    } else {
        String::new()
    };
    format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><body><h1>{title}</h1><p>{sentence}</p>{button}\
         <hr><p lang=\"{other}\"><strong>{title2}</strong>. {sentence2}</p></body></html>"
    )
}
