//! The requests of questions that change nothing.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::restore::moment;
use super::rules::{Calendar, RulesField};
use super::{guid, sets, without_nul};
use crate::error::{Code, Error, Result};
use crate::ops::{ChainCommand, ChainQuestion, Subject};
use crate::policy::chain::{Target, Wish};
use crate::policy::retention::PruneScope;
use crate::policy::zone::Zone;

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Removal,
    Restore,
    RecoveryPoints,
    Chains,
    Removed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "v")]
    _v: u32,
    kind: Kind,
    paths: Option<Vec<String>>,
    verify: Option<bool>,
    sets: Option<Vec<Map<String, Value>>>,
    now: Option<String>,
    database: Option<String>,
    server: Option<String>,
    family_guid: Option<String>,
    recovery_fork: Option<String>,
    time_zone: Option<String>,
    point_in_time: Option<String>,
    backup_set_guid: Option<String>,
    older_than_days: Option<i64>,
    full_older_than_days: Option<i64>,
    differential_older_than_days: Option<i64>,
    log_older_than_days: Option<i64>,
    keep_last: Option<i64>,
    keep_daily: Option<i64>,
    keep_weekly: Option<i64>,
    keep_monthly: Option<i64>,
    keep_yearly: Option<i64>,
    recovery_window_days: Option<i64>,
    minimum_fulls: Option<i64>,
    calendar: Option<Calendar>,
    week_start: Option<String>,
}

/// Reads the request of a question.
///
/// # Errors
///
/// [`Code::Request`] with the field at fault.
pub fn chain(text: &str) -> Result<ChainCommand> {
    let request: Request = super::read("chain request", text)?;
    request.check_fields()?;
    let question = match request.kind {
        Kind::Removal => ChainQuestion::Removal { rules: request.rules().read()?, scope: request.scope() },
        Kind::Restore => ChainQuestion::Restore(request.wish()?),
        Kind::RecoveryPoints => ChainQuestion::RecoveryPoints(request.wish()?),
        Kind::Chains => ChainQuestion::Chains(request.scope()),
        Kind::Removed => ChainQuestion::Removed,
    };
    Ok(ChainCommand { question, subject: request.subject()? })
}

impl Request {
    /// Refuses fields that do not fit the kind.
    fn check_fields(&self) -> Result<()> {
        let rules = self.rules().is_given();
        let wish = [
            ("family_guid", self.family_guid.is_some()),
            ("recovery_fork", self.recovery_fork.is_some()),
            ("time_zone", self.time_zone.is_some()),
        ];
        let target =
            [("point_in_time", self.point_in_time.is_some()), ("backup_set_guid", self.backup_set_guid.is_some())];
        let scope = [("database", self.database.is_some()), ("server", self.server.is_some())];
        let asks = matches!(self.kind, Kind::Restore | Kind::RecoveryPoints);
        let wrong = [("retention rules", rules && self.kind != Kind::Removal)]
            .into_iter()
            .chain(wish.map(|(name, given)| (name, given && !asks)))
            .chain(target.map(|(name, given)| (name, given && self.kind != Kind::Restore)))
            .chain(scope.map(|(name, given)| (name, given && self.kind == Kind::Removed)))
            .chain([
                ("now", self.now.is_some() && self.sets.is_none()),
                ("verify", self.verify.is_some() && (self.sets.is_some() || self.kind == Kind::Removed)),
                ("sets", self.sets.is_some() && self.kind == Kind::Removed),
            ])
            .find(|(_, is_wrong)| *is_wrong);
        match wrong {
            Some((field, _)) => {
                Err(Error::new(Code::Request, format!("this kind of question takes no `{field}` here")).target(field))
            }
            None => Ok(()),
        }
    }

