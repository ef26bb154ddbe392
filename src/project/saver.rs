//! Saving in the background: the window hands over a snapshot and goes on.
//!
//! One thread writes, the newest snapshot wins, and each file is replaced whole. Of a labels file the lines are kept
//! ([`LabelLines`]), so that saving one gesture among fifty thousand annotations puts one line into words and writes.
//! About once a second, and before each write, the thread looks whether another program has changed the files
//! ([`OutsideChange`]): then nothing is written over them until people have said whose are kept. What waits meanwhile lies
//! beside, with `.mine` behind the names, so that it is not lost either.

use super::folder::{document_text, parse_document, read_annotations};
use super::outside::{Digest, OutsideChange, Stamp, Theirs, Watched};
use super::{Document, ProjectError, ProjectFolder};
use crate::files::{write_atomically, write_atomically_with};
use crate::labels::{Annotation, Annotations, LabelLines, Legend};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is written while theirs lie in its place, and theirs once ours were put into it.
pub(super) const MINE: &str = ".mine";
const THEIRS: &str = ".theirs";

/// What became of saving since it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// Everything handed over is on the disk.
    Saved,
    /// The last try failed; the sentence says why and the way out.
    Failed(String),
    /// Another program has changed the files, and they are left as they are.
    ChangedOutside(Arc<OutsideChange>),
}

enum Request {
    Opened(Box<Document>, Annotations),
    Save(Box<Document>, Annotations),
    /// Another file, and its text; none deletes it.
    Put(PathBuf, Option<String>),
    TakeTheirs(u64),
    KeepMine,
    Flush(Sender<()>),
}

/// Saves snapshots of a project on a thread of its own, the newest wins. Waits for the last one when dropped.
pub struct Saver {
    requests: Option<Sender<Request>>,
    /// Outcomes, each with how many snapshots had been handed over.
    outcomes: Receiver<(u64, SaveOutcome)>,
    handed: Cell<u64>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Starts the thread for a folder; `wake` is called when an outcome is there.
    pub fn start(folder: &ProjectFolder, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let files = folder.files();
        let (requests, inbox) = channel();
        let (outbox, outcomes) = channel();
        let work = move || {
            let [document, labels] = files.map(|(path, stamp)| Watched::new(path, stamp));
            let keeper = Keeper { document, labels, ..Keeper::new() };
            save_loop(keeper, &inbox, &outbox, &*wake);
        };
        let thread = std::thread::Builder::new().name("ritmo-save".into()).spawn(work).ok();
        Self { requests: Some(requests), outcomes, handed: Cell::new(0), thread }
    }

    /// Tells what was read when the project was opened: the first gesture is then saved as quickly as any other, and what
    /// other programs change can be told from it.
    pub fn opened(&self, document: Document, annotations: Annotations) {
        self.send(Request::Opened(Box::new(document), annotations));
    }

    /// Hands over a snapshot.
    pub fn save(&self, document: Document, annotations: Annotations) {
        self.handed.set(self.handed.get() + 1);
        self.send(Request::Save(Box::new(document), annotations));
    }

    /// Hands over the text of a file beside document and labels; none deletes it. Of one file the newest text wins.
    pub fn put(&self, path: PathBuf, text: Option<String>) {
        self.handed.set(self.handed.get() + 1);
        self.send(Request::Put(path, text));
    }

    /// The change of this number was taken in: the snapshot handed over next may be written over it.
    pub fn take_theirs(&self, number: u64) {
        self.send(Request::TakeTheirs(number));
    }

    /// What was handed over last is written over what other programs made of the files; theirs are kept beside, with
    /// `.theirs` behind the names.
    pub fn keep_mine(&self) {
        self.send(Request::KeepMine);
    }

