//! Threads for jobs, and the one channel they report over.

use super::{EventBody, JobEvent, JobId, JobKind, Outcome};
use crate::progress::{Cancel, Progress};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use thread_priority::{ThreadPriority, ThreadPriorityValue};

/// Events that may wait in the channel; a window that sleeps longer loses progress but no result.
const WAITING: usize = 1024;

/// Starts jobs, hands their events on, cancels and joins them when dropped.
pub struct Runner {
    next: JobId,
    sender: SyncSender<JobEvent>,
    events: Receiver<JobEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    running: Vec<Running>,
    /// What is being put away behind the window.
    closing: Vec<JoinHandle<()>>,
    window_first: bool,
}

struct Running {
    id: JobId,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

/// What a running job is given: where to report, and whether to stop.
pub struct JobContext {
    id: JobId,
    sender: SyncSender<JobEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// Where this is a part of a job, which one.
    span: Option<Arc<Span>>,
    /// The wish to stop.
    pub cancel: Cancel,
}

/// A part of a job, as shares of all of it; progress without a share leaves it where it was.
struct Span {
    from: f32,
    to: f32,
    /// How far the job is, of [`Span::FINE`].
    done: AtomicU64,
}

impl Span {
    const FINE: u64 = 10_000;

    fn of_job(&self, progress: Progress) -> Progress {
        if let Some(share) = progress.share() {
            let of_all = self.from + (self.to - self.from) * share;
            self.done.fetch_max((f64::from(of_all) * Self::FINE as f64) as u64, Ordering::Relaxed);
        }
        Progress::new(self.done.load(Ordering::Relaxed), Self::FINE, progress.what)
    }
}

impl JobContext {
    /// The same job for a part of its work, whose progress goes from one share of all of it to another.
    pub fn span(&self, from: f32, to: f32) -> Self {
        let done = AtomicU64::new((f64::from(from) * Span::FINE as f64) as u64);
        Self {
            id: self.id,
            sender: self.sender.clone(),
            wake: Arc::clone(&self.wake),
            span: Some(Arc::new(Span { from, to, done })),
            cancel: self.cancel.clone(),
        }
    }

    /// Reports progress; dropped where the channel is full.
    pub fn progress(&self, progress: Progress) {
        for words in crate::geo::remote::waits() {
            self.waits(words);
        }
        let progress = match &self.span {
            Some(span) => span.of_job(progress),
            None => progress,
        };
        if self.sender.try_send(JobEvent { job: self.id, body: EventBody::Progress(progress) }).is_ok() {
            (self.wake)();
        }
    }

    /// Says that a server is waited for.
    pub fn waits(&self, words: String) {
        if self.sender.try_send(JobEvent { job: self.id, body: EventBody::Waits(words) }).is_ok() {
            (self.wake)();
        }
    }

    /// The same for work that asks servers by itself, from any thread.
    pub fn teller(&self) -> Arc<dyn Fn(String) + Send + Sync> {
        let (id, sender, wake) = (self.id, self.sender.clone(), Arc::clone(&self.wake));
        Arc::new(move |words| {
            if sender.try_send(JobEvent { job: id, body: EventBody::Waits(words) }).is_ok() {
                wake();
            }
        })
    }

