//! Stops, starts and restarts services of this machine, in the right order, and waits until each is
//! really up: SQL Server until it answers.

mod hold;

pub(in crate::ops) use hold::{Wanted, give_back, give_back_left, wanted};

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Context, Reply};
use crate::error::{Code, Error, Result};
use crate::job::{Level, Phase};
use crate::service::{self, Control, Held, Planned, Service, StopPlan, start_one};
use crate::sql::{self, Options};

/// What to do with services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceAct {
    /// Stop those that run.
    Stop,
    /// Start those that do not run.
    Start,
    /// Stop those that run, and start all of them.
    Restart,
}

/// Services, and what to do with them.
#[derive(Clone, Debug)]
pub struct ServiceCommand {
    /// What to do.
    pub act: ServiceAct,
    /// Their names, or their names for people.
    pub names: Vec<String>,
    /// The longest that each gets to stop and to start.
    pub limit: Duration,
    /// A database that is to be usable before a started SQL Server counts as up.
    pub database: Option<String>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What became of a service.
#[derive(Clone, Debug)]
pub struct ServiceStep {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// What was done: `stopped`, `started`, `unchanged`; of a dry run `would_stop`, `would_start`.
    pub action: &'static str,
    /// Why it is among them, if it was not named.
    pub because: Option<String>,
    /// How long that took.
    pub duration: Duration,
}

/// What became of the services, in the order of the steps.
#[derive(Clone, Debug)]
pub struct ServiceResult {
    /// One a step: a restarted service has two.
    pub steps: Vec<ServiceStep>,
    /// Whether nothing was done but planning.
    pub dry_run: bool,
}

pub(super) async fn run(server: Option<Options>, command: ServiceCommand, context: &Context) -> Result<Reply> {
    context.phase(Phase::Checking);
    let control = service::machine()?;
    run_on(&control, server, &command, context).await
}

async fn run_on(
    control: &Arc<dyn Control>,
    server: Option<Options>,
    command: &ServiceCommand,
    context: &Context,
) -> Result<Reply> {
    let plan = find(control, command.names.clone()).await?;
    let plan = match command.act {
        // What needs a service is no reason to start it.
        ServiceAct::Start => {
            StopPlan { services: plan.services.into_iter().filter(|planned| planned.because.is_none()).collect() }
        }
        _ => plan,
    };
    if command.act != ServiceAct::Stop {
        startable(&plan)?;
    }
    let starts = |planned: &&Planned| match command.act {
        ServiceAct::Stop => false,
        ServiceAct::Start => !planned.runs(),
        ServiceAct::Restart => true,
    };
    if command.dry_run {
        let mut steps = Vec::new();
        if command.act != ServiceAct::Start {
            let stopping = plan.services.iter().filter(|planned| planned.runs());
            steps.extend(stopping.map(|planned| step(planned, "would_stop", Duration::ZERO)));
        }
        steps.extend(
            plan.services.iter().rev().filter(starts).map(|planned| step(planned, "would_start", Duration::ZERO)),
        );
        return Ok(Reply::Service(ServiceResult { steps, dry_run: true }));
    }
    context.check()?;
    let mut steps = Vec::new();
    let mut held = None;
    if command.act != ServiceAct::Start {
        context.phase(Phase::StoppingServices);
        let mut began = Instant::now();
        let stopped = Held::stop(control, &plan, command.limit, |service| {
            context.say(Level::Info, format!("the service `{}` is stopped", service.name));
            let planned = plan.services.iter().find(|planned| planned.service == *service);
            steps.extend(planned.map(|planned| step(planned, "stopped", began.elapsed())));
            began = Instant::now();
        });
        held = Some(stopped.await?);
    }
    if command.act == ServiceAct::Stop {
        // They are to stay so.
        if let Some(held) = held {
            held.keep_stopped();
        }
    } else {
        let start = Start { control, server: server.as_ref(), command, context };
        start.all(plan.services.iter().rev().filter(starts), held, &mut steps).await?;
    }
    let untouched = plan.services.iter().filter(|planned| !steps.iter().any(|step| step.name == planned.service.name));
    let untouched: Vec<ServiceStep> = untouched.map(|planned| step(planned, "unchanged", Duration::ZERO)).collect();
    steps.extend(untouched);
    Ok(Reply::Service(ServiceResult { steps, dry_run: false }))
}

/// Finds services and those that need them, on a thread that may wait for the service manager.
async fn find(control: &Arc<dyn Control>, names: Vec<String>) -> Result<StopPlan> {
    let control = control.clone();
    let found = tokio::task::spawn_blocking(move || service::plan(control.as_ref(), &names)).await;
    found.unwrap_or_else(|_| Err(Error::new(Code::Internal, "asking the service manager ended in a panic")))
}

/// Refuses what would stop a service that cannot be started again.
fn startable(plan: &StopPlan) -> Result<()> {
    let Some(planned) = plan.services.iter().find(|planned| !planned.service.can_start) else { return Ok(()) };
    let name = &planned.service.name;
    Err(Error::new(
        Code::ServiceState,
        format!("the service `{name}` is disabled and could not be started; nothing was stopped"),
    )
    .hint("enable it, or leave it out")
    .target(name))
}

fn step(planned: &Planned, action: &'static str, duration: Duration) -> ServiceStep {
    ServiceStep {
        name: planned.service.name.clone(),
        display_name: planned.service.display_name.clone(),
        action,
        because: planned.because.as_ref().map(|needed| format!("it needs `{needed}`")),
        duration,
    }
}

/// Starting services one after the other.
struct Start<'a> {
    control: &'a Arc<dyn Control>,
    server: Option<&'a Options>,
    command: &'a ServiceCommand,
    context: &'a Context,
}

