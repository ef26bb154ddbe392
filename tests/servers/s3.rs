//! An S3 server in this process, of a crate that others wrote (`s3s-fs`): it checks every signature, refuses whoever has none,
//! and lists its buckets.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::fs;
use std::path::Path;
use std::process::Command;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub const KEY: &str = "RITMOTESTACCESSKEY";
pub const SECRET: &str = "ritmo/test/secret+key+0123456789abcdef";

/// A store with a bucket `imagery`.
pub struct S3 {
    /// Ends the server with it.
    _runtime: Runtime,
    root: tempfile::TempDir,
    port: u16,
}

impl S3 {
    /// A store whose bucket holds the files of a folder.
    pub fn start(files: &Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = FileSystem::new(root.path()).unwrap();
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    // A client that goes away is no failure of the server.
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let made = Self { _runtime: runtime, root, port };
        fs::create_dir(made.root.path().join("imagery")).unwrap();
        made.put_folder(files, "");
        made
    }

    /// Puts a file into the bucket.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.root.path().join("imagery").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Puts the files of a folder into the bucket, below a prefix.
    pub fn put_folder(&self, folder: &Path, prefix: &str) {
        let mut folders = vec![folder.to_path_buf()];
        while let Some(one) = folders.pop() {
            for entry in fs::read_dir(one).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                        self.put(&format!("{prefix}{name}"), fs::read(&path).unwrap());
                    }
                }
            }
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A program that knows where the store is, and has no keys of any kind.
    pub fn tell<'a>(&self, command: &'a mut Command, home: &Path) -> &'a mut Command {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
            command.env_remove(name);
        }
        command.env("HOME", home).env("AWS_ENDPOINT_URL", self.url())
    }

    /// The same with keys in the environment.
    pub fn tell_keys<'a>(
        &self,
        command: &'a mut Command,
        home: &Path,
        (key, secret): (&str, &str),
    ) -> &'a mut Command {
        self.tell(command, home).env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret)
    }
}