    /// Hands on something that must not be lost; waits where the channel is full.
    pub fn send(&self, body: EventBody) {
        if self.sender.send(JobEvent { job: self.id, body }).is_ok() {
            (self.wake)();
        }
    }
}

impl Runner {
    /// A runner; `wake` is called after each event (the window repaints then).
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, events) = sync_channel(WAITING);
        Self { next: 1, sender, events, wake, running: Vec::new(), closing: Vec::new(), window_first: false }
    }

    /// From now on jobs leave the processor to the window whenever it wants to paint.
    pub fn window_first(&mut self) {
        self.window_first = true;
    }

    /// A number that no job has.
    pub fn fresh_id(&mut self) -> JobId {
        self.next += 1;
        self.next - 1
    }

    /// The function that wakes the window.
    pub fn wake(&self) -> Arc<dyn Fn() + Send + Sync> {
        Arc::clone(&self.wake)
    }

    /// Starts a job; gives its id. A job that panics is reported as failed.
    pub fn start(
        &mut self,
        kind: JobKind,
        work: impl FnOnce(&JobContext) -> anyhow::Result<Outcome> + Send + 'static,
    ) -> JobId {
        let id = self.next;
        self.next += 1;
        let cancel = Cancel::new();
        let context = JobContext {
            id,
            sender: self.sender.clone(),
            wake: Arc::clone(&self.wake),
            span: None,
            cancel: cancel.clone(),
        };
        let window_first = self.window_first;
        let body = move || {
            if window_first {
                let_the_window_go_first();
            }
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&context)));
            context.send(match result {
                Ok(Ok(outcome)) => EventBody::Finished(Box::new(outcome)),
                // Rooms tell that they were stopped in errors of their own; whoever asked knows already.
                Ok(Err(_)) if context.cancel.is_cancelled() => EventBody::Cancelled,
                Ok(Err(e)) => EventBody::Failed(format!("{e:#}")),
                Err(panic) => EventBody::Failed(format!(
                    "{} stopped by a fault in Ritmo ({}). Nothing saved was touched; please report it",
                    kind.title(),
                    panic_words(&*panic)
                )),
            });
        };
        self.running.retain(|r| !r.thread.is_finished());
        match std::thread::Builder::new().name(format!("ritmo-{kind:?}").to_lowercase()).spawn(body) {
            Ok(thread) => self.running.push(Running { id, cancel, thread }),
            Err(e) => {
                let body = EventBody::Failed(format!("cannot start a thread ({e}). Close other programs"));
                let _ = self.sender.try_send(JobEvent { job: id, body });
            }
        }
        id
    }

    /// Puts away what may take long to drop, since it waits for the disk, behind the window's back.
    pub fn put_away(&mut self, what: impl Send + 'static) {
        self.closing.retain(|thread| !thread.is_finished());
        // Where there is no thread to be had, the closure is dropped at once, and what it holds with it.
        let thread = std::thread::Builder::new().name("ritmo-close".into()).spawn(move || drop(what));
        self.closing.extend(thread);
    }

    /// Waits, in a job, for everything that was put away before: what it held, as the lock of a project, is free then.
    pub fn closed(&mut self) -> impl FnOnce() + Send + 'static {
        let closing = std::mem::take(&mut self.closing);
        move || closing.into_iter().for_each(|thread| drop(thread.join()))
    }

    /// Asks a job to stop.
    pub fn cancel(&self, job: JobId) {
        self.running.iter().filter(|r| r.id == job).for_each(|r| r.cancel.cancel());
    }

    /// Asks a job to rest, or lets it go on. Only for jobs that work on threads of their own ([`Cancel::pause`]).
    pub fn pause(&self, job: JobId, rest: bool) {
        let asked = self.running.iter().filter(|r| r.id == job);
        asked.for_each(|r| if rest { r.cancel.pause() } else { r.cancel.resume() });
    }

    /// The next event, if there is one. Never waits.
    pub fn poll(&self) -> Option<JobEvent> {
        self.events.try_recv().ok()
    }

    /// The next event; waits for it, but not longer than this (for verbs and tests; the window never calls it).
    pub fn wait(&self, at_most: Duration) -> Option<JobEvent> {
        self.events.recv_timeout(at_most).ok()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        /// A job that does not end meanwhile waits for a disk or a network that hangs.
        const AT_MOST: Duration = Duration::from_secs(20);
        self.running.iter().for_each(|r| r.cancel.cancel());
        // What was drawn last is on its way to the disk.
        self.closing.drain(..).for_each(|thread| drop(thread.join()));
        let since = Instant::now();
        for running in self.running.drain(..) {
            // A job may be waiting for room in the channel: make some until it has ended.
            while !running.thread.is_finished() && since.elapsed() < AT_MOST {
                while self.events.try_recv().is_ok() {}
                std::thread::sleep(Duration::from_millis(2));
            }
            part(running.thread);
        }
    }
}

/// Parts with a thread that was asked to end: it is waited for where it ends at once, and else left to end by itself,
/// since what it waits for may be a disk that hangs.
pub fn part(thread: JoinHandle<()>) {
    const A_MOMENT: Duration = Duration::from_millis(5);
    let since = Instant::now();
    while !thread.is_finished() && since.elapsed() < A_MOMENT {
        std::thread::sleep(Duration::from_micros(200));
    }
    if thread.is_finished() {
        let _ = thread.join();
    }
}

