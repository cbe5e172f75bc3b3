//! The archive in a bucket with Object Lock, on a server that speaks S3 (moto). `.ci/run` runs what is
//! ignored here, and installs what it needs.

use sluis_archive::{Archive, ArchiveError, Fault, Key, Rule, Store, Terms, verify};
use sluis_model::DAY;

use super::s3_server::{BUCKET, Server};
use super::world::{NEVER, all, filled, id, mail, open};

fn store(server: &Server, runtime: &tokio::runtime::Runtime) -> Store {
    store_at("waterpoort", server, runtime)
}

fn store_at(prefix: &str, server: &Server, runtime: &tokio::runtime::Runtime) -> Store {
    let others = [("PATH", "passed over")];
    let options = server.options().into_iter().chain(others);
    let url = format!("s3://{BUCKET}/{prefix}");
    Store::s3(&url, options, runtime.handle().clone()).unwrap()
}

#[test]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
fn a_locked_bucket_keeps_the_archive_and_the_check_names_what_was_put_over_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::locked();
    let store = store(&server, &runtime);
    let tip = filled(&store, 3, 20).tip();
    let archive = open(&store);
    assert_eq!(archive.tip(), tip);
    assert_eq!(all(&archive, &Key::Notification(id(25)))[0].body, mail(25));
    let check = || verify(&store, Some(tip), &mut |_, _| ()).unwrap();
    let report = check();
    assert_eq!((report.faults, report.proven), (Vec::new(), 60));

    // Nobody can take away what is locked.
    let key = "waterpoort/volumes/0000000002/0000.blocks";
    let versions = format!(
        "found = s3.list_object_versions(Bucket=bucket, Prefix={key:?})['Versions']\n\
         version = found[-1]['VersionId']\n"
    );
    let delete = format!("s3.delete_object(Bucket=bucket, Key={key:?}, VersionId=version)");
    let deleted = server.boto(&(versions.clone() + &delete));
    let said = String::from_utf8_lossy(&deleted.stderr);
    assert!(
        !deleted.status.success() && said.contains("AccessDenied"),
        "{said}"
    );
    assert_eq!(check().faults, []);

    // Something can be put over it. The check names that, and the locked version is still there.
    let put = format!(
        "s3.put_object(Bucket=bucket, Key={key:?}, Body=b'other', ChecksumAlgorithm='SHA256')"
    );
    assert!(server.boto(&put).status.success());
    let faults = check().faults;
    assert!(
        faults
            .iter()
            .all(|fault| fault.place.starts_with("volumes/0000000002/0000.blocks"))
    );
    assert!(!faults.is_empty());
    let first = versions
        + &format!(
            "body = s3.get_object(Bucket=bucket, Key={key:?}, VersionId=version)['Body'].read()\n\
             assert len(found) == 2 and len(body) > 1000, (len(found), len(body))"
        );
    let read = server.boto(&first);
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
}

#[test]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
fn two_engines_cannot_write_to_one_bucket() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::locked();
    let store = store(&server, &runtime);
    let (first, second) = (
        open(&store),
        Archive::open(store.clone(), 2, NEVER).unwrap(),
    );
    super::world::fill(&first, 0..3);
    super::world::fill(&second, 0..3);
    first.seal(0).unwrap().unwrap();
    let error = second.seal(0).unwrap_err();
    assert!(
        matches!(error, ArchiveError::Taken { volume: 1 }),
        "{error}"
    );
}

/// A lock of a day that who may can lift: a version that is due is removed so, as after that day.
const GOVERNANCE: &str = "rule = {'DefaultRetention': {'Mode': 'GOVERNANCE', 'Days': 1}}
lock = {'ObjectLockEnabled': 'Enabled', 'Rule': rule}
s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)";

/// What there is of an object that the bucket shows no more.
const VERSIONS: &str = "key = 'waterpoort/volumes/0000000001/0000.blocks'
listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
versions, marks = listed.get('Versions', []), listed.get('DeleteMarkers', [])
";

