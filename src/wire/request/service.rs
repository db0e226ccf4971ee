//! The request for services.

use std::time::Duration;

use serde::Deserialize;

use super::without_nul;
use crate::error::{Code, Error, Result};
use crate::ops::{ServiceAct, ServiceCommand};
use crate::service::STEP_LIMIT;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ActField {
    Stop,
    Start,
    Restart,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    action: ActField,
    names: Vec<String>,
    timeout_ms: Option<u64>,
    database: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

/// Reads the request for services.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn service(text: &str) -> Result<ServiceCommand> {
    let request: Request = super::read("service request", text)?;
    let names = service_names("names", request.names)?;
    if names.is_empty() {
        return Err(Error::new(Code::Request, "`names` is empty: give at least one service").target("names"));
    }
    let limit = request.timeout_ms.map_or(STEP_LIMIT, Duration::from_millis);
    if limit.is_zero() || limit > Duration::from_secs(3600) {
        return Err(Error::new(Code::Request, "`timeout_ms` is from 1 to 3600000: an hour").target("timeout_ms"));
    }
    Ok(ServiceCommand {
        act: match request.action {
            ActField::Stop => ServiceAct::Stop,
            ActField::Start => ServiceAct::Start,
            ActField::Restart => ServiceAct::Restart,
        },
        names,
        limit,
        database: request.database,
        dry_run: request.dry_run,
    })
}

/// Names of services, as far as they can be ones.
pub(super) fn service_names(field: &str, names: Vec<String>) -> Result<Vec<String>> {
    for name in &names {
        without_nul(field, name)?;
        if name.trim().is_empty() {
            return Err(Error::new(Code::Request, format!("`{field}` has an empty name")).target(field));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_names_and_a_limit() {
        let with = |rest: &str| service(&format!(r#"{{"v":1,"action":"restart"{rest}}}"#));
        assert_eq!(with(r#","names":["Host"]"#).expect("a command").limit, STEP_LIMIT);
        assert!(with(r#","names":[]"#).is_err());
        assert!(with(r#","names":[" "]"#).is_err());
        assert!(with(r#","names":["Host"],"timeout_ms":0"#).is_err());
        assert!(with(r#","names":["Host"],"timeout_ms":3600001"#).is_err());
        assert!(service(r#"{"v":1,"action":"kill","names":["Host"]}"#).is_err());
    }
}
