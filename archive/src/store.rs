//! Owns where the archive's objects are: a directory, memory, or an object store. What it puts is
//! durable when it returns. Refuses to be called from async code: it waits.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::future::Future;
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    ClientOptions, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, RetryConfig,
};
use tokio::runtime::Handle;

use crate::error::ArchiveError;

/// Rights of a directory that the archive makes: its owner's alone.
const PRIVATE: u32 = 0o700;

/// Objects that are asked for at a time, where many are read: an answer of an object store takes tens
/// of milliseconds.
const AT_A_TIME: usize = 32;
/// How often, and how long, a request to an object store is tried again before whoever made it is
/// told. It then tries again later, and says so.
const MOST_RETRIES: usize = 3;
const RETRY_WITHIN: Duration = Duration::from_secs(20);

/// Where an archive is.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// The same, for putting: an object store wants a header there that it must not have elsewhere.
    puts: Arc<dyn ObjectStore>,
    /// Of a directory: its files have to be made durable here.
    root: Option<PathBuf>,
    /// Where requests to an object store run.
    runtime: Option<Handle>,
    /// For people.
    shown: String,
}

impl Store {
    /// A directory. It is made when it is not there.
    ///
    /// # Errors
    /// The directory cannot be made or used.
    pub fn directory(root: impl Into<PathBuf>) -> Result<Self, ArchiveError> {
        let root = root.into();
        let shown = root.display().to_string();
        let disk = |source: io::Error| ArchiveError::Disk {
            object: shown.clone(),
            source,
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(PRIVATE);
        builder.create(&root).map_err(disk)?;
        let root = root.canonicalize().map_err(disk)?;
        let objects = LocalFileSystem::new_with_prefix(&root)
            .map_err(|source| failed(&Path::default(), source))?;
        let objects = Arc::new(objects);
        Ok(Self {
            puts: objects.clone(),
            objects,
            root: Some(root),
            runtime: None,
            shown,
        })
    }

    /// An object store that speaks S3, at `s3://bucket/prefix`. `options` are those of the AWS tools, by
    /// their names in the environment: `AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL`; others
    /// are passed over. Requests run on `runtime`.
    ///
    /// Every object has a SHA-256 checksum: a bucket with Object Lock takes none without. How long
    /// objects are locked is a rule of the bucket.
    ///
    /// # Errors
    /// The address or an option makes no sense.
    pub fn s3<'a>(
        url: &str,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
        runtime: Handle,
    ) -> Result<Self, ArchiveError> {
        let options: Vec<_> = options.into_iter().collect();
        let client = ClientOptions::new().with_default_headers(when_putting());
        Ok(Self {
            objects: bucket(url, &options, ClientOptions::new())?,
            puts: bucket(url, &options, client)?,
            root: None,
            runtime: Some(runtime),
            shown: url.to_owned(),
        })
    }

    /// Memory, for tests.
    #[must_use]
    pub fn memory() -> Self {
        let objects = Arc::new(InMemory::new());
        Self {
            puts: objects.clone(),
            objects,
            root: None,
            runtime: None,
            shown: "memory".to_owned(),
        }
    }

    /// Where it is, for people.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Stores objects, durably when it returns. What stands under their names is replaced.
    ///
    /// # Errors
    /// The store fails; some may be there then.
    pub(crate) fn put_all(&self, objects: Vec<(Path, Bytes)>) -> Result<(), ArchiveError> {
        let mut paths = Vec::with_capacity(objects.len());
        for (path, bytes) in objects {
            self.put(&path, bytes, PutMode::Overwrite)?;
            paths.push(path);
        }
        self.settle(&paths)
    }

    /// Stores an object, durably, when there is none of that name.
    ///
    /// # Errors
    /// The store fails, or there is one already (`object_store::Error::AlreadyExists`).
    pub(crate) fn put_once(&self, path: &Path, bytes: Bytes) -> Result<(), ArchiveError> {
        self.put(path, bytes, PutMode::Create)?;
        self.settle(std::slice::from_ref(path))
    }

    fn put(&self, path: &Path, bytes: Bytes, mode: PutMode) -> Result<(), ArchiveError> {
        let options = PutOptions {
            mode,
            ..PutOptions::default()
        };
        let put = self.puts.put_opts(path, PutPayload::from(bytes), options);
        self.wait(put).map_err(|source| failed(path, source))?;
        Ok(())
    }

