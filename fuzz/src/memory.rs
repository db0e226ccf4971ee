//! A limit on memory: what outside bytes do not justify is an allocation that fails, which ends the process.

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Lets the process take so many bytes more than it holds now.
pub fn allow(bytes: usize) {
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
    // What the threads behind hold may shrink in between, never grow.
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + bytes).expect("a limit above what is held");
}