/// Threads of their own for reading a disk that may hang: then nothing else that counts on all cores has to wait for it.
/// `None` where the system has no threads left.
pub(super) fn readers() -> Option<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(rayon::current_num_threads())
        .thread_name(|i| format!("ritmo-read-{i}"))
        .start_handler(|_| let_the_window_go_first())
        .build()
        .ok()
}

/// Does work on [`readers`].
pub(super) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match readers() {
        Some(readers) => readers.install(work),
        None => work(),
    }
}

/// Lowers the priority of this thread, and of those it starts, below that of the window and its painting. Where the
/// system does not let it, all stay equal.
pub fn let_the_window_go_first() {
    /// Of 100; on Linux a niceness of 10.
    const PRIORITY: u8 = 25;
    lower_to(PRIORITY);
}

/// The same below that of training too: what only shows how far it is.
pub(super) fn let_all_work_go_first() {
    /// Of 100; on Linux a niceness of 15.
    const PRIORITY: u8 = 12;
    lower_to(PRIORITY);
}

fn lower_to(priority: u8) {
    if let Ok(priority) = ThreadPriorityValue::try_from(priority) {
        let _ = thread_priority::set_current_thread_priority(ThreadPriority::Crossplatform(priority));
    }
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no words".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn runner() -> Runner {
        Runner::new(Arc::new(|| {}))
    }

    #[test]
    fn a_job_that_ends_well_hands_over_what_it_made() {
        let mut runner = runner();
        let id = runner.start(JobKind::Demo, |_| Ok(Outcome::Demo("x".into())));
        let event = runner.wait(LONG).unwrap();
        assert_eq!(event.job, id);
        assert!(matches!(event.body, EventBody::Finished(o) if matches!(*o, Outcome::Demo(_))));
    }

    #[test]
    fn parts_of_a_job_report_as_shares_of_all_of_it_and_words_alone_take_nothing_back() {
        let mut runner = runner();
        runner.start(JobKind::Demo, |context| {
            let (first, second) = (context.span(0.0, 0.8), context.span(0.8, 1.0));
            first.progress(Progress::new(1, 2, "half"));
            first.progress(Progress::new(0, 0, "something"));
            second.progress(Progress::new(1, 2, "more"));
            Ok(Outcome::Demo("x".into()))
        });
        let shares = (0..3).map(|_| match runner.wait(LONG).unwrap().body {
            EventBody::Progress(progress) => progress.share().unwrap(),
            other => panic!("{other:?}"),
        });
        let shares: Vec<f32> = shares.collect();
        for (share, expected) in shares.iter().zip([0.4, 0.4, 0.9]) {
            assert!((share - expected).abs() < 1e-3, "{shares:?}");
        }
    }

    #[test]
    fn a_job_that_panics_is_a_failure_with_a_sentence() {
        let mut runner = runner();
        runner.start(JobKind::Train, |_| panic!("out of luck"));
        let event = runner.wait(LONG).unwrap();
        assert!(matches!(event.body, EventBody::Failed(why) if why.contains("out of luck")));
    }

    #[test]
    fn a_job_that_is_cancelled_says_so_and_progress_never_blocks_it() {
        let mut runner = runner();
        let id = runner.start(JobKind::Map, |context| {
            loop {
                context.progress(Progress::new(0, 0, "waiting to be cancelled"));
                context.cancel.check()?;
            }
        });
        runner.cancel(id);
        while let Some(event) = runner.wait(LONG) {
            match event.body {
                EventBody::Progress(_) => {}
                EventBody::Cancelled => break,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_room_that_was_stopped_is_cancelled_and_has_not_failed() {
        let mut runner = runner();
        let id = runner.start(JobKind::Train, |context| {
            while !context.cancel.is_cancelled() {
                std::thread::yield_now();
            }
            context.cancel.check().map_err(crate::model::ModelError::from)?;
            Ok(Outcome::Demo("unreachable".into()))
        });
        runner.cancel(id);
        assert!(matches!(runner.wait(LONG).unwrap().body, EventBody::Cancelled));
    }

    #[test]
    fn dropping_the_runner_ends_jobs_that_have_much_to_say() {
        let mut runner = runner();
        runner.start(JobKind::Map, |context| {
            while !context.cancel.is_cancelled() {
                context.send(EventBody::Progress(Progress::new(0, 0, "chatter")));
            }
            context.cancel.check()?;
            Ok(Outcome::Demo("unreachable".into()))
        });
        drop(runner);
    }
}
