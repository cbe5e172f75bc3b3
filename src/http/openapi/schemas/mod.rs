//! Owns the parts that requests and answers are made of, each under a name of its own: whoever
//! generates a client gets one type for each. Refuses a part without a word on what it means, and
//! closed lists in answers that may still grow: a client made today would choke on the word of
//! tomorrow.

mod archive;
mod basics;
mod counters;
mod engine;
mod explained;
mod households;
mod mailings;
mod migrations;
mod notifications;
mod pauses;
mod reload;
mod requests;
mod results;
mod tenants;

use serde_json::{Map, Value};

pub(super) fn all() -> Value {
    let mut all = Map::new();
    let mut add = |parts: &[(&'static str, Value)]| {
        let owned = parts
            .iter()
            .map(|(name, part)| ((*name).to_owned(), part.clone()));
        all.extend(owned);
    };
    add(&basics::all());
    add(&requests::all());
    add(&notifications::all());
    add(&explained::all());
    add(&tenants::all());
    add(&households::all());
    add(&results::all());
    add(&engine::all());
    add(&archive::all());
    add(&counters::all());
    add(&pauses::all());
    add(&reload::all());
    add(&mailings::all());
    add(&migrations::all());
    Value::Object(all)
}