    fn subject(self) -> Result<Subject> {
        let refuse = |message: &str| Err(Error::new(Code::Request, message).target("paths"));
        match (self.paths, self.sets) {
            (Some(_), Some(_)) => refuse("give `paths` or `sets`, not both"),
            (None, None) => refuse("`paths` is missing: give the folders of the backups, or `sets`"),
            (Some(paths), None) if paths.is_empty() => refuse("`paths` is empty: give at least one folder"),
            (Some(paths), None) => {
                paths.iter().try_for_each(|path| without_nul("paths", path))?;
                if paths.iter().any(|path| path.trim().is_empty()) {
                    return refuse("a path is empty");
                }
                // A removal rests on what was verified; the other questions only prefer it.
                let verify = self.verify.unwrap_or(self.kind == Kind::Removal);
                Ok(Subject::Folders { paths, verify })
            }
            (None, Some(rows)) => {
                let now = self.now.map(|now| {
                    DateTime::parse_from_rfc3339(&now).map_err(|_| {
                        Error::new(Code::Request, format!("`{now}` is not a moment with its offset"))
                            .hint("write it like 2026-11-20T14:30:00+03:30")
                            .target("now")
                    })
                });
                Ok(Subject::Sets { sets: sets::sets(&rows)?, now: now.transpose()? })
            }
        }
    }

    fn rules(&self) -> RulesField {
        RulesField {
            older_than_days: self.older_than_days,
            full_older_than_days: self.full_older_than_days,
            differential_older_than_days: self.differential_older_than_days,
            log_older_than_days: self.log_older_than_days,
            keep_last: self.keep_last,
            keep_daily: self.keep_daily,
            keep_weekly: self.keep_weekly,
            keep_monthly: self.keep_monthly,
            keep_yearly: self.keep_yearly,
            recovery_window_days: self.recovery_window_days,
            minimum_fulls: self.minimum_fulls,
            calendar: self.calendar,
            week_start: self.week_start.clone(),
        }
    }

    fn scope(&self) -> PruneScope {
        PruneScope { database: self.database.clone(), server: self.server.clone() }
    }

    fn wish(&self) -> Result<Wish> {
        let zone = self.time_zone.as_deref().map(|name| {
            name.parse::<Zone>().map_err(|_| {
                Error::new(Code::Request, format!("`{name}` is no time zone"))
                    .hint("write it by its IANA name, like Asia/Tehran")
                    .target("time_zone")
            })
        });
        let target = match (&self.point_in_time, &self.backup_set_guid) {
            (Some(_), Some(_)) => {
                let message = "give `point_in_time` or `backup_set_guid`, not both";
                return Err(Error::new(Code::Request, message).target("point_in_time"));
            }
            (Some(text), None) => Target::Moment(moment(text)?),
            (None, Some(text)) => Target::Set(guid(text)?),
            (None, None) => Target::Newest,
        };
        Ok(Wish {
            database: self.database.clone(),
            server: self.server.clone(),
            family: self.family_guid.as_deref().map(guid).transpose()?,
            fork: self.recovery_fork.as_deref().map(guid).transpose()?,
            zone: zone.transpose()?,
            target,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        chain(text).expect_err(text).message
    }

    #[test]
    fn rules_that_cannot_be_meant_are_refused() {
        let of = |rule: &str| refused(&format!(r#"{{"v":1,"kind":"removal","paths":["/b"]{rule}}}"#));
        assert!(of("").contains("no retention rule"));
        for wrong in ["0", "-1", "-9223372036854775808"] {
            assert!(of(&format!(r#","older_than_days":{wrong}"#)).contains("older_than_days"), "{wrong}");
        }
        assert!(of(r#","keep_last":1000000000"#).contains("more than"));
        assert!(of(r#","keep_last":1,"week_start":"noday""#).contains("week_start"));
        assert!(chain(r#"{"v":1,"kind":"removal","paths":["/b"],"keep_last":1,"week_start":"saturday"}"#).is_ok());
    }

    #[test]
    fn fields_that_do_not_fit_the_kind_are_refused() {
        assert!(refused(r#"{"v":1,"kind":"chains","paths":["/b"],"keep_last":1}"#).contains("retention rules"));
        assert!(refused(r#"{"v":1,"kind":"restore","paths":["/b"],"sets":[]}"#).contains("not both"));
        assert!(refused(r#"{"v":1,"kind":"restore"}"#).contains("paths"));
        assert!(refused(r#"{"v":1,"kind":"restore","paths":[]}"#).contains("empty"));
        assert!(refused(r#"{"v":1,"kind":"restore","paths":["/b"],"now":"2026-11-20T14:30:00Z"}"#).contains("now"));
        assert!(refused(r#"{"v":1,"kind":"recovery_points","paths":["/b"],"point_in_time":"x"}"#).contains("point"));
        assert!(refused(r#"{"v":1,"kind":"restore","paths":["/b"],"time_zone":"Tehran"}"#).contains("Tehran"));
    }
}
