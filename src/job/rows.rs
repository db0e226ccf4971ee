//! The queue of rows between a job and its reader: bounded, so that memory stays flat whatever a
//! job finds.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::PAGE;

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

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue<I>> {
        // A reader that panicked holding the lock cannot have left the queue half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a row, waiting while the queue is full. Returns at once when it is closed.
    pub(super) async fn push(&self, item: I) {
        let mut item = Some(item);
        loop {
            let room = self.taken.notified();
            tokio::pin!(room);
            // Registered before the look at the queue, else a reader between both is missed.
            room.as_mut().enable();
            {
                let mut queue = self.lock();
                if queue.closed {
                    return;
                }
                if queue.items.len() < PAGE {
                    queue.items.extend(item.take());
                    self.filled.notify_all();
                    return;
                }
            }
            room.await;
        }
    }

    /// Says that no row follows.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.taken.notify_waiters();
    }

    /// Takes what is there, waiting at most `timeout` for the first row or the end.
    pub(super) fn take(&self, timeout: Duration) -> Page<I> {
        let deadline = Instant::now() + timeout;
        let mut queue = self.lock();
        while queue.items.is_empty() && !queue.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            queue = self.filled.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let page = Page { items: queue.items.drain(..).collect(), done: queue.closed };
        drop(queue);
        self.taken.notify_waiters();
        page
    }
}
