//! Files as they are written, again, and when there is no room.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use sluis_model::{Refusal, Verdict};

use crate::outgoing::Content;
use crate::provider::Provider;
use crate::secrets::SecretSource;
use crate::testing::outgoing;
use crate::{ChannelError, ProviderConfig};

struct NoSecrets;

impl SecretSource for NoSecrets {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn provider(directory: &Path, most: u32) -> Result<Arc<dyn Provider>, ChannelError> {
    let text = format!("kind = \"file\"\ndirectory = {directory:?}\nmost_files = {most}\n");
    let config: ProviderConfig = toml::from_str(&text).unwrap();
    config.build("trial", "provider.trial", &NoSecrets)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    entries
        .map(name)
        .map(|name| name.into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn an_attempt_is_one_file_however_often_it_is_sent() {
    let place = tempfile::tempdir().unwrap();
    let provider = provider(place.path(), 10).unwrap();
    let out = outgoing(Content::Text("Beste huurder".into()));
    for _ in 0..2 {
        let verdict = provider.clone().send(out.clone()).await;
        assert!(matches!(verdict, Verdict::Delivered { .. }), "{verdict:?}");
    }
    let name = format!("{}-{}.json", out.attempt.id, out.attempt.attempt);
    assert_eq!(names(place.path()), std::slice::from_ref(&name));
    let text = fs::read_to_string(place.path().join(name)).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["text"], "Beste huurder");
    assert_eq!(read["to"], out.to);
    assert_eq!(read["corporation"], out.corporation.0);
}

#[tokio::test]
async fn a_full_directory_puts_off_what_is_new_until_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let provider = provider(place.path(), 1).unwrap();
    let first = outgoing(Content::Text("een".into()));
    let mut second = first.clone();
    second.attempt.attempt += 1;
    let delivered = |verdict: Verdict| matches!(verdict, Verdict::Delivered { .. });
    assert!(delivered(provider.clone().send(first.clone()).await));
    let put_off = provider.clone().send(second.clone()).await;
    assert!(matches!(put_off, Verdict::Retry { .. }), "{put_off:?}");
    assert!(
        delivered(provider.clone().send(first).await),
        "it is there already"
    );
    for name in names(place.path()) {
        fs::remove_file(place.path().join(name)).unwrap();
    }
    assert!(delivered(provider.send(second).await));
}

#[tokio::test]
async fn what_is_no_text_and_what_has_no_directory_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let refused = provider(place.path(), 1)
        .unwrap()
        .send(outgoing(Content::Null))
        .await;
    let class = Refusal::Unsendable;
    assert!(matches!(refused, Verdict::Refused { class: of, .. } if of == class));
    let missing = provider(&place.path().join("away"), 1)
        .unwrap_err()
        .to_string();
    assert!(missing.contains("provider.trial.directory"), "{missing}");
    let none = provider(place.path(), 0).unwrap_err().to_string();
    assert!(none.contains("provider.trial.most_files"), "{none}");
}
