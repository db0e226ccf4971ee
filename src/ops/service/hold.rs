//! Services that stand still during another operation, and run again after it, whatever happens.

use std::sync::Arc;

use super::{find, startable};
use crate::error::Result;
use crate::job::{Level, Phase};
use crate::ops::Context;
use crate::service::{self, Control, Held, StopPlan};

/// The services of a restore, named by its caller: found before anything is touched.
pub(in crate::ops) struct Wanted {
    control: Arc<dyn Control>,
    plan: StopPlan,
}

/// Finds the services that are to stand still during an operation; `None` without names.
pub(in crate::ops) async fn wanted(names: &[String]) -> Result<Option<Wanted>> {
    if names.is_empty() {
        return Ok(None);
    }
    let control = service::machine()?;
    let plan = find(&control, names.to_vec()).await?;
    startable(&plan)?;
    Ok(Some(Wanted { control, plan }))
}

impl Wanted {
    /// Names of those that run and will be stopped, for a journal that is written before.
    pub(in crate::ops) fn running(&self) -> Vec<String> {
        let running = self.plan.services.iter().filter(|planned| planned.runs());
        running.map(|planned| planned.service.name.clone()).collect()
    }

    /// Stops them. What is returned starts them again, whatever happens.
    ///
    /// # Errors
    ///
    /// See [`Held::stop`].
    pub(in crate::ops) async fn stop(&self, context: &Context) -> Result<Held> {
        context.phase(Phase::StoppingServices);
        Held::stop(&self.control, &self.plan, service::STEP_LIMIT, |service| {
            context.say(Level::Info, format!("the service `{}` is stopped", service.name));
        })
        .await
    }
}

/// Starts what was stopped; those that did not start, each with a line that says so.
pub(in crate::ops) async fn give_back(held: &mut Held, context: &Context) -> Vec<(String, String)> {
    context.phase(Phase::StartingServices);
    let mut failed = Vec::new();
    for (service, back) in held.give_back().await {
        match back {
            Ok(()) => context.say(Level::Info, format!("the service `{}` runs again", service.name)),
            Err(error) => {
                context.say(Level::Warning, error.message.clone());
                failed.push((service.name, format!("{}; start it by hand", error.message)));
            }
        }
    }
    failed
}

/// Starts what a process that is gone had stopped, by the names in its journal.
pub(in crate::ops) async fn give_back_left(names: &[String], context: &Context) -> Result<Vec<(String, String)>> {
    let control = service::machine()?;
    let mut held = Held::of_names(&control, names, service::STEP_LIMIT)?;
    Ok(give_back(&mut held, context).await)
}
