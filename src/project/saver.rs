//! Saving in the background: the window hands over a snapshot and goes on.

use super::folder::document_text;
use super::{Document, ProjectError, ProjectFolder};
use crate::files::write_atomically;
use crate::labels::{Annotations, write_labels};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What became of saving since it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// Everything handed over is on the disk.
    Saved,
    /// The last try failed; the sentence says why and the way out.
    Failed(String),
}

enum Request {
    Save(Box<Document>, Annotations),
    Flush(Sender<()>),
}

/// Saves snapshots of a project on a thread of its own, the newest wins. Waits for the last one when dropped.
pub struct Saver {
    requests: Option<Sender<Request>>,
    outcomes: Receiver<SaveOutcome>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Starts the thread for a folder; `wake` is called when an outcome is there.
    pub fn start(folder: &ProjectFolder, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (document_path, labels_path) = folder.files();
        let (requests, inbox) = channel();
        let (outbox, outcomes) = channel();
        let work = move || save_loop(&inbox, &document_path, &labels_path, &outbox, &*wake);
        let thread = std::thread::Builder::new().name("ritmo-save".into()).spawn(work).ok();
        Self { requests: Some(requests), outcomes, thread }
    }

    /// Hands over a snapshot.
    pub fn save(&self, document: Document, annotations: Annotations) {
        if let Some(requests) = &self.requests {
            let _ = requests.send(Request::Save(Box::new(document), annotations));
        }
    }

    /// Waits until everything handed over is written (for verbs and tests; the window never calls it).
    pub fn flush(&self) {
        let (done, wait) = channel();
        if let Some(requests) = &self.requests
            && requests.send(Request::Flush(done)).is_ok()
        {
            let _ = wait.recv();
        }
    }

    /// The newest outcome since the last call, without waiting.
    pub fn outcome(&self) -> Option<SaveOutcome> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            let why = "the thread that saves does not run. Close other programs and open the project again";
            return Some(SaveOutcome::Failed(format!("nothing can be saved: {why}")));
        }
        self.outcomes.try_iter().last()
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn save_loop(
    inbox: &Receiver<Request>,
    document_path: &PathBuf,
    labels_path: &PathBuf,
    outbox: &Sender<SaveOutcome>,
    wake: &(dyn Fn() + Send + Sync),
) {
    let mut last_document = String::new();
    let mut last_labels: Option<(Annotations, crate::labels::Legend)> = None;
    while let Ok(first) = inbox.recv() {
        let mut newest = None;
        let mut flushes = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next.take() {
            match request {
                Request::Save(document, annotations) => newest = Some((document, annotations)),
                Request::Flush(done) => flushes.push(done),
            }
            next = inbox.try_recv().ok();
        }
        if let Some((document, annotations)) = newest {
            let outcome = (|| {
                let write = |path: &PathBuf, text: &str| {
                    write_atomically(path, text.as_bytes())
                        .map_err(|e| ProjectError::Write { path: path.clone(), why: e.to_string() })
                };
                let text = document_text(&document);
                if text != last_document {
                    write(document_path, &text)?;
                    last_document = text;
                }
                let same_labels = last_labels
                    .as_ref()
                    .is_some_and(|(a, legend)| a.is_same(&annotations) && *legend == document.legend);
                if !same_labels {
                    write(labels_path, &write_labels(&annotations, &document.legend))?;
                    last_labels = Some((annotations, document.legend.clone()));
                }
                Ok(())
            })();
            let _ = outbox.send(match outcome {
                Ok(()) => SaveOutcome::Saved,
                Err(e) => {
                    let e: ProjectError = e;
                    SaveOutcome::Failed(e.to_string())
                }
            });
            wake();
        }
        for done in flushes {
            let _ = done.send(());
        }
    }
}
