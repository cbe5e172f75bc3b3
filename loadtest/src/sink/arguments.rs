//! Owns what the command line says of all sinks, made from the table in `sink/mod.rs`, and starts
//! those that it asks for. Refuses to know what a sink is told: each has its own arguments.

use std::sync::Arc;

use super::core::SinkCore;
use super::error::SinkError;
use super::running::Running;

macro_rules! arguments {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $label:literal, $recipient:ident, $section:ident;)+) => {
        /// What the command line says of each sink.
        #[derive(Debug, clap::Args)]
        pub struct SinksArguments {
            $($(#[$doc])* #[command(flatten)] pub $section: super::$section::Arguments,)+
        }

        impl SinksArguments {
            /// Starts those that are asked for; each with its name in the command line.
            ///
            /// # Errors
            /// One cannot be started.
            pub async fn start(
                &self,
                core: &Arc<SinkCore>,
            ) -> Result<Vec<(&'static str, Box<dyn Running>)>, SinkError> {
                let mut running: Vec<(&'static str, Box<dyn Running>)> = Vec::new();
                $(
                    if let Some(sink) = self.$section.start(core).await? {
                        running.push((stringify!($section), sink));
                    }
                )+
                Ok(running)
            }
        }
    };
}

sinks!(arguments);