    /// Waits for what the store does. A directory and memory do it on this thread.
    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => futures::executor::block_on(future),
        }
    }

    /// Makes files and their names durable: the store of a directory leaves that to the system. Each
    /// directory above them is synced once.
    fn settle(&self, paths: &[Path]) -> Result<(), ArchiveError> {
        let Some(root) = &self.root else {
            return Ok(());
        };
        let mut folders = BTreeSet::new();
        for path in paths {
            let file = root.join(path.as_ref());
            sync(&file)?;
            let above = file.ancestors().skip(1);
            let inside = above.take_while(|folder| folder.starts_with(root));
            folders.extend(inside.map(std::path::Path::to_owned));
        }
        // The deepest first: a directory's own name is in the one above it.
        folders.iter().rev().try_for_each(|folder| sync(folder))
    }

    /// A whole object; none when there is none of that name.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn get(&self, path: &Path) -> Result<Option<Bytes>, ArchiveError> {
        let get = async { self.objects.get(path).await?.bytes().await };
        match self.wait(get) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed(path, source)),
        }
    }

    /// Whole objects, in this order, some at a time; none for those that are not there.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn get_all(
        &self,
        paths: impl IntoIterator<Item = Path>,
        each: &mut dyn FnMut(Option<Bytes>) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let get = |path: Path| async move {
            let got = async { self.objects.get(&path).await?.bytes().await };
            match got.await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(source) => Err(failed(&path, source)),
            }
        };
        let gets = futures::stream::iter(paths.into_iter().map(get));
        let mut gets = std::pin::pin!(gets.buffered(AT_A_TIME));
        while let Some(got) = self.wait(gets.next()) {
            each(got?)?;
        }
        Ok(())
    }

    /// Some bytes of an object.
    ///
    /// # Errors
    /// The store fails, or the object is not there or shorter.
    pub(crate) fn range(&self, path: &Path, range: Range<u64>) -> Result<Bytes, ArchiveError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let (length, end) = (range.end - range.start, range.end);
        let got = self.wait(self.objects.get_range(path, range));
        let bytes = got.map_err(|source| {
            self.too_short(path, end)
                .unwrap_or_else(|| failed(path, source))
        })?;
        if bytes.len() as u64 != length {
            let too_short = self.too_short(path, end);
            let missing = || ArchiveError::damaged(path.to_string(), "it was cut off");
            return Err(too_short.unwrap_or_else(missing));
        }
        Ok(bytes)
    }

    /// What is wrong with an object that ends before `end`.
    fn too_short(&self, path: &Path, end: u64) -> Option<ArchiveError> {
        let size = self.wait(self.objects.head(path)).ok()?.size;
        let what = || format!("it was cut off: it has {size} bytes, expected at least {end}");
        (size < end).then(|| ArchiveError::damaged(path.to_string(), what()))
    }

    /// Everything below `prefix`, sorted by name.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, ArchiveError> {
        let prefix = Path::from(prefix);
        let listed = self.wait(self.objects.list(Some(&prefix)).try_collect::<Vec<_>>());
        let mut listed = listed.map_err(|source| failed(&prefix, source))?;
        listed.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(listed)
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// The store fails or refuses.
    pub(crate) fn delete(&self, path: &Path) -> Result<Deleted, ArchiveError> {
        let version = self.version(path);
        match self.wait(self.objects.delete(path)) {
            Ok(()) => {}
            Err(object_store::Error::NotFound { .. }) => return Ok(Deleted::Gone),
            Err(source) => return Err(failed(path, source)),
        }
        let is_kept = version.is_some_and(|version| self.has(path, version));
        Ok(match is_kept {
            true => Deleted::Hidden,
            false => Deleted::Gone,
        })
    }

    /// The newest version of an object, in a bucket that keeps versions.
    fn version(&self, path: &Path) -> Option<String> {
        // Only an object store has them.
        self.runtime.as_ref()?;
        self.wait(self.objects.head(path)).ok()?.version
    }

    fn has(&self, path: &Path, version: String) -> bool {
        let options = GetOptions {
            version: Some(version),
            head: true,
            ..GetOptions::default()
        };
        self.wait(self.objects.get_opts(path, options)).is_ok()
    }
}

/// What became of an object that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// It is nowhere any more.
    Gone,
    /// The bucket shows it no more, and keeps its version.
    Hidden,
}

fn sync(path: &std::path::Path) -> Result<(), ArchiveError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| ArchiveError::Disk {
        object: path.display().to_string(),
        source,
    })
}

/// What every request that puts something has. A bucket with Object Lock takes nothing without a
/// checksum; besides the checksum itself, some servers want to be told its kind.
fn when_putting() -> HeaderMap {
    let kind = HeaderName::from_static("x-amz-sdk-checksum-algorithm");
    [(kind, HeaderValue::from_static("SHA256"))]
        .into_iter()
        .collect()
}

/// The bucket and prefix of an address.
fn bucket(
    url: &str,
    options: &[(&str, &str)],
    client: ClientOptions,
) -> Result<Arc<dyn ObjectStore>, ArchiveError> {
    let mut builder = AmazonS3Builder::new()
        .with_client_options(client)
        .with_retry(RetryConfig {
            max_retries: MOST_RETRIES,
            retry_timeout: RETRY_WITHIN,
            ..RetryConfig::default()
        })
        .with_url(url)
        .with_checksum_algorithm(Checksum::SHA256);
    for (name, value) in options {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, *value);
        }
    }
    let bucket = builder
        .build()
        .map_err(|source| failed(&Path::from(url), source))?;
    let prefix = url.splitn(4, '/').nth(3).unwrap_or_default();
    Ok(Arc::new(PrefixStore::new(bucket, prefix)))
}

fn failed(path: &Path, source: object_store::Error) -> ArchiveError {
    let object = path.to_string();
    match source {
        object_store::Error::NotFound { .. } => {
            ArchiveError::damaged(object, "it is missing: it was removed")
        }
        source => ArchiveError::Store { object, source },
    }
}
