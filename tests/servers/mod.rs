//! Servers that nobody here wrote, each started on this machine with a folder of its own and stopped at the end: PostgreSQL
//! with pgstac and the STAC API in front of it, nginx, Azurite. `./run install` gets them; where one is absent, its tests are
//! skipped, and say so.

#![allow(dead_code, clippy::allow_attributes, clippy::unwrap_used, reason = "each test uses a part of it")]

pub mod front;
pub mod s3;

use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// So long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ritmo's own cache, into which `./run install` puts what tests need.
fn cache() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.map(|cache| cache.join("ritmo"))
}

/// A program of the readers' Python.
pub fn of_python(name: &str) -> Option<PathBuf> {
    cache().map(|cache| cache.join("readers/bin").join(name)).filter(|path| path.exists())
}

fn absent(what: &str) {
    println!("skipped: {what} is absent (./run install gets it)");
}

/// A process that ends with the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command, log: &Path) -> Self {
        let out = fs::File::create(log).unwrap();
        let errors = out.try_clone().unwrap();
        Self(command.stdin(Stdio::null()).stdout(out).stderr(errors).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked to end, it ends what it started itself; killed, it would leave that behind, and nginx starts workers that
        // end before it anew.
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let asked = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && asked.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = Command::new("pkill").args(["-KILL", "-P", &id]).status();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The status of a page, where anything answers.
fn status(port: u16, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).ok()?;
    String::from_utf8_lossy(&text).split(' ').nth(1)?.parse().ok()
}

