//! The queue of rows between a job and its reader: bounded, so that memory stays flat whatever a
//! job finds.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::PAGE;

/// How long a page waits for more rows after its first, so that a list of many is not a page a row.
const GATHER: Duration = Duration::from_millis(5);

/// So many rows are worth a page: a reader who waited for a full one would begin with the last of a long list when all
/// else is done.
const ENOUGH: usize = PAGE / 4;

/// Rows that a reader took at once.
#[derive(Debug)]
pub struct Page<I> {
    /// At most [`PAGE`] rows, in order; none if the time ran out first.
    pub items: Vec<I>,
    /// No row will follow.
    pub done: bool,
}

pub(super) struct Rows<I> {
    queue: Mutex<Queue<I>>,
    filled: Condvar,
    taken: Notify,
}

struct Queue<I> {
    items: VecDeque<I>,
    closed: bool,
}

impl<I> Rows<I> {
    pub(super) fn new() -> Rows<I> {
        Rows {
            queue: Mutex::new(Queue { items: VecDeque::new(), closed: false }),
            filled: Condvar::new(),
            taken: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<I>> {
        // A reader that panicked holding the lock cannot have left the queue half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a row, waiting while the queue is full. Returns at once when it is closed.
    pub(super) async fn push(&self, item: I) {
        let mut refused = self.offer(item);
        while let Some(item) = refused {
            let room = self.taken.notified();
            tokio::pin!(room);
            // Registered before the next look at the queue, else a reader between both is missed.
            room.as_mut().enable();
            refused = self.offer(item);
            if refused.is_some() {
                room.await;
            }
        }
    }

    /// Adds a row; gives it back where the queue is full. A closed queue swallows it.
    fn offer(&self, item: I) -> Option<I> {
        let mut queue = self.lock();
        if queue.closed {
            return None;
        }
        if queue.items.len() == PAGE {
            return Some(item);
        }
        queue.items.push_back(item);
        // Those between wait for nobody but a page that is being filled.
        if matches!(queue.items.len(), 1 | ENOUGH) {
            self.filled.notify_all();
        }
        None
    }

    /// Says that no row follows.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.taken.notify_waiters();
    }

    /// Takes what is there, waiting at most `timeout` for the first row or the end, and a moment for more.
    pub(super) fn take(&self, timeout: Duration) -> Page<I> {
        let deadline = Instant::now() + timeout;
        let mut queue = self.lock();
        loop {
            queue = self.wait(queue, deadline, 1);
            let soon = deadline.min(Instant::now() + GATHER);
            queue = self.wait(queue, soon, ENOUGH);
            // Another reader may have taken them meanwhile.
            if !queue.items.is_empty() || queue.closed || Instant::now() >= deadline {
                break;
            }
        }
        let page = Page { items: queue.items.drain(..).collect(), done: queue.closed };
        drop(queue);
        self.taken.notify_waiters();
        page
    }

    /// Waits for so many rows or the end, until a moment.
    fn wait<'q>(&self, mut queue: MutexGuard<'q, Queue<I>>, until: Instant, rows: usize) -> MutexGuard<'q, Queue<I>> {
        while queue.items.len() < rows && !queue.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            queue = self.filled.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue
    }
}
