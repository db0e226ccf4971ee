//! The one runtime of the library: two threads, made at the first job.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::Lazy;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::board::{Board, EndGuard, Job};
use super::context::Context;
use crate::error::{Code, Error, Result};

/// Backups are done by the server; two threads are enough to watch a hundred of them.
const THREADS: usize = 2;

/// The work of a job is polled through many layers, a handshake of TLS at the bottom: without
/// optimisation that goes beyond the 2 MiB that threads have otherwise.
const STACK: usize = 8 << 20;

struct House {
    runtime: Option<Runtime>,
    /// Parent of every job's token: cancelled as a whole by [`shutdown`].
    all: CancellationToken,
}

static HOUSE: Lazy<Mutex<House>> = Lazy::new(|| Mutex::new(House { runtime: None, all: CancellationToken::new() }));

/// Starts `work` in the background and returns the handle on it.
///
/// # Errors
///
/// [`Code::Internal`] if the operating system gives no threads.
pub fn start<R, I, F, W>(work: W) -> Result<Job<R, I>>
where
    R: Clone + Send + Sync + 'static,
    I: Send + 'static,
    W: FnOnce(Context<R, I>) -> F + Send + 'static,
    F: Future<Output = Result<R>> + Send,
{
    let mut house = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
    if house.runtime.is_none() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_stack_size(STACK)
            .thread_name_fn(thread_name())
            .enable_all()
            .build()
            .map_err(|error| Error::new(Code::Internal, "no threads for background work").cause(error))?;
        house.runtime = Some(runtime);
    }
    let board = Arc::new(Board::new(house.all.child_token()));
    let guard = EndGuard { board: board.clone() };
    let context = Context { board: board.clone() };
    if let Some(runtime) = &house.runtime {
        runtime.spawn(async move {
            let result = work(context).await;
            guard.board.finish(result);
        });
    }
    Ok(Job { board })
}

/// Names for people who look at a process: the workers, and those that wait for files and names.
fn thread_name() -> impl Fn() -> String {
    let made = AtomicUsize::new(0);
    move || {
        // The runtime makes its workers first.
        let worker = made.fetch_add(1, Ordering::Relaxed) < THREADS;
        if worker { "pgbackup" } else { "pgbackup-io" }.to_owned()
    }
}

/// Cancels every job, waits at most `timeout` for their ends, and stops the threads.
///
/// A job started afterwards gets new threads.
pub fn shutdown(timeout: Duration) {
    let deadline = Instant::now() + timeout;
    let (runtime, all) = {
        let mut house = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
        (house.runtime.take(), std::mem::take(&mut house.all))
    };
    all.cancel();
    if let Some(runtime) = runtime {
        // Jobs answer a cancel by talking to their server: they need the threads a little longer.
        while runtime.metrics().num_alive_tasks() > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        runtime.shutdown_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Level, PAGE, State};

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_job_ends_once_with_its_result() {
        let job: Job<u32, ()> = start(|_| async { Ok(7) }).expect("threads");
        assert_eq!(job.wait(LONG), State::Succeeded);
        assert_eq!(job.result(), Some(Ok(7)));
    }

    #[test]
    fn a_panic_is_an_end() {
        let job: Job<(), ()> = start(|_| async { panic!("on purpose") }).expect("threads");
        assert_eq!(job.wait(LONG), State::Failed);
        assert_eq!(job.result().map(|end| end.map_err(|error| error.code)), Some(Err(Code::Panic)));
    }

    #[test]
    fn rows_wait_for_their_reader() {
        let job: Job<usize, usize> = start(|context| async move {
            for index in 0..PAGE * 3 {
                context.row(index).await;
            }
            Ok(PAGE * 3)
        })
        .expect("threads");
        assert_eq!(job.wait(Duration::from_millis(50)), State::Running);
        let mut seen = Vec::new();
        loop {
            let page = job.page(LONG);
            assert!(page.items.len() <= PAGE);
            seen.extend(page.items);
            if page.done {
                break;
            }
        }
        assert_eq!(seen, (0..PAGE * 3).collect::<Vec<_>>());
        assert_eq!(job.wait(LONG), State::Succeeded);
    }

    #[test]
    fn cancel_reaches_a_job_that_waits_for_its_reader() {
        let job: Job<(), usize> = start(|context| async move {
            for index in 0.. {
                context.check()?;
                context.row(index).await;
            }
            Ok(())
        })
        .expect("threads");
        assert_eq!(job.wait(Duration::from_millis(20)), State::Running);
        job.cancel();
        job.cancel();
        assert_eq!(job.wait(LONG), State::Cancelled);
    }

    #[test]
    fn messages_are_numbered() {
        let job: Job<(), ()> = start(|context| async move {
            context.say(Level::Info, "one");
            context.say(Level::Warning, "two");
            Ok(())
        })
        .expect("threads");
        job.wait(LONG);
        let status = job.status(1);
        assert_eq!(status.messages.len(), 1);
        assert_eq!((status.messages[0].seq, status.last_seq), (2, 2));
    }
}
