//! A little tile server on this machine, for tests of basemaps.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What it gives.
#[derive(Debug, Clone, Copy)]
pub enum Served {
    /// A picture of one colour.
    Picture([u8; 3]),
    /// A status, with a few words.
    Status(u16),
    /// A web page, as if that were a tile.
    Page,
    /// Nothing, as if that were a tile.
    Nothing,
    /// No answer, while it listens.
    Silence,
}

/// A server that gives the same to everybody, until it is dropped.
pub struct TileServer {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    served: Arc<Mutex<Served>>,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TileServer {
    pub fn start(served: Served) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let served = Arc::new(Mutex::new(served));
        let closed = Arc::new(AtomicBool::new(false));
        let body = {
            let (asked, served, closed) = (Arc::clone(&asked), Arc::clone(&served), Arc::clone(&closed));
            move || {
                let mut waiting = Vec::new();
                for stream in listener.incoming().flatten() {
                    if closed.load(Ordering::SeqCst) {
                        break;
                    }
                    let served = *served.lock().unwrap();
                    if let Some(stream) = answer(stream, served, &asked) {
                        waiting.push(stream);
                    }
                }
            }
        };
        let thread = Some(std::thread::spawn(body));
        Self { port, asked, served, closed, thread }
    }

    /// The template of its tiles.
    pub fn template(&self) -> String {
        format!("http://127.0.0.1:{}/{{z}}/{{x}}/{{y}}.png", self.port)
    }

    /// From now on it gives something else.
    pub fn serve(&self, served: Served) {
        *self.served.lock().unwrap() = served;
    }

    /// What it was asked for, each as it came.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for TileServer {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // One who comes wakes it, so that it sees.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers; gives back the one who is not answered.
fn answer(mut stream: TcpStream, served: Served, asked: &Mutex<Vec<String>>) -> Option<TcpStream> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut request, mut part) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(count) if count > 0 => request.extend_from_slice(&part[..count]),
            _ => return None,
        }
    }
    asked.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
    let (status, kind, body) = match served {
        Served::Picture(colour) => (200, "image/png", png(colour)),
        Served::Status(status) => (status, "text/plain", b"no".to_vec()),
        Served::Page => (200, "text/html", b"<!doctype html><html><body>Log in</body></html>".to_vec()),
        Served::Nothing => (200, "image/png", Vec::new()),
        Served::Silence => return Some(stream),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    let _ = stream.shutdown(Shutdown::Write);
    None
}

/// A picture of 256 x 256 pixels of one colour, one bit a pixel.
fn png([r, g, b]: [u8; 3]) -> Vec<u8> {
    let rows = vec![0u8; 256 * 33];
    let size = rows.len() as u16;
    // Deflate can hold what is not packed; zlib wants a sum at its end.
    let mut packed = vec![0x78, 0x01, 0x01];
    packed.extend(size.to_le_bytes());
    packed.extend((!size).to_le_bytes());
    packed.extend(&rows);
    // Adler-32 of zeros: the first sum stays 1, the second counts them.
    packed.extend((((u32::from(size) % 65_521) << 16) | 1).to_be_bytes());
    let mut head = Vec::new();
    head.extend(256u32.to_be_bytes());
    head.extend(256u32.to_be_bytes());
    head.extend([1, 3, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", &head), (b"PLTE", &vec![r, g, b]), (b"IDAT", &packed), (b"IEND", &vec![])]
    {
        file.extend((data.len() as u32).to_be_bytes());
        let chunk = [name.as_slice(), data.as_slice()].concat();
        file.extend(&chunk);
        file.extend(crc32(&chunk).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}
