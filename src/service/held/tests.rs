//! Whatever the services do, what was stopped is told to start again, and nothing else is.

use std::sync::Arc;
use std::time::Duration;

use super::fake::{Fake, Temper};
use super::*;
use crate::service::plan;

const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(60);

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// The CRM's services: Agent needs nothing by name, Host needs SQL Server.
fn crm() -> (Arc<Fake>, Arc<dyn Control>) {
    let fake = Arc::new(Fake::new(&[("Agent", &[]), ("Host", &["MSSQL$X"]), ("MSSQL$X", &[])]));
    let control: Arc<dyn Control> = fake.clone();
    (fake, control)
}

fn planned(control: &Arc<dyn Control>) -> StopPlan {
    let names: Vec<String> = ["Host", "Agent", "MSSQL$X"].iter().map(|name| (*name).to_owned()).collect();
    plan(control.as_ref(), &names).expect("a plan")
}

async fn stopped(control: &Arc<dyn Control>, limit: Duration) -> Result<Held> {
    Held::stop(control, &planned(control), limit, |_| {}).await
}

#[test]
fn what_ran_is_stopped_waited_for_and_started_in_the_opposite_order() {
    let (fake, control) = crm();
    fake.temper("Host", Temper::Obeys(2), Temper::Obeys(2));
    run(async {
        let mut held = stopped(&control, LONG).await.expect("stopped");
        assert_eq!(held.names(), ["Host", "Agent", "MSSQL$X"]);
        assert!(held.names().iter().all(|name| fake.last(name) == ServiceState::Stopped));
        assert!(held.give_back().await.iter().all(|(_, back)| back.is_ok()));
    });
    assert_eq!(fake.calls(), ["stop Host", "stop Agent", "stop MSSQL$X", "start MSSQL$X", "start Agent", "start Host"]);
}

#[test]
fn what_did_not_run_is_neither_stopped_nor_started() {
    let (fake, control) = crm();
    fake.set("Agent", ServiceState::Stopped);
    run(async { stopped(&control, LONG).await.expect("stopped").give_back().await });
    assert!(!fake.calls().iter().any(|call| call.contains("Agent")), "{:?}", fake.calls());
}

#[test]
fn one_that_does_not_stop_gives_the_others_back_and_says_so() {
    let (fake, control) = crm();
    fake.temper("MSSQL$X", Temper::Ignores, Temper::Obeys(0));
    let error = run(stopped(&control, SHORT)).map(|_| ()).expect_err("not stopped");
    assert_eq!((error.code, error.target.as_deref()), (Code::ServiceState, Some("MSSQL$X")));
    assert!(["Host", "Agent"].iter().all(|name| fake.last(name) == ServiceState::Running), "{:?}", fake.calls());
    assert!(error.causes.iter().any(|cause| cause.contains("`Host` runs again")), "{error:?}");
}

#[test]
fn a_refusal_gives_the_others_back_and_keeps_the_service_managers_words() {
    let (fake, control) = crm();
    fake.temper("Agent", Temper::Refuses, Temper::Obeys(0));
    let error = run(stopped(&control, LONG)).map(|_| ()).expect_err("not stopped");
    assert_eq!(error.code, Code::Permission);
    assert_eq!(fake.last("Host"), ServiceState::Running);
    assert!(!fake.calls().contains(&"stop MSSQL$X".to_owned()), "nothing goes on after a refusal");
}

#[test]
fn one_that_does_not_start_does_not_keep_the_others_from_it() {
    for temper in [Temper::Ignores, Temper::Dies, Temper::Refuses] {
        let (fake, control) = crm();
        fake.temper("Agent", Temper::Obeys(0), temper);
        let back =
            run(async { stopped(&control, Duration::from_millis(300)).await.expect("stopped").give_back().await });
        let failed: Vec<&str> =
            back.iter().filter(|(_, back)| back.is_err()).map(|(service, _)| service.name.as_str()).collect();
        assert_eq!(failed, ["Agent"], "{temper:?}");
        assert_eq!(fake.last("Host"), ServiceState::Running);
    }
}

#[test]
fn a_holder_that_goes_away_has_them_told_to_start() {
    let (fake, control) = crm();
    run(async { drop(stopped(&control, LONG).await.expect("stopped")) });
    let started: Vec<String> = fake.calls().into_iter().filter(|call| call.starts_with("start")).collect();
    assert_eq!(started, ["start MSSQL$X", "start Agent", "start Host"]);
}

#[test]
fn giving_back_that_is_broken_off_still_starts_the_rest() {
    let (fake, control) = crm();
    fake.temper("MSSQL$X", Temper::Obeys(0), Temper::Obeys(1000));
    run(async {
        let mut held = stopped(&control, LONG).await.expect("stopped");
        let broken_off = tokio::time::timeout(SHORT, held.give_back()).await;
        assert!(broken_off.is_err());
        drop(held);
    });
    for name in ["MSSQL$X", "Agent", "Host"] {
        assert!(fake.calls().contains(&format!("start {name}")), "{name}: {:?}", fake.calls());
    }
}

#[test]
fn one_that_hangs_on_its_way_down_is_an_error() {
    let (fake, control) = crm();
    fake.set("Host", ServiceState::Stopping);
    let error = run(stopped(&control, SHORT)).map(|_| ()).expect_err("it hangs");
    assert_eq!(error.target.as_deref(), Some("Host"));
    assert_eq!(fake.last("Agent"), ServiceState::Running);
}

#[test]
fn names_of_a_journal_are_given_back_as_far_as_they_exist() {
    let (fake, control) = crm();
    fake.set("Host", ServiceState::Stopped);
    let names = ["Host".to_owned(), "Gone".to_owned()];
    let back = run(async { Held::of_names(&control, &names, LONG).expect("services").give_back().await });
    assert_eq!(back.len(), 1);
    assert_eq!(fake.last("Host"), ServiceState::Running);
}
