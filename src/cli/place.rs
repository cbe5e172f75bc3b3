//! Owns how commands name a place that may be a directory or a bucket, and how they reach it. Refuses to
//! make a directory where only something is looked at.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, ensure};
use sluis_archive::Store;
use tokio::runtime::Runtime;

/// What a directory has in front when it is to hold objects as a bucket does.
const FILE: &str = "file://";

/// A directory, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A directory.
    Directory(PathBuf),
    /// `s3://bucket/prefix`, or `file:///directory`.
    Address(String),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.contains("://") {
            true => Self::Address(text.to_owned()),
            false => Self::Directory(text.into()),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.display().fmt(f),
            Self::Address(address) => f.write_str(address),
        }
    }
}

/// A place that was reached.
#[derive(Debug)]
pub(super) struct Reached {
    /// What is there.
    pub(super) store: Store,
    /// Requests to a bucket run on it.
    _runtime: Option<Runtime>,
}

impl Place {
    /// The directory that it is, or in which it holds objects; none: it is a bucket.
    pub(super) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Directory(directory) => Some(directory),
            Self::Address(address) => local_path(address).map(Path::new),
        }
    }

    /// To look at what is there.
    ///
    /// # Errors
    /// There is no such directory; the address makes no sense.
    pub(super) fn look(&self, environment: &BTreeMap<String, String>) -> anyhow::Result<Reached> {
        match self {
            Self::Directory(directory) => there(directory),
            Self::Address(address) => reach(address, environment, there),
        }
    }
}

/// An address to write to; a directory is made when it is not there. Credentials of a bucket stand in the
/// environment, by the names of the AWS tools.
///
/// # Errors
/// The address makes no sense, or the directory cannot be made.
pub(super) fn open(
    address: &str,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<Reached> {
    reach(address, environment, directory)
}

fn reach(
    address: &str,
    environment: &BTreeMap<String, String>,
    local: impl FnOnce(&Path) -> anyhow::Result<Reached>,
) -> anyhow::Result<Reached> {
    if let Some(path) = local_path(address) {
        let path = Path::new(path);
        ensure!(
            path.is_absolute(),
            "{address}: expected file:///DIRECTORY, with three slashes: the whole path of a directory of this machine"
        );
        return local(path);
    }
    ensure!(
        is_bucket(address),
        "{address}: expected s3://BUCKET/PREFIX, file:///DIRECTORY or a directory"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("no runtime")?;
    let options = environment.iter();
    let options = options.map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Reached {
        store: Store::s3(address, options, runtime.handle().clone())?,
        _runtime: Some(runtime),
    })
}

/// What stands behind `file://`, if that is in front.
fn local_path(address: &str) -> Option<&str> {
    address.strip_prefix(FILE)
}

fn is_bucket(address: &str) -> bool {
    let bucket = address.strip_prefix("s3://");
    bucket.is_some_and(|bucket| !bucket.is_empty() && !bucket.starts_with('/'))
}

fn there(path: &Path) -> anyhow::Result<Reached> {
    let there = path.is_dir();
    ensure!(there, "{}: there is no such directory", path.display());
    directory(path)
}

fn directory(path: &Path) -> anyhow::Result<Reached> {
    Ok(Reached {
        store: Store::directory(path)?,
        _runtime: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap()
    }

    #[test]
    fn what_has_a_scheme_is_an_address_and_all_else_a_directory() {
        assert_eq!(place("copies"), Place::Directory("copies".into()));
        assert_eq!(place("/a/b:c"), Place::Directory("/a/b:c".into()));
        let address = "s3://bucket/prefix";
        assert_eq!(place(address), Place::Address(address.to_owned()));
    }

    #[test]
    fn looking_makes_no_directory_and_writing_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        let (none, address) = (BTreeMap::new(), format!("file://{}", path.display()));
        assert!(place(&address).look(&none).is_err());
        assert!(Place::Directory(path.clone()).look(&none).is_err());
        assert!(!path.exists());
        open(&address, &none).unwrap();
        assert!(path.is_dir());
    }

    #[test]
    fn a_directory_with_file_in_front_is_a_whole_path() {
        // As a path of its own it would be made wherever the command runs.
        for address in ["file://copies", "file://host/copies", "file://./copies"] {
            let error = open(address, &BTreeMap::new()).unwrap_err().to_string();
            assert!(error.contains("three slashes"), "{error}");
        }
        assert!(!Path::new("copies").exists());
    }

    #[test]
    fn an_address_of_another_kind_is_refused() {
        for address in ["ftp://host/x", "s3://", "s3:///prefix", "http://host"] {
            let error = open(address, &BTreeMap::new()).unwrap_err().to_string();
            assert!(error.contains("expected s3://"), "{error}");
        }
    }
}
