//! A server that speaks S3 (moto), with a bucket that has Object Lock or none. Other crates' tests use it
//! too.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

/// What the bucket is called.
pub const BUCKET: &str = "sluis-archive";

/// A server with a bucket.
pub struct Server {
    process: Child,
    endpoint: String,
}

fn python() -> String {
    std::env::var("SLUIS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

impl Server {
    /// With a bucket in which nothing can be deleted for a day.
    pub fn locked() -> Self {
        let server = Self::start("ObjectLockEnabledForBucket=True");
        server.did(
            "rule = {'DefaultRetention': {'Mode': 'COMPLIANCE', 'Days': 1}}\n\
             lock = {'ObjectLockEnabled': 'Enabled', 'Rule': rule}\n\
             s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)",
        );
        server
    }

    /// With a bucket made like this.
    pub fn start(how: &str) -> Self {
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
        server.did(&format!("s3.create_bucket(Bucket=bucket, {how})"));
        server
    }

    /// Does something that must succeed; what it printed.
    pub fn did(&self, what: &str) -> String {
        let done = self.boto(what);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap()
    }

    /// Does something to the bucket with the library that everybody has.
    pub fn boto(&self, what: &str) -> Output {
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

    /// How the bucket is reached, by the names of the AWS tools.
    pub fn options(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ALLOW_HTTP", "true"),
        ]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must leave no server.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
