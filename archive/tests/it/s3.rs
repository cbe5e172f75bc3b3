//! The archive in a bucket with Object Lock, on a server that speaks S3 (moto). `.ci/run` runs what is
//! ignored here, and installs what it needs.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use sluis_archive::{Archive, ArchiveError, Key, Store, verify};

use super::world::{NEVER, all, filled, id, mail, open};

/// What the bucket is called.
const BUCKET: &str = "sluis-archive";

/// A server with a locked bucket.
struct Server {
    process: Child,
    endpoint: String,
}

fn python() -> String {
    std::env::var("SLUIS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut process = Command::new(python())
            .args(["-m", "moto.server", "-p", &port.to_string()])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stderr.take().unwrap());
        let mut lines = says.lines().map_while(Result::ok);
        assert!(
            lines.any(|line| line.contains("Running on")),
            "the server starts"
        );
        // It must not stop because nobody reads what it says.
        std::thread::spawn(move || lines.for_each(drop));
        let server = Self {
            process,
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        let made = server.boto(
            "s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)\n\
             rule = {'DefaultRetention': {'Mode': 'COMPLIANCE', 'Days': 1}}\n\
             lock = {'ObjectLockEnabled': 'Enabled', 'Rule': rule}\n\
             s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)",
        );
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        server
    }

    /// Does something to the bucket with the library that everybody has.
    fn boto(&self, what: &str) -> Output {
        let program = format!(
            "import boto3\nbucket = {BUCKET:?}\n\
             s3 = boto3.client('s3', endpoint_url={:?}, region_name='us-east-1', \
             aws_access_key_id='key', aws_secret_access_key='secret')\n{what}\n",
            self.endpoint
        );
        Command::new(python())
            .arg("-c")
            .arg(program)
            .output()
            .unwrap()
    }

    fn store(&self, runtime: &tokio::runtime::Runtime) -> Store {
        let options = [
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("PATH", "passed over"),
        ];
        let url = format!("s3://{BUCKET}/waterpoort");
        Store::s3(&url, options, runtime.handle().clone()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must leave no server.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs Python with moto and boto3: .ci/run installs them"]
fn a_locked_bucket_keeps_the_archive_and_the_check_names_what_was_put_over_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::start();
    let store = server.store(&runtime);
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
    let server = Server::start();
    let store = server.store(&runtime);
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
