//! Stopping, starting and waiting; and services that are held stopped until they are given back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::order::Planned;
use super::{Control, Service, ServiceState, StopPlan};
use crate::error::{Code, Error, Result};

/// The longest that one service gets to stop or to start, unless the caller says otherwise.
pub const STEP_LIMIT: Duration = Duration::from_secs(90);

/// Between two looks at a service that is on its way.
const LOOK: Duration = Duration::from_millis(100);

/// Services that were stopped, and are to run again. Whatever happens to the holder, they are told to
/// start: by [`Held::give_back`], which waits for them, or else when this is dropped.
pub struct Held {
    control: Arc<dyn Control>,
    limit: Duration,
    /// In the order in which they were stopped.
    stopped: Vec<Service>,
}

impl Held {
    /// Stops what runs of a plan, and waits until each is down. If one does not stop, those before it
    /// are started again.
    ///
    /// `tell` hears of each service that went down.
    ///
    /// # Errors
    ///
    /// [`Code::ServiceState`] for a service that did not stop in time, what the service manager says,
    /// and in the causes what became of the others.
    pub async fn stop(
        control: &Arc<dyn Control>,
        plan: &StopPlan,
        limit: Duration,
        mut tell: impl FnMut(&Service),
    ) -> Result<Held> {
        let mut held = Held { control: control.clone(), limit, stopped: Vec::new() };
        for Planned { service, .. } in plan.services.iter().filter(|planned| planned.runs()) {
            match stop_one(control, service, limit).await {
                Ok(()) => {
                    tell(service);
                    held.stopped.push(service.clone());
                }
                Err(mut error) => {
                    // It may go down yet, after its time: then it has to come up again too.
                    held.stopped.push(service.clone());
                    error.causes.extend(held.give_back().await.into_iter().map(|(service, back)| match back {
                        Ok(()) => format!("the service `{}` runs again", service.name),
                        Err(error) => error.message,
                    }));
                    return Err(error);
                }
            }
        }
        Ok(held)
    }

    /// Services that a journal says were stopped, to be given back by a later process. One that is no
    /// longer there is left out.
    ///
    /// # Errors
    ///
    /// What the service manager says.
    pub fn of_names(control: &Arc<dyn Control>, names: &[String], limit: Duration) -> Result<Held> {
        let mut stopped = Vec::new();
        for name in names {
            stopped.extend(control.find(name)?);
        }
        Ok(Held { control: control.clone(), limit, stopped })
    }

    /// Lets go of them without starting them.
    pub fn keep_stopped(mut self) {
        self.stopped.clear();
    }

    /// Names of the services that are held, in the order in which they were stopped.
    pub fn names(&self) -> Vec<String> {
        self.stopped.iter().map(|service| service.name.clone()).collect()
    }

    /// Starts them in the opposite order and waits until each runs. One that does not start does not
    /// keep the others from it.
    pub async fn give_back(&mut self) -> Vec<(Service, Result<()>)> {
        let mut all = Vec::new();
        while let Some(service) = self.stopped.last().cloned() {
            let started = start_one(&self.control, &service, self.limit).await;
            // Taken off only now: were this future dropped while it waits, the rest and this one are
            // still told to start.
            self.stopped.pop();
            all.push((service, started));
        }
        all
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for service in self.stopped.drain(..).rev() {
            // Nobody is left to tell.
            let _ = self.control.start(&service.name);
        }
    }
}

/// Stops a service and waits until it is down.
///
/// # Errors
///
/// As [`Held::stop`].
pub async fn stop_one(control: &Arc<dyn Control>, service: &Service, limit: Duration) -> Result<()> {
    let began = Instant::now();
    // One that is about to start takes no orders.
    let state = until(control, service, began, limit, |state| state != ServiceState::Starting).await?;
    // Nor does one that is about to stop already.
    if matches!(state, Some(ServiceState::Running | ServiceState::Paused)) {
        ask(control, service, |control, name| control.stop(name)).await?;
    }
    match until(control, service, began, limit, |state| state == ServiceState::Stopped).await? {
        Some(_) => Ok(()),
        None => Err(slow(service, "stop", limit)),
    }
}

/// Starts a service and waits until it runs.
///
/// # Errors
///
/// [`Code::ServiceState`] for a service that did not start in time or went down again, and what the
/// service manager says.
pub async fn start_one(control: &Arc<dyn Control>, service: &Service, limit: Duration) -> Result<()> {
    let began = Instant::now();
    let state = until(control, service, began, limit, |state| state != ServiceState::Stopping).await?;
    match state {
        Some(ServiceState::Running | ServiceState::Paused) => return Ok(()),
        None => return Err(slow(service, "stop before its start", limit)),
        Some(_) => {}
    }
    ask(control, service, |control, name| control.start(name)).await?;
    let mut came = false;
    let ended = until(control, service, began, limit, |state| {
        came |= state == ServiceState::Starting;
        state == ServiceState::Running || came && state == ServiceState::Stopped
    });
    match ended.await? {
        Some(ServiceState::Running) => Ok(()),
        Some(_) => Err(Error::new(
            Code::ServiceState,
            format!("the service `{}` began to start and went down again", service.name),
        )
        .hint("look for its messages in the event log (Windows) or with journalctl -u (Linux), then start it by hand")
        .target(&service.name)),
        None => Err(slow(service, "start", limit)),
    }
}

fn slow(service: &Service, what: &str, limit: Duration) -> Error {
    let message = format!("the service `{}` did not {what} within {} s", service.name, limit.as_secs_f64());
    Error::new(Code::ServiceState, message)
        .hint("look for its messages in the event log (Windows) or with journalctl -u (Linux), or give it more time")
        .target(&service.name)
        .retryable()
}

/// Looks at a service until its state is a wanted one; `None` when the time is over.
async fn until(
    control: &Arc<dyn Control>,
    service: &Service,
    began: Instant,
    limit: Duration,
    mut wanted: impl FnMut(ServiceState) -> bool,
) -> Result<Option<ServiceState>> {
    loop {
        let state = ask(control, service, |control, name| control.state(name)).await?;
        if wanted(state) {
            return Ok(Some(state));
        }
        if began.elapsed() >= limit {
            return Ok(None);
        }
        tokio::time::sleep(LOOK.min(limit)).await;
    }
}

/// Asks a service manager on a thread that may wait for it.
async fn ask<T: Send + 'static>(
    control: &Arc<dyn Control>,
    service: &Service,
    question: impl FnOnce(&dyn Control, &str) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (control, name) = (control.clone(), service.name.clone());
    let asked = tokio::task::spawn_blocking(move || question(control.as_ref(), &name)).await;
    asked.unwrap_or_else(|_| Err(Error::new(Code::Internal, "asking the service manager ended in a panic")))
}

#[cfg(test)]
pub(super) mod fake;

#[cfg(test)]
mod tests;
