//! Services of this machine: found by name, stopped and started in the right order, and given back.
//!
//! | file | holds |
//! |---|---|
//! | `control` | what a service manager can be asked |
//! | `order` | which services go first: pure |
//! | `held` | stopping, starting and waiting, and giving back exactly what was stopped |
//! | `systemd`, `windows` | the service managers |

mod control;
mod held;
mod order;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(windows)]
mod windows;

use std::sync::Arc;

pub use control::{Control, Service, ServiceState};
pub use held::{Held, STEP_LIMIT, start_one, stop_one};
pub use order::{Planned, StopPlan, plan};

use crate::error::Result;

/// The service manager of this machine.
///
/// # Errors
///
/// [`Code::Unsupported`](crate::error::Code::Unsupported) where there is none that is known here.
pub fn machine() -> Result<Arc<dyn Control>> {
    #[cfg(windows)]
    return Ok(Arc::new(windows::Manager::open()?));
    #[cfg(target_os = "linux")]
    return Ok(Arc::new(systemd::Systemd::new()?));
    #[cfg(not(any(windows, target_os = "linux")))]
    Err(crate::error::Error::new(
        crate::error::Code::Unsupported,
        "services are known on Windows and on Linux with systemd, and this machine is neither",
    )
    .hint("leave the services out, and stop and start them by hand"))
}
