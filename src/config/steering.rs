//! Owns the reading of the files of steering that corporations name. Refuses to judge what is in
//! them: the model reads it, with every mistake and its line.

use std::collections::BTreeMap;
use std::path::Path;

use sluis_model::CorporationId;
use sluis_model::steering::{Mistake, Provided, Steering};

use super::problem::{Collector, ConfigProblems, Problem};
use super::{Config, Corporation};

/// A longer file is no file of steering.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// How each corporation steers that names a file.
///
/// # Errors
/// Every file that cannot be read, and every mistake in the others.
pub fn load(config: &Config) -> Result<BTreeMap<CorporationId, Steering>, ConfigProblems> {
    let mut problems = Collector::default();
    let all = read(config, &mut problems);
    let problems = problems.finish();
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(ConfigProblems(problems))
    }
}

fn read(config: &Config, problems: &mut Collector) -> BTreeMap<CorporationId, Steering> {
    let mut all = BTreeMap::new();
    for corporation in &config.corporations {
        let Some(file) = &corporation.steering else {
            continue;
        };
        match text(file) {
            Ok(text) => match Steering::parse_for(&text, &provided(config, corporation)) {
                Ok(steering) => drop(all.insert(corporation.id, steering)),
                Err(mistakes) => {
                    problems.extend(mistakes.into_iter().map(|found| told(file, found)));
                }
            },
            Err(hint) => {
                let path = format!("corporation.{}.steering", corporation.name);
                let expected = "a file of steering, UTF-8 of at most 1 MiB";
                problems.add(Problem::new(path, file.display(), expected, hint));
            }
        }
    }
    all
}

/// The providers that a corporation's messages may go through.
fn provided<'a>(config: &'a Config, corporation: &Corporation) -> Vec<Provided<'a>> {
    let own = config.providers.iter();
    let own = own.filter(|provider| provider.serves(corporation));
    own.map(|provider| Provided {
        name: &provider.name,
        channel: provider.config.channel(),
    })
    .collect()
}

fn text(file: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| error.to_string();
    let length = std::fs::metadata(file).map_err(told)?.len();
    if length > MAX_FILE_BYTES {
        return Err(format!("it has {length} bytes"));
    }
    std::fs::read_to_string(file).map_err(told)
}

fn told(file: &Path, found: Mistake) -> Problem {
    let Mistake {
        line,
        path,
        value,
        expected,
        hint,
    } = found;
    let at = format!("{}:{line}: {path}", file.display());
    Problem::new(at, value, expected, hint)
}
