//! The hosts of the Planetary Computer as a program sees them, on this machine: nginx speaks TLS for their names, with
//! certificates that were made for the test, and hands requests on to Azurite and to a catalogue of the test; a proxy leads
//! there whoever asks for those names. Who is told of it knows no difference.

use super::{Azurite, Running, absent, done, free_port, of_python, until_it_listens};
use std::fs;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

const CATALOGUE: &str = "planetarycomputer.microsoft.com";
/// The host of Azurite's account.
pub const BLOBS: &str = "devstoreaccount1.blob.core.windows.net";

pub struct Front {
    _server: Running,
    folder: tempfile::TempDir,
    proxy: u16,
    asked: Arc<Mutex<Vec<String>>>,
    closed: Arc<AtomicBool>,
}

impl Front {
    /// In front of a blob store, which answers so many requests a second, and a catalogue on this port.
    pub fn start(blobs: &Azurite, catalogue: u16, a_second: u32) -> Option<Self> {
        let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx"].map(Path::new).into_iter().find(|p| p.exists());
        let (Some(nginx), Some(python)) = (nginx, of_python("python")) else {
            absent("nginx");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        done(Command::new("chmod").arg("755").arg(folder.path()));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/certificates.py");
        done(Command::new(python).arg(script).arg(folder.path()).args([CATALOGUE, BLOBS]));
        let (port, own, azurite) = (free_port(), folder.path().display(), blobs.port);
        let configuration = format!(
            "daemon off; worker_processes 1; pid {own}/pid; error_log {own}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format told '$status $host $uri';
    access_log {own}/access.log told;
    client_body_temp_path {own}/a; proxy_temp_path {own}/b; fastcgi_temp_path {own}/c; uwsgi_temp_path {own}/d; scgi_temp_path {own}/e;
    limit_req_zone $server_name zone=slow:1m rate={a_second}r/s;
    ssl_certificate {own}/cert.pem; ssl_certificate_key {own}/key.pem;
    proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection \"\";
    server {{ listen 127.0.0.1:{port} ssl; server_name {CATALOGUE}; location / {{ proxy_pass http://127.0.0.1:{catalogue}; }} }}
    server {{
        listen 127.0.0.1:{port} ssl; server_name {BLOBS};
        location / {{ limit_req zone=slow burst=10000; proxy_pass http://127.0.0.1:{azurite}; }}
    }}
}}
"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let log = folder.path().join("out.log");
        let server =
            Running::start(Command::new(nginx).arg("-c").arg(&file).arg("-p").arg(folder.path()), &log);
        until_it_listens(port, &log);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap().port();
        let (asked, closed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (names, ended) = (Arc::clone(&asked), Arc::clone(&closed));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let names = Arc::clone(&names);
                std::thread::spawn(move || {
                    // A client that goes away ends its tunnel.
                    let _ = tunnel(stream, port, &names);
                });
            }
        });
        Some(Self { _server: server, folder, proxy, asked, closed })
    }

    /// Leads a program there, and has it trust the certificates.
    pub fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let authority = self.folder.path().join("ca.pem");
        let proxy = format!("http://127.0.0.1:{}", self.proxy);
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        command
            .env("HTTPS_PROXY", &proxy)
            .env("https_proxy", &proxy)
            .env("CURL_CA_BUNDLE", &authority)
            .env("SSL_CERT_FILE", &authority)
    }

    /// Status, host and path of each request.
    pub fn log(&self) -> Vec<(u16, String, String)> {
        let text = fs::read_to_string(self.folder.path().join("access.log")).unwrap();
        let line = |line: &str| {
            let mut parts = line.splitn(3, ' ').map(str::to_owned);
            (parts.next().unwrap().parse().unwrap(), parts.next().unwrap(), parts.next().unwrap())
        };
        text.lines().map(line).collect()
    }

    /// Hosts that the proxy was asked for.
    pub fn hosts(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // One who comes wakes it, so that it sees.
        let _ = TcpStream::connect(("127.0.0.1", self.proxy));
    }
}

/// `CONNECT host:443`, and from then on bytes both ways.
fn tunnel(mut client: TcpStream, port: u16, names: &Mutex<Vec<String>>) -> io::Result<()> {
    use io::{Read, Write};
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    names.lock().unwrap().push(head.split(' ').nth(1).unwrap_or_default().to_owned());
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}
