//! The archive in a bucket with Object Lock, on a server that speaks S3 (moto). `.ci/run` runs what is
//! ignored here, and installs what it needs.

use sluis_archive::{Archive, ArchiveError, Key, Store, verify};

use super::s3_server::{BUCKET, Server};
use super::world::{NEVER, all, filled, id, mail, open};

fn store(server: &Server, runtime: &tokio::runtime::Runtime) -> Store {
    let others = [("PATH", "passed over")];
    let options = server.options().into_iter().chain(others);
    let url = format!("s3://{BUCKET}/waterpoort");
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