#[test]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
fn what_is_past_its_period_is_hidden_while_the_lock_holds_and_goes_with_its_versions() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::start("ObjectLockEnabledForBucket=True");
    server.did(GOVERNANCE);
    let store = store(&server, &runtime);
    let archive = filled(&store, 2, 20);
    let rule = Rule {
        days: 30,
        name: "test".into(),
    };
    let terms = Terms {
        others: Some(rule),
        ..Terms::default()
    };
    let done = archive.retain(1, &terms, &[], 31 * DAY).unwrap();
    assert_eq!(
        (done.objects, done.hidden),
        (1, 2),
        "the object and the index: the bucket keeps a version of both"
    );
    archive.seal(31 * DAY).unwrap().unwrap();
    let assert_whole = || {
        let report = verify(&store, Some(archive.tip()), &mut |_, _| ()).unwrap();
        assert_eq!(report.faults, []);
        assert_eq!((report.removed, report.undeleted), (1, 0));
        assert_eq!(open(&store).undeleted(), 0, "after a start too");
    };
    assert_whole();

    let look = |and: &str| format!("{VERSIONS}{and}");
    server.did(&look(
        "assert len(versions) == 1 and len(marks) == 1, listed",
    ));
    let remove = "s3.delete_object(Bucket=bucket, Key=key, VersionId=versions[0]['VersionId']";
    let refused = server.boto(&look(&format!("{remove})")));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("AccessDenied"),
        "{said}"
    );
    server.did(&look(&format!("{remove}, BypassGovernanceRetention=True)")));
    server.did(&look("assert len(versions) == 0, listed"));
    assert_whole();
}

#[test]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
fn a_bucket_without_versions_lets_go_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::start("");
    let archive = filled(&store(&server, &runtime), 1, 5);
    let rule = Rule {
        days: 30,
        name: "test".into(),
    };
    let terms = Terms {
        others: Some(rule),
        ..Terms::default()
    };
    let done = archive.retain(1, &terms, &[], 31 * DAY).unwrap();
    assert_eq!((done.objects, done.hidden), (1, 0));
}

/// Each kind of damage, done to the second of three volumes, and the object at which it must be named.
const DAMAGES: [(&str, &str, &str); 8] = [
    (
        "a flipped byte",
        "body = bytearray(get(2, '0000.blocks')); body[len(body) // 2] ^= 1; put(2, '0000.blocks', bytes(body))",
        "0000.blocks",
    ),
    (
        "a removed object",
        "remove(2, '0000.blocks')",
        "0000.blocks",
    ),
    ("a removed index", "remove(2, 'index')", "index"),
    (
        "a removed volume",
        "[remove(2, name) for name in ('0000.blocks', 'index', 'manifest.json')]",
        "manifest.json",
    ),
    (
        "two volumes swapped",
        "one, two = get(1, '0000.blocks'), get(2, '0000.blocks'); put(1, '0000.blocks', two); put(2, '0000.blocks', one)",
        "0000.blocks",
    ),
    (
        "a truncated object",
        "put(2, '0000.blocks', get(2, '0000.blocks')[:-9])",
        "0000.blocks",
    ),
    (
        "a volume signed again",
        "old = get(2, 'manifest.json'); new = old.replace(b'\"sealed_at\": 1', b'\"sealed_at\": 7'); assert old != new; put(2, 'manifest.json', new)",
        "manifest.json",
    ),
    (
        "an emptied manifest",
        "put(2, 'manifest.json', b'')",
        "manifest.json",
    ),
];

#[test]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
fn every_damage_to_an_archive_in_a_bucket_is_named_with_its_place() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::locked();
    for (number, (what, damage, object)) in DAMAGES.iter().enumerate() {
        let prefix = format!("archive-{number}");
        let store = store_at(&prefix, &server, &runtime);
        let tip = filled(&store, 3, 20).tip();
        let faults = || verify(&store, Some(tip), &mut |_, _| ()).unwrap().faults;
        assert_eq!(faults(), [], "{what}: the control");
        server.did(&format!(
            "def key(volume, name): return f'{prefix}/volumes/{{volume:010}}/{{name}}'\n\
             def get(volume, name): return s3.get_object(Bucket=bucket, Key=key(volume, name))['Body'].read()\n\
             def put(volume, name, body): s3.put_object(Bucket=bucket, Key=key(volume, name), Body=body, ChecksumAlgorithm='SHA256')\n\
             def remove(volume, name): s3.delete_object(Bucket=bucket, Key=key(volume, name))\n\
             {damage}"
        ));
        let place = format!("volumes/0000000002/{object}");
        let is_named = |fault: &Fault| fault.place.starts_with(&place);
        let faults = faults();
        assert!(faults.iter().any(is_named), "{what}: {faults:#?}");
    }
}