fn until_it_answers(port: u16, path: &str, log: &Path) {
    let started = Instant::now();
    while status(port, path).is_none() {
        let log = || fs::read_to_string(log).unwrap_or_default();
        assert!(started.elapsed() < PATIENCE, "no answer: {}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn until_it_listens(port: u16, log: &Path) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = || fs::read_to_string(log).unwrap_or_default();
        assert!(started.elapsed() < PATIENCE, "nobody listens: {}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// PostgreSQL with pgstac, which holds a catalogue, and the STAC API in front of it.
pub struct Pgstac {
    _api: Running,
    folder: tempfile::TempDir,
    postgres: Postgres,
    port: u16,
}

/// PostgreSQL's own programs: it does not run as root.
struct Postgres {
    programs: PathBuf,
    as_root: bool,
    data: PathBuf,
}

impl Postgres {
    fn command(&self, program: &str, arguments: &str) -> Command {
        let line = format!("{} {arguments}", self.programs.join(program).display());
        let mut command = match self.as_root {
            true => Command::new("su"),
            false => Command::new("sh"),
        };
        if self.as_root {
            command.arg("postgres");
        }
        command.args(["-c", &line]).stdout(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stop = format!("-D {} -m immediate stop", self.data.display());
        let _ = self.command("pg_ctl", &stop).stderr(Stdio::null()).status();
    }
}

impl Pgstac {
    /// A catalogue of these collections and items.
    pub fn start(collections: &[Value], items: &[Value]) -> Option<Self> {
        let programs = glob::glob("/usr/lib/postgresql/*/bin/initdb").unwrap().flatten().last();
        let (Some(initdb), Some(pypgstac), Some(uvicorn)) =
            (programs, of_python("pypgstac"), of_python("uvicorn"))
        else {
            absent("PostgreSQL with pgstac");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("postgres");
        fs::create_dir(&own).unwrap();
        let whoami = Command::new("id").arg("-u").output().unwrap();
        let as_root = String::from_utf8_lossy(&whoami.stdout).trim() == "0";
        if as_root {
            // Its folder must be reached and owned by who runs it.
            done(Command::new("chmod").arg("755").arg(folder.path()));
            done(Command::new("chown").arg("postgres").arg(&own));
        }
        let programs = initdb.parent().unwrap().to_path_buf();
        let postgres = Postgres { programs, as_root, data: own.join("data") };
        let (port, data) = (free_port(), postgres.data.display().to_string());
        done(&mut postgres.command("initdb", &format!("-D {data} -A trust -U ritmo")));
        let options = format!("-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off", own.display());
        let log = own.join("log");
        let start = format!("-D {data} -l {} -o '{options}' -w start", log.display());
        done(&mut postgres.command("pg_ctl", &start));
        done(&mut postgres.command("createdb", &format!("-h 127.0.0.1 -p {port} -U ritmo stac")));
        let with_names = |command: &mut Command| {
            let port = port.to_string();
            let names = [("HOST", "127.0.0.1"), ("PORT", &port), ("USER", "ritmo"), ("DATABASE", "stac")];
            command.env("PGPASSWORD", "x").envs(names.map(|(name, value)| (format!("PG{name}"), value)));
            let names = [
                ("HOST", "127.0.0.1"),
                ("HOST_READER", "127.0.0.1"),
                ("HOST_WRITER", "127.0.0.1"),
                ("PORT", &port),
                ("USER", "ritmo"),
                ("PASS", "x"),
                ("DBNAME", "stac"),
            ];
            command.envs(names.map(|(name, value)| (format!("POSTGRES_{name}"), value)));
        };
        let pgstac = |arguments: &[&str]| {
            let mut command = Command::new(&pypgstac);
            with_names(&mut command);
            done(command.args(arguments));
        };
        pgstac(&["migrate"]);
        for (kind, all) in [("collections", collections), ("items", items)] {
            let file = folder.path().join(format!("{kind}.ndjson"));
            let lines: String = all.iter().map(|one| format!("{one}\n")).collect();
            fs::write(&file, lines).unwrap();
            pgstac(&["load", kind, file.to_str().unwrap(), "--method", "upsert"]);
        }
        let (port, log) = (free_port(), folder.path().join("api.log"));
        let mut api = Command::new(uvicorn);
        with_names(&mut api);
        api.args(["--factory", "stac_fastapi.pgstac.app:create_app", "--host", "127.0.0.1", "--port"]);
        let api = Running::start(api.arg(port.to_string()), &log);
        until_it_answers(port, "/", &log);
        Some(Self { _api: api, folder, postgres, port })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it was asked: a line a request.
    pub fn log(&self) -> String {
        assert!(self.postgres.data.exists());
        fs::read_to_string(self.folder.path().join("api.log")).unwrap()
    }
}

/// nginx with a folder of files: at `/files` as they are, at `/limited` with too many requests refused (429), at `/signed`
/// for whoever has the signature, at `/broken` unavailable (503), at
/// `/page` a web page in their place, at `/slow` slowly, at `/hanging` a byte a second.
pub struct Nginx {
    _server: Running,
    folder: tempfile::TempDir,
    port: u16,
}

impl Nginx {
    pub fn start(files: &Path) -> Option<Self> {
        Self::in_front_of(files, 1)
    }

    /// The same, which at `/through` hands requests on to a server on this port.
    pub fn in_front_of(files: &Path, port_behind: u16) -> Option<Self> {
        let Some(nginx) =
            ["/usr/sbin/nginx", "/usr/bin/nginx"].map(Path::new).into_iter().find(|p| p.exists())
        else {
            absent("nginx");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        // Its workers are not root.
        done(Command::new("chmod").arg("755").arg(folder.path()));
        done(Command::new("chmod").args(["-R", "a+rX"]).arg(files));
        let (port, own, files) = (free_port(), folder.path().display(), files.display());
        let configuration = format!(
            "daemon off; worker_processes 2; pid {own}/pid; error_log {own}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format ranges '$status $uri $http_range $body_bytes_sent';
    access_log {own}/access.log ranges;
    client_body_temp_path {own}/a; proxy_temp_path {own}/b; fastcgi_temp_path {own}/c; uwsgi_temp_path {own}/d; scgi_temp_path {own}/e;
    limit_req_zone $binary_remote_addr zone=few:1m rate=8r/s;
    server {{
        listen 127.0.0.1:{port};
        location /files/ {{ alias {files}/; }}
        location /limited/ {{ limit_req zone=few burst=3 nodelay; limit_req_status 429; alias {files}/; }}
        location /signed/ {{
            secure_link $arg_md5,$arg_expires; secure_link_md5 \"$secure_link_expires$uri secret\";
            if ($secure_link = \"\") {{ return 403; }}
            if ($secure_link = \"0\") {{ return 410; }}
            alias {files}/;
        }}
        location /broken/ {{ return 503; }}
        location /page/ {{ default_type text/html; return 200 \"<html><body>please log in</body></html>\"; }}
        location /slow/ {{ limit_rate 100k; alias {files}/; }}
        location /hanging/ {{ limit_rate 1; alias {files}/; }}
        location /through/ {{ proxy_pass http://127.0.0.1:{port_behind}/files/; }}
    }}
}}
"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let log = folder.path().join("out.log");
        let server =
            Running::start(Command::new(nginx).arg("-c").arg(&file).arg("-p").arg(folder.path()), &log);
        until_it_answers(port, "/files/", &log);
        Some(Self { _server: server, folder, port })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Status, file, range and bytes of each request.
    pub fn log(&self) -> Vec<(u16, String, String, u64)> {
        let text = fs::read_to_string(self.folder.path().join("access.log")).unwrap();
        let line = |line: &str| {
            let parts: Vec<&str> = line.split(' ').collect();
            let bytes = parts[parts.len() - 1].parse().unwrap();
            (parts[0].parse().unwrap(), parts[1].to_owned(), parts[2].to_owned(), bytes)
        };
        text.lines().map(line).collect()
    }
}

/// Azurite: Azure's blob store, with real keys and signatures.
pub struct Azurite {
    _server: Running,
    _folder: tempfile::TempDir,
    python: PathBuf,
    port: u16,
}

/// The key that Azurite's account has, as its manual tells everybody.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

impl Azurite {
    /// A store with a container `imagery` that holds the files of a folder.
    pub fn start(files: &Path) -> Option<Self> {
        let program = cache().map(|cache| cache.join("servers/node_modules/.bin/azurite-blob"));
        let (Some(program), Some(python)) = (program.filter(|p| p.exists()), of_python("python")) else {
            absent("Azurite");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (port, log) = (free_port(), folder.path().join("log"));
        let mut command = Command::new(program);
        command.args(["--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort"]);
        command.arg(port.to_string()).arg("--location").arg(folder.path().join("blobs"));
        let server = Running::start(&mut command, &log);
        until_it_answers(port, "/devstoreaccount1", &log);
        let store = Self { _server: server, _folder: folder, python, port };
        store.ask("upload", &[files.to_str().unwrap()]);
        Some(store)
    }

    /// How programs are told of the store and its key.
    pub fn connection(&self, key: &str) -> String {
        let at = format!("http://127.0.0.1:{}/devstoreaccount1", self.port);
        format!(
            "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};BlobEndpoint={at};"
        )
    }

    pub fn key(&self) -> &'static str {
        KEY
    }

    /// The address of a blob, signed for so many seconds from now; expired where they are negative.
    pub fn signed(&self, blob: &str, seconds: i64) -> String {
        let query = self.ask("sign", &[blob, &seconds.to_string()]);
        format!("http://127.0.0.1:{}/devstoreaccount1/imagery/{blob}?{}", self.port, query.trim())
    }

    /// A token for the container, good for so many seconds from now; expired where they are negative.
    pub fn token(&self, seconds: i64) -> String {
        self.ask("token", &[&seconds.to_string()]).trim().to_owned()
    }

    fn ask(&self, what: &str, more: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/azure_blobs.py");
        let output = Command::new(&self.python)
            .args([script, &self.connection(KEY), what])
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
