//! Owns `sluis erase`: what it is asked and what it says. Refuses to do the work itself.

use std::collections::BTreeMap;

use sluis_model::Clock as _;

use super::config::{Reply, Source};
use super::told::told;
use crate::clock::SystemClock;
use crate::sealing::{Order, Report, erase};

/// Whom to erase.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// Which configuration: that of the engine, which must not run.
    #[command(flatten)]
    source: Source,
    /// Name of the corporation.
    #[arg(long, value_name = "NAME")]
    corporation: String,
    /// The corporation's number for the tenant.
    #[arg(long, value_name = "NUMBER")]
    tenant: String,
    /// Who asks for it, for the record; not the tenant's name.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why, for the record; nothing about the tenant.
    #[arg(long, value_name = "REASON")]
    why: String,
}

pub(super) fn run(args: &EraseArgs, environment: &BTreeMap<String, String>) -> Reply {
    let config = match args.source.load(environment) {
        Ok(loaded) => loaded.config,
        Err(problems) => return Reply::bad(&problems),
    };
    let order = Order {
        corporation: args.corporation.clone(),
        tenant: args.tenant.clone(),
        by: args.by.clone(),
        why: args.why.clone(),
    };
    match erase(&config, environment, &order, SystemClock.now()) {
        Ok(report) => Reply::good(said(&report)),
        Err(error) => Reply {
            out: String::new(),
            err: format!("sluis: {}\n", told(&error)),
            code: 1,
        },
    }
}

fn said(report: &Report) -> String {
    let Report {
        erased,
        keys,
        shared,
    } = report;
    let shared = if *shared {
        "What was about several tenants of this corporation at once named this one: its key was destroyed too. Facts that fit nothing \
         and were dismissed are listed again.\n"
    } else {
        ""
    };
    format!(
        "erased: {keys} keys destroyed, {} records about {} notifications cannot be read any more. The journal has a record of it.\n\
         {shared}Make a copy into each backup now (`sluis backup`): the key goes from the copy with it. Snapshots and older copies of the \
         file of keys have it until they are deleted.\n",
        erased.records, erased.notifications
    )
}
