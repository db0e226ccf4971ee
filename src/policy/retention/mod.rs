//! Retention: which backup files may go, so that no chain breaks.
//!
//! [`plan_removal`] says KEEP or DELETE for every file, with the reason and what needs it;
//! [`recheck`] proves a plan again before it is applied. Rules only ever keep: what no rule keeps,
//! and nothing that is kept needs, may go.

mod inventory;
mod item;
mod marks;
mod period;
mod plan;
mod recheck;
mod rules;
mod wanted;

pub use inventory::{FileFact, Inventory, PruneScope};
pub use item::{DeleteReason, Item, KeepReason, Refusal, RemovalPlan, Verdict};
pub use period::{Period, PeriodCalendar};
pub use plan::plan_removal;
pub use recheck::{Violation, recheck};
pub use rules::{KindDays, RemovalWish, RuleError, Rules};
