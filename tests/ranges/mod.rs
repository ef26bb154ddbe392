//! A little server on this machine that gives ranges of files, counts what it is asked for, and fails where it is told to.

#![allow(dead_code, clippy::allow_attributes, clippy::unwrap_used, reason = "each test uses a part of it")]

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What it is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    /// Headers in small letters, as they came.
    pub head: String,
    /// First and last byte that are wanted.
    pub range: Option<(u64, Option<u64>)>,
    pub body: Vec<u8>,
}

/// What it gives.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status with headers and a body.
    Body { status: u16, headers: Vec<String>, body: Vec<u8> },
    /// A range of a file, or all of it.
    File(PathBuf),
    /// Less than what was promised: so many bytes of a range of a file.
    Truncated(PathBuf, u64),
    /// No answer, while the connection stays open.
    Silence,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Body { status, headers: Vec::new(), body: b"no".to_vec() }
    }

    pub fn json(value: &Value) -> Self {
        let headers = vec!["Content-Type: application/geo+json".into()];
        Self::Body { status: 200, headers, body: value.to_string().into_bytes() }
    }

    /// A file of a folder, or 404.
    pub fn file_of(folder: &Path, path: &str) -> Self {
        let file = folder.join(path.trim_start_matches('/'));
        if file.is_file() { Self::File(file) } else { Self::status(404) }
    }
}

/// A request, and what became of it.
#[derive(Debug, Clone)]
pub struct Logged {
    pub request: Request,
    pub status: u16,
    /// Bytes of the body that were sent.
    pub sent: u64,
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server that lives until it is dropped.
pub struct Server {
    port: u16,
    log: Arc<Mutex<Vec<Logged>>>,
    most: Arc<AtomicUsize>,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let handler: Arc<Handler> = Arc::new(handler);
        let (log, closed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let body = {
            let (log, closed, most) = (Arc::clone(&log), Arc::clone(&closed), Arc::clone(&most));
            move || {
                for stream in listener.incoming().flatten() {
                    if closed.load(Ordering::SeqCst) {
                        break;
                    }
                    let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
                    let (now, most, closed) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&closed));
                    std::thread::spawn(move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        // Whoever has the whole answer may ask for more at once: it is over before its last byte.
                        let over = || {
                            now.fetch_sub(1, Ordering::SeqCst);
                        };
                        answer(stream, &*handler, &log, &closed, over);
                    });
                }
            }
        };
        let thread = Some(std::thread::spawn(body));
        Self { port, log, most, closed, thread }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// All requests, as they were answered.
    pub fn requests(&self) -> Vec<Logged> {
        self.log.lock().unwrap().clone()
    }

    /// Forgets what was asked for.
    pub fn forget(&self) {
        self.log.lock().unwrap().clear();
        self.most.store(0, Ordering::SeqCst);
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // One who comes wakes it, so that it sees.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(
    mut stream: TcpStream,
    handler: &Handler,
    log: &Mutex<Vec<Logged>>,
    closed: &AtomicBool,
    over: impl FnOnce(),
) {
    let Some(request) = read(&mut stream) else { return over() };
    let reply = handler(&request);
    let (status, mut headers, body, cut) = match reply {
        Reply::Body { status, headers, body } => (status, headers, body, None),
        Reply::File(file) => ranged(&request, &file, None),
        Reply::Truncated(file, bytes) => ranged(&request, &file, Some(bytes)),
        Reply::Silence => {
            log.lock().unwrap().push(Logged { request, status: 0, sent: 0 });
            while !closed.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            return over();
        }
    };
    headers.push(format!("Content-Length: {}", body.len()));
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{}\r\n\r\n", headers.join("\r\n"));
    let body =
        if request.method == "HEAD" { &[] } else { &body[..cut.unwrap_or(body.len()).min(body.len())] };
    let sent = body.len() as u64;
    // Who waits for the answer may ask what was logged right after it.
    log.lock().unwrap().push(Logged { request, status, sent });
    let all = [head.as_bytes(), body].concat();
    let (most, last) = all.split_at(all.len() - 1);
    let _ = stream.write_all(most);
    over();
    let _ = stream.write_all(last);
    let _ = stream.shutdown(Shutdown::Write);
    // Those who are sent less than was promised see the end at once.
    let _ = stream.read(&mut [0; 16]);
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut part) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&part[..count]),
            _ => return None,
        }
    };
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let head = text.to_ascii_lowercase();
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}:")))?;
        Some(line.trim().to_owned())
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = bytes[end..].to_vec();
    if header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    while body.len() < length {
        match stream.read(&mut part) {
            Ok(count) if count > 0 => body.extend_from_slice(&part[..count]),
            _ => return None,
        }
    }
    let mut first = text.lines().next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let range = header("range").and_then(|text| {
        let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
        Some((from.parse().ok()?, to.parse().ok()))
    });
    Some(Request { method, path: path.into(), query: query.into(), range, body, head })
}

type Answer = (u16, Vec<String>, Vec<u8>, Option<usize>);

fn ranged(request: &Request, file: &Path, cut: Option<u64>) -> Answer {
    let all = std::fs::read(file).unwrap();
    let mut headers = vec!["Accept-Ranges: bytes".to_owned()];
    let cut = cut.map(|bytes| bytes as usize);
    let Some((from, to)) = request.range else { return (200, headers, all, cut) };
    let end = to.map_or(all.len(), |to| (to as usize + 1).min(all.len()));
    let from = from as usize;
    if from >= end {
        headers.push(format!("Content-Range: bytes */{}", all.len()));
        return (416, headers, Vec::new(), None);
    }
    headers.push(format!("Content-Range: bytes {from}-{}/{}", end - 1, all.len()));
    (206, headers, all[from..end].to_vec(), cut)
}
