//! Chains: which backup sets belong together, which moments they can restore, and how.
//!
//! Facts ([`ChainSet`]) are put together to sets and families ([`Catalog`]); a [`Wish`] is then
//! answered by a [`Plan`] ([`plan_restore`]) or a [`Timeline`] ([`recovery_timeline`]). Names and
//! dates decide nothing here: GUIDs and LSNs do. Everything is n log n or better in the sets.

mod ailments;
pub(in crate::policy) mod catalog;
pub(in crate::policy) mod clock;
mod error;
mod facts;
mod fork;
mod plan;
pub(in crate::policy) mod reach;
mod reason;
mod scope;
mod text;
mod timeline;
mod tree;
mod unattached;

pub use ailments::{Ailment, ailments};
pub use catalog::{Catalog, Family, KnownSet, Source};
pub use clock::{ServerMoment, WantedMoment};
pub use error::{GapCause, Nearest, PlanError};
pub use facts::{ChainSet, Role, Soundness, Unusable};
pub use plan::{Alternative, Plan, Step, plan_restore};
pub use reason::{ForkStanding, NotUsed, Note, StepReason};
pub use scope::{Target, Wish};
pub use timeline::{Gap, RecoveryRange, Timeline, recovery_timeline};
