//! Owns the finding of scenarios: `scenarios/*.toml` beside the flows, or the ones built in. Refuses to
//! read what is in them.

use std::path::Path;

use super::files::Files;

/// The scenarios of directories with flows, each file as it is shown with its text; without any
/// directory those that are built in.
#[must_use]
pub fn scenarios(dirs: &[&Path]) -> Vec<(String, String)> {
    let of = |files: &Files| {
        let all = files.parts().filter(|path| path.starts_with("scenarios/"));
        let all = all.filter_map(|path| Some((files.label(path), files.get(path)?.clone())));
        all.collect::<Vec<_>>()
    };
    if dirs.is_empty() {
        return of(&Files::shipped());
    }
    // What cannot be read is told by whoever looks for the flows there.
    let read = dirs
        .iter()
        .map(|dir| Files::read("DIR", dir, &mut Vec::new()));
    read.flat_map(|files| of(&files)).collect()
}
