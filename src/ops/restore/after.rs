//! What is told of a restored database, and its users given their logins again.

use super::runner::Runner;
use super::{RestoreCommand, RestoreResult};
use crate::error::Result;
use crate::job::Level;
use crate::sql::{self, Database, Session};

/// Adds what an admin wants to know to the result. It only tells: nothing of it is an error.
pub(super) async fn tell(
    runner: &mut Runner<'_>,
    command: &RestoreCommand,
    old: Option<&Database>,
    own: &[(String, String)],
    settings: &[&'static str],
    result: &mut RestoreResult,
) {
    let told = match runner.connect().await {
        Ok(mut session) => look(runner, &mut session, command, old, own, settings, result).await,
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        result.notes.push(format!("what else there is to know of the database could not be asked: {}", error.message));
    }
    result.statements.append(&mut runner.statements);
}

async fn look(
    runner: &mut Runner<'_>,
    session: &mut Session,
    command: &RestoreCommand,
    old: Option<&Database>,
    own: &[(String, String)],
    settings: &[&'static str],
    result: &mut RestoreResult,
) -> Result<()> {
    let name = command.database.as_str();
    let Some(new) = sql::database(session, name).await? else { return Ok(()) };
    result.user_access = Some(new.user_access.clone());
    let mut note = |text: String| {
        runner.context.say(Level::Info, text.clone());
        result.notes.push(text);
    };
    if let Some(old) = old {
        if old.owner != new.owner {
            let word = |owner: &Option<String>| owner.clone().unwrap_or_else(|| "unknown to the server".to_owned());
            note(format!("the owner was {} and is {}", word(&old.owner), word(&new.owner)));
        }
        if let (Some(was), Some(is)) = (old.compatibility_level, new.compatibility_level)
            && was != is
        {
            note(format!("the compatibility level was {was} and is {is}, as the backup has it"));
        }
        if new.is_read_only && !old.is_read_only && !new.is_in_standby {
            note("the backup was made of a read-only database, so it is READ_ONLY now".to_owned());
        }
    }
    let now = sql::standing(session, name).await?.settings;
    for setting in settings.iter().filter(|setting| !now.contains(setting)) {
        note(format!("{setting} was on and is off now: RESTORE switches it off"));
    }
    if result.kept_as.is_none() {
        let left = own.iter().filter(|(_, path)| !result.files.iter().any(|(_, used)| used.eq_ignore_ascii_case(path)));
        for (_, path) in left {
            note(format!(
                "`{path}` was a file of the old database and is none of the new one: look whether it is still there"
            ));
        }
    }
    if new.state != "ONLINE" || new.is_in_standby {
        return Ok(());
    }
    for user in sql::orphaned_users(session, name).await? {
        if !(command.map_users && user.has_login) {
            let how = if user.has_login {
                "give it the login of its name with -MapUsers"
            } else {
                "the server has no login of its name"
            };
            result.notes.push(format!("the user `{}` has no login: {how}", user.name));
            continue;
        }
        let doing = format!("give the user `{}` its login", user.name);
        runner.once(session, name, &sql::use_database(name), &doing).await?;
        let mapped = runner.once(session, name, &sql::map_user(&user.name), &doing).await;
        runner.once(session, name, &sql::use_database("master"), &doing).await?;
        result.notes.push(match mapped {
            Ok(()) => format!("the user `{}` has the login of its name again", user.name),
            Err(error) => format!("the user `{}` has no login: {}", user.name, error.message),
        });
    }
    Ok(())
}
