//! A service manager for tests, which fails in every way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::super::{Control, Service, ServiceState};
use crate::error::{Code, Error, Result};

/// How a service takes its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum Temper {
    /// Does as it is told, after so many looks on the way.
    Obeys(usize),
    /// Stays as it is.
    Ignores,
    /// Begins to start, and goes down again.
    Dies,
    /// The service manager refuses.
    Refuses,
}

#[derive(Debug)]
struct One {
    service: Service,
    /// What the next looks see; the last stays.
    states: VecDeque<ServiceState>,
    on_stop: Temper,
    on_start: Temper,
}

/// Services by name, and what was asked of them.
pub(in crate::service) struct Fake {
    services: Mutex<BTreeMap<String, One>>,
    calls: Mutex<Vec<String>>,
}

impl Fake {
    /// Running services, each with the names of those that it needs.
    pub(in crate::service) fn new(services: &[(&str, &[&str])]) -> Fake {
        let one = |(name, needs): &(&str, &[&str])| {
            let service = Service {
                name: (*name).to_owned(),
                display_name: format!("The {name}"),
                needs: needs.iter().map(|need| (*need).to_owned()).collect(),
                can_start: true,
            };
            let states = VecDeque::from([ServiceState::Running]);
            ((*name).to_owned(), One { service, states, on_stop: Temper::Obeys(0), on_start: Temper::Obeys(0) })
        };
        Fake { services: Mutex::new(services.iter().map(one).collect()), calls: Mutex::default() }
    }

    pub(in crate::service) fn set(&self, name: &str, state: ServiceState) {
        self.with(name, |one| one.states = VecDeque::from([state])).expect("a service");
    }

    pub(in crate::service) fn temper(&self, name: &str, on_stop: Temper, on_start: Temper) {
        self.with(name, |one| (one.on_stop, one.on_start) = (on_stop, on_start)).expect("a service");
    }

    /// `stop NAME` and `start NAME`, in their order.
    pub(in crate::service) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where each service ends up.
    pub(in crate::service) fn last(&self, name: &str) -> ServiceState {
        self.with(name, |one| one.states.back().copied()).ok().flatten().expect("a state")
    }

    fn with<T>(&self, name: &str, work: impl FnOnce(&mut One) -> T) -> Result<T> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.get_mut(name).map(work).ok_or_else(|| Error::new(Code::ServiceNotFound, format!("no {name}")))
    }

    fn order(&self, call: &str, name: &str, way: ServiceState, end: ServiceState) -> Result<()> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{call} {name}"));
        self.with(name, |one| {
            let temper = if call == "stop" { one.on_stop } else { one.on_start };
            match temper {
                Temper::Obeys(looks) => {
                    one.states = std::iter::repeat_n(way, looks).chain([end]).collect();
                    Ok(())
                }
                Temper::Ignores => Ok(()),
                Temper::Dies => {
                    one.states = VecDeque::from([way, ServiceState::Stopped]);
                    Ok(())
                }
                Temper::Refuses => Err(Error::new(Code::Permission, format!("access to `{name}` is denied"))),
            }
        })?
    }
}

impl Control for Fake {
    fn find(&self, name: &str) -> Result<Option<Service>> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let by_name = services.get(name);
        let found = by_name.or_else(|| services.values().find(|one| one.service.display_name == name));
        Ok(found.map(|one| one.service.clone()))
    }

    fn state(&self, name: &str) -> Result<ServiceState> {
        self.with(name, |one| {
            let state = one.states.front().copied().unwrap_or(ServiceState::Stopped);
            if one.states.len() > 1 {
                one.states.pop_front();
            }
            state
        })
    }

    fn dependents(&self, name: &str) -> Result<Vec<String>> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let needs_it = |one: &&One| one.service.needs.iter().any(|need| need == name);
        Ok(services.values().filter(needs_it).map(|one| one.service.name.clone()).collect())
    }

    fn start(&self, name: &str) -> Result<()> {
        self.order("start", name, ServiceState::Starting, ServiceState::Running)
    }

    fn stop(&self, name: &str) -> Result<()> {
        self.order("stop", name, ServiceState::Stopping, ServiceState::Stopped)
    }
}
