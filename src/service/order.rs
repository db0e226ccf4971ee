//! Which services are stopped, and in which order; started they are in the opposite one.

use super::{Control, Service, ServiceState};
use crate::error::{Code, Error, Result};

/// Services to stop, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopPlan {
    /// Each service once; what needs others before them.
    pub services: Vec<Planned>,
}

/// A service of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The service.
    pub service: Service,
    /// Whether it ran when the plan was made.
    pub before: ServiceState,
    /// It was not named, but needs this one that was.
    pub because: Option<String>,
}

impl Planned {
    /// Whether there is anything to stop.
    pub fn runs(&self) -> bool {
        self.before != ServiceState::Stopped
    }
}

/// Finds services by their names, and the running ones that need them. Changes nothing.
///
/// # Errors
///
/// [`Code::ServiceNotFound`] for the first name without a service; what the service manager says.
pub fn plan(control: &dyn Control, names: &[String]) -> Result<StopPlan> {
    let mut found: Vec<Planned> = Vec::new();
    for name in names {
        let Some(service) = control.find(name)? else { return Err(unknown(name)) };
        if !found.iter().any(|other| same(&other.service.name, &service.name)) {
            let before = control.state(&service.name)?;
            found.push(Planned { service, before, because: None });
        }
    }
    // Those that need one of them would keep it from stopping.
    let mut next = 0;
    while next < found.len() {
        let needed = found[next].service.name.clone();
        for name in control.dependents(&needed)? {
            if found.iter().any(|other| same(&other.service.name, &name)) {
                continue;
            }
            let before = control.state(&name)?;
            if before == ServiceState::Stopped {
                continue;
            }
            if let Some(service) = control.find(&name)? {
                found.push(Planned { service, before, because: Some(needed.clone()) });
            }
        }
        next += 1;
    }
    Ok(StopPlan { services: ordered(found) })
}

fn unknown(name: &str) -> Error {
    Error::new(Code::ServiceNotFound, format!("there is no service `{name}` on this machine; nothing was stopped"))
        .hint("look at the names with Get-Service (Windows) or systemctl list-units --type=service (Linux)")
        .target(name)
}

/// Names of services, which do not tell letters by their case on Windows.
pub(super) fn same(one: &str, other: &str) -> bool {
    if cfg!(windows) { one.to_lowercase() == other.to_lowercase() } else { one == other }
}

/// What nothing left needs goes first; else the order stays. In a circle the first goes first.
fn ordered(mut left: Vec<Planned>) -> Vec<Planned> {
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_needed = |at: usize| {
            let name = &left[at].service.name;
            let others = left.iter().enumerate().filter(|(other, _)| *other != at);
            others.flat_map(|(_, other)| &other.service.needs).any(|need| same(need, name))
        };
        let first = (0..left.len()).find(|at| !is_needed(*at)).unwrap_or(0);
        order.push(left.remove(first));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::super::held::fake::Fake;
    use super::*;

    fn names(plan: &StopPlan) -> Vec<&str> {
        plan.services.iter().map(|planned| planned.service.name.as_str()).collect()
    }

    fn wish(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_needs_others_is_stopped_before_them_however_they_are_named() {
        let fake = Fake::new(&[("Host", &["MSSQL$X"]), ("Agent", &["Host"]), ("MSSQL$X", &[])]);
        for order in [["MSSQL$X", "Host", "Agent"], ["Agent", "MSSQL$X", "Host"], ["Host", "Agent", "MSSQL$X"]] {
            assert_eq!(names(&plan(&fake, &wish(&order)).expect("a plan")), ["Agent", "Host", "MSSQL$X"]);
        }
    }

    #[test]
    fn without_needs_the_order_is_that_of_the_names() {
        let fake = Fake::new(&[("MSSQL$X", &[]), ("Host", &[]), ("Agent", &[])]);
        assert_eq!(
            names(&plan(&fake, &wish(&["Host", "Agent", "MSSQL$X"])).expect("a plan")),
            ["Host", "Agent", "MSSQL$X"]
        );
    }

    #[test]
    fn running_dependents_come_along_with_the_reason_and_stopped_ones_do_not() {
        let fake = Fake::new(&[
            ("MSSQL$X", &[]),
            ("SQLAgent$X", &["MSSQL$X"]),
            ("Idle", &["MSSQL$X"]),
            ("Far", &["SQLAgent$X"]),
        ]);
        fake.set("Idle", ServiceState::Stopped);
        let plan = plan(&fake, &wish(&["MSSQL$X"])).expect("a plan");
        assert_eq!(names(&plan), ["Far", "SQLAgent$X", "MSSQL$X"]);
        assert_eq!(plan.services[1].because.as_deref(), Some("MSSQL$X"));
        assert_eq!(plan.services[2].because, None);
    }

    #[test]
    fn a_name_without_a_service_is_an_error_and_names_it() {
        let fake = Fake::new(&[("Host", &[])]);
        let error = plan(&fake, &wish(&["Host", "Hots"])).expect_err("no plan");
        assert_eq!((error.code, error.target.as_deref()), (Code::ServiceNotFound, Some("Hots")));
        assert!(fake.calls().is_empty());
    }

    #[test]
    fn names_for_people_are_found_and_each_service_counts_once() {
        let fake = Fake::new(&[("Host", &[])]);
        assert_eq!(names(&plan(&fake, &wish(&["The Host", "Host"])).expect("a plan")), ["Host"]);
    }

    #[test]
    fn a_circle_ends() {
        let fake = Fake::new(&[("A", &["B"]), ("B", &["A"])]);
        assert_eq!(names(&plan(&fake, &wish(&["A", "B"])).expect("a plan")), ["A", "B"]);
    }
}