impl Start<'_> {
    /// Starts all, whatever becomes of one of them; the first failure is the answer, with the others
    /// in its causes. `held` is what starts the rest if this is broken off.
    async fn all<'p>(
        &self,
        services: impl Iterator<Item = &'p Planned>,
        held: Option<Held>,
        steps: &mut Vec<ServiceStep>,
    ) -> Result<()> {
        self.context.phase(Phase::StartingServices);
        let mut failed: Option<Error> = None;
        for planned in services {
            let began = Instant::now();
            match self.one(&planned.service).await {
                Ok(()) => {
                    self.context.say(Level::Info, format!("the service `{}` runs", planned.service.name));
                    steps.push(step(planned, "started", began.elapsed()));
                }
                Err(error) => match &mut failed {
                    None => failed = Some(error),
                    Some(first) => first.causes.push(error.message),
                },
            }
        }
        if let Some(held) = held {
            held.keep_stopped();
        }
        failed.map_or(Ok(()), Err)
    }

    async fn one(&self, service: &Service) -> Result<()> {
        start_one(self.control, service, self.command.limit).await?;
        match service.sql_server() {
            Some(instance) => self.answers(service, instance).await,
            None => Ok(()),
        }
    }

    /// Waits until the instance lets somebody in, and its database can be used.
    async fn answers(&self, service: &Service, instance: &str) -> Result<()> {
        let of_service;
        let server = match self.server {
            Some(server) => server,
            None => {
                of_service = Options::local(instance)?;
                &of_service
            }
        };
        let began = Instant::now();
        loop {
            let error = match self.asked(server).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.context.say(Level::Debug, format!("not yet: {error}"));
            let is_silent = matches!(error.code, Code::Connect | Code::Timeout | Code::ConnectionLost);
            // A server that turns this account down is up; nothing more can be known without a login.
            if self.server.is_none() && !is_silent && error.code != Code::DatabaseState {
                let message = format!("`{}` runs; whether its databases are up is not known", service.name);
                self.context.say(Level::Warning, format!("{message}: {error}"));
                return Ok(());
            }
            let is_passing = is_silent || matches!(error.code, Code::DatabaseState | Code::Auth);
            if !is_passing || began.elapsed() >= self.command.limit {
                return Err(Error::new(
                    Code::ServiceState,
                    format!("the service `{}` runs, but SQL Server does not answer", service.name),
                )
                .hint("read the server's error log; the causes tell how far it came")
                .target(&service.name)
                .cause(error));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn asked(&self, server: &Options) -> Result<()> {
        let mut session = sql::connect(server, &self.context.cancelled()).await?;
        let not_up: Vec<String> = match &self.command.database {
            Some(name) => match sql::database(&mut session, name).await? {
                Some(database) if database.state == "ONLINE" => Vec::new(),
                Some(database) => vec![format!("`{}` is {}", database.name, database.state)],
                None => vec![format!("there is no database `{name}`")],
            },
            // What is not on its way up stays as it is: RESTORING, OFFLINE.
            None => {
                let all = sql::states(&mut session).await?.databases;
                let coming = all.into_iter().filter(|database| database.state == "RECOVERING");
                coming.map(|database| format!("`{}` is RECOVERING", database.name)).collect()
            }
        };
        if not_up.is_empty() {
            return Ok(());
        }
        Err(Error::new(Code::DatabaseState, format!("not all databases are up: {}", not_up.join(", "))))
    }
}