    fn send(&self, request: Request) {
        if let Some(requests) = &self.requests {
            let _ = requests.send(request);
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

    /// The newest outcome since the last call, without waiting. That an earlier snapshot is saved is none while a later one
    /// is on its way.
    pub fn outcome(&self) -> Option<SaveOutcome> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            let why = "the thread that saves does not run. Close other programs and open the project again";
            return Some(SaveOutcome::Failed(format!("nothing can be saved: {why}")));
        }
        let last = self.outcomes.try_iter().last();
        let (_, outcome) =
            last.filter(|(of, outcome)| *of == self.handed.get() || *outcome != SaveOutcome::Saved)?;
        Some(outcome)
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
    mut keeper: Keeper,
    inbox: &Receiver<Request>,
    outbox: &Sender<(u64, SaveOutcome)>,
    wake: &(dyn Fn() + Send + Sync),
) {
    let mut handed = 0;
    let tell = |handed: u64, outcome: Option<SaveOutcome>| {
        if let Some(outcome) = outcome {
            let _ = outbox.send((handed, outcome));
            wake();
        }
    };
    loop {
        let first = match inbox.recv_timeout(LOOK_EVERY) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => {
                tell(handed, keeper.look());
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let (mut to_save, mut to_put) = (false, false);
        let mut flushes = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next.take() {
            match request {
                Request::Opened(document, annotations) => keeper.opened(*document, annotations),
                Request::Save(document, annotations) => {
                    keeper.newest = Some((*document, annotations));
                    handed += 1;
                    to_save = true;
                }
                Request::Put(path, text) => {
                    keeper.others.insert(path, text);
                    handed += 1;
                    to_put = true;
                }
                Request::TakeTheirs(number) => keeper.take_theirs(number),
                Request::KeepMine => {
                    to_save = false;
                    tell(handed, Some(keeper.keep_mine()));
                }
                Request::Flush(done) => flushes.push(done),
            }
            next = inbox.try_recv().ok();
        }
        if to_save || to_put {
            // Another file is none of what other programs and this one disagree on.
            let told =
                keeper.conflict.as_ref().filter(|_| !to_save).map(|conflict| Arc::clone(&conflict.told));
            let saved = told.map_or_else(|| keeper.save(), SaveOutcome::ChangedOutside);
            tell(handed, Some(keeper.write_others().map_or_else(SaveOutcome::Failed, |()| saved)));
        }
        for done in flushes {
            let _ = done.send(());
        }
    }
}

/// What the thread knows of the files.
struct Keeper {
    document: Watched,
    labels: Watched,
    lines: LabelLines,
    /// Other files that are to be written.
    others: BTreeMap<PathBuf, Option<String>>,
    /// What was handed over last.
    newest: Option<(Document, Annotations)>,
    /// What the files hold, as far as is known here.
    on_disk: Option<(Document, Annotations)>,
    /// What was written last; nothing of it is written again.
    text: String,
    written: Option<(Annotations, Legend)>,
    /// A change by another program that is not answered yet.
    conflict: Option<Conflict>,
    /// How the files looked when a change was first seen: what is still being written is not read.
    restless: Option<Looks>,
    changes: u64,
}

/// How both files look.
type Looks = [Option<Stamp>; 2];

struct Conflict {
    told: Arc<OutsideChange>,
    looks: Looks,
    digests: [Option<Digest>; 2],
}

impl Keeper {
    fn new() -> Self {
        let nothing = || Watched::new(Default::default(), None);
        Self {
            document: nothing(),
            labels: nothing(),
            lines: LabelLines::default(),
            others: BTreeMap::new(),
            newest: None,
            on_disk: None,
            text: String::new(),
            written: None,
            conflict: None,
            restless: None,
            changes: 0,
        }
    }

    fn opened(&mut self, document: Document, annotations: Annotations) {
        self.lines.follow(&annotations, &document.legend);
        self.on_disk = Some((document.clone(), annotations.clone()));
        self.newest = Some((document, annotations));
    }

    fn looks(&self) -> Looks {
        [Stamp::of(&self.document.path), Stamp::of(&self.labels.path)]
    }

    /// Writes what was handed over last, unless another program has changed the files.
    fn save(&mut self) -> SaveOutcome {
        let changed = [self.document.changed(), self.labels.changed()];
        if changed == [false; 2] {
            self.conflict = None;
        } else if !self.is_told() {
            self.find_out(changed);
        }
        let outcome = match self.conflict {
            Some(_) => self.put_beside(),
            None => self.write().map(|()| SaveOutcome::Saved),
        };
        outcome.unwrap_or_else(|e| SaveOutcome::Failed(e.to_string()))
    }

    /// Whether the change was found out already, and nothing has changed since.
    fn is_told(&self) -> bool {
        self.conflict.as_ref().is_some_and(|conflict| conflict.looks == self.looks())
    }

    /// Looks for what other programs have changed.
    fn look(&mut self) -> Option<SaveOutcome> {
        let changed = [self.document.changed(), self.labels.changed()];
        if changed == [false; 2] {
            self.restless = None;
            // They put everything back as it was.
            self.conflict.take()?;
            return Some(self.save());
        }
        if self.is_told() {
            return None;
        }
        let looks = self.looks();
        if self.restless != Some(looks) {
            self.restless = Some(looks);
            return None;
        }
        self.restless = None;
        self.find_out(changed);
        self.conflict.as_ref().map(|conflict| SaveOutcome::ChangedOutside(Arc::clone(&conflict.told)))
    }

    /// Reads what other programs have written. What comes to the same as before, or as ours, is no conflict.
    fn find_out(&mut self, changed: [bool; 2]) {
        let looks = self.looks();
        let digests = [Digest::of(&self.document.path), Digest::of(&self.labels.path)];
        let theirs = self.read_theirs(changed);
        let is_as = |known: &Option<(Document, Annotations)>| {
            let (Ok(theirs), Some((document, annotations))) = (&theirs, known) else { return false };
            theirs.document.as_ref().is_none_or(|theirs| theirs == document)
                && theirs.annotations.as_ref().is_none_or(|theirs| theirs == annotations)
        };
        if is_as(&self.on_disk) || is_as(&self.newest) {
            self.document.know(looks[0], digests[0]);
            self.labels.know(looks[1], digests[1]);
            self.conflict = None;
            return;
        }
        self.changes += 1;
        let names = [self.document.name(), self.labels.name()].into_iter().zip(changed);
        let told = OutsideChange {
            number: self.changes,
            files: names.filter(|(_, changed)| *changed).map(|(name, _)| name).collect(),
            theirs,
            ours_waits: self.conflict.as_ref().is_some_and(|conflict| conflict.told.ours_waits),
        };
        self.conflict = Some(Conflict { told: Arc::new(told), looks, digests });
    }

    fn read_theirs(&self, [document, labels]: [bool; 2]) -> Result<Theirs, String> {
        let text = |path: &Path| {
            std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
        };
        let document = match document {
            true => {
                let path = &self.document.path;
                Some(parse_document(path, &text(path)?).map_err(|e| e.to_string())?)
            }
            false => None,
        };
        let annotations = match labels {
            true => Some(read_annotations(&self.labels.path).map_err(|e| e.to_string())?),
            false => None,
        };
        let nothing = Annotations::default();
        let ours = self.newest.as_ref().map_or(&nothing, |(_, annotations)| annotations);
        // What is the same as here stays the very same, so that nothing is worked out again for it.
        let shared = annotations.map(|theirs| {
            let same = |a: &Arc<Annotation>| match ours.get(a.id) {
                Some(ours) if ours == a => Arc::clone(ours),
                _ => Arc::clone(a),
            };
            theirs.iter().map(same).collect::<Annotations>()
        });
        let mut differences = [0; 3];
        for change in shared.iter().flat_map(|theirs| theirs.changes_since(ours)) {
            let kind = match (change.was, change.is) {
                (None, _) => 0,
                (_, None) => 1,
                _ => 2,
            };
            differences[kind] += 1;
        }
        Ok(Theirs { document, annotations: shared, differences })
    }

    /// Writes what waits beside the files, so that it is not lost whatever the answer is.
    fn put_beside(&mut self) -> Result<SaveOutcome, ProjectError> {
        let Some((document, annotations)) = &self.newest else { return Ok(SaveOutcome::Saved) };
        self.lines.follow(annotations, &document.legend);
        let text = document_text(document);
        write(&self.document.beside(MINE), |file| file.write_all(text.as_bytes()))?;
        write(&self.labels.beside(MINE), |file| self.lines.write_to(file))?;
        match &mut self.conflict {
            Some(conflict) => {
                if !conflict.told.ours_waits {
                    let OutsideChange { number, files, theirs, .. } = &*conflict.told;
                    let (number, files, theirs) = (*number, files.clone(), theirs.clone());
                    conflict.told = Arc::new(OutsideChange { number, files, theirs, ours_waits: true });
                }
                Ok(SaveOutcome::ChangedOutside(Arc::clone(&conflict.told)))
            }
            None => Ok(SaveOutcome::Saved),
        }
    }

    fn take_theirs(&mut self, number: u64) {
        let Some(conflict) = self.conflict.take_if(|conflict| conflict.told.number == number) else { return };
        self.document.know(conflict.looks[0], conflict.digests[0]);
        self.labels.know(conflict.looks[1], conflict.digests[1]);
        self.write_everything_next();
    }

    fn keep_mine(&mut self) -> SaveOutcome {
        for file in [&mut self.document, &mut self.labels] {
            if !file.changed() {
                continue;
            }
            let kept = file.beside(THEIRS);
            let copied = match file.path.exists() {
                true => std::fs::copy(&file.path, &kept).map(drop),
                false => Ok(()),
            };
            if let Err(e) = copied {
                let path = kept;
                return SaveOutcome::Failed(ProjectError::Write { path, why: e.to_string() }.to_string());
            }
            file.know(Stamp::of(&file.path), Digest::of(&file.path));
        }
        self.conflict = None;
        self.write_everything_next();
        self.save()
    }

    fn write_everything_next(&mut self) {
        self.text.clear();
        self.written = None;
    }

    /// Writes the other files; those that cannot be written are tried again with what is handed over next.
    fn write_others(&mut self) -> Result<(), String> {
        while let Some(other) = self.others.first_entry() {
            let path = other.key();
            let failed = |e: std::io::Error| ProjectError::Write { path: path.clone(), why: e.to_string() };
            let done = match other.get() {
                Some(text) => write_atomically(path, text.as_bytes()).map_err(failed),
                None if path.exists() => std::fs::remove_file(path).map_err(failed),
                None => Ok(()),
            };
            done.map_err(|error| error.to_string())?;
            other.remove();
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ProjectError> {
        let Some((document, annotations)) = self.newest.take() else { return Ok(()) };
        let done = self.write_both(&document, &annotations);
        if done.is_ok() {
            self.on_disk = Some((document.clone(), annotations.clone()));
        }
        self.newest = Some((document, annotations));
        done?;
        for file in [&self.document, &self.labels] {
            // Left from a change that has been answered.
            let _ = std::fs::remove_file(file.beside(MINE));
        }
        Ok(())
    }

    /// A class is there before the annotations that have it come, and goes after they have gone: a program that is killed
    /// in between leaves a legend that knows all of them.
    fn write_both(&mut self, document: &Document, annotations: &Annotations) -> Result<(), ProjectError> {
        let lost = |legend: &Legend| legend.classes.iter().any(|c| document.legend.class(c.code).is_none());
        if self.written.as_ref().is_some_and(|(_, legend)| lost(legend)) {
            self.write_labels(document, annotations)?;
        }
        let text = document_text(document);
        if text != self.text {
            let mut digest = Digest::default();
            let data = write(&self.document.path, |file| {
                digest.add(text.as_bytes());
                file.write_all(text.as_bytes())
            })?;
            self.document.know(Some(Stamp::new(&data)), Some(digest));
            self.text = text;
        }
        self.write_labels(document, annotations)
    }

    fn write_labels(&mut self, document: &Document, annotations: &Annotations) -> Result<(), ProjectError> {
        let same = |(written, legend): &(Annotations, Legend)| {
            written.is_same(annotations) && *legend == document.legend
        };
        if self.written.as_ref().is_some_and(same) {
            return Ok(());
        }
        self.lines.follow(annotations, &document.legend);
        let mut digest = Digest::default();
        let data = write(&self.labels.path, |file| {
            self.lines.write_to(&mut Digesting { file, digest: &mut digest })
        })?;
        self.labels.know(Some(Stamp::new(&data)), Some(digest));
        self.written = Some((annotations.clone(), document.legend.clone()));
        Ok(())
    }
}

fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<std::fs::Metadata, ProjectError> {
    let failed = |e: std::io::Error| ProjectError::Write { path: path.into(), why: e.to_string() };
    write_atomically_with(path, content).map_err(failed)
}

/// Passes bytes on and takes their digest.
struct Digesting<'a> {
    file: &'a mut dyn std::io::Write,
    digest: &'a mut Digest,
}

impl std::io::Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests;
