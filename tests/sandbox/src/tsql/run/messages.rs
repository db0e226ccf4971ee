//! PRINT, RAISERROR, THROW, WAITFOR.

use std::time::{Duration, Instant};

use sqlparser::ast as sql;

use super::Runner;
use crate::failure::{Failure, Outcome};
use crate::server::ServerRole;
use crate::value::{SqlType, Value, convert, text_as};

impl Runner<'_> {
    pub(super) fn print(&mut self, value: &sql::Expr) -> Outcome<()> {
        let (value, ty) = self.evaluate(value)?;
        let text = match text_as(&value, ty, SqlType::NVarChar(Some(4000)), None)? {
            Value::Text(text) => text,
            // PRINT NULL prints a blank.
            _ => " ".to_owned(),
        };
        self.say(0, 0, 1, text);
        Ok(())
    }

    pub(super) fn raise_error(&mut self, arguments: &[sql::Expr]) -> Outcome<()> {
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.evaluate(argument)?.0);
        }
        let (Some(message), Some(Value::Int(severity)), Some(Value::Int(state))) =
            (values.first(), values.get(1), values.get(2))
        else {
            return Err(Failure::of(102, 15, 1, "Incorrect syntax near 'RAISERROR'.").ending_batch());
        };
        let severity = (*severity).clamp(0, 25) as u8;
        let state = (*state).clamp(0, 255) as u8;
        let (number, text) = match message {
            Value::Text(text) => (50_000, formatted(text, &values[3..])),
            Value::Int(number) => {
                let text = format!("Error {number}, severity {severity}, state {state} was raised.");
                (i32::try_from(*number).unwrap_or(50_000), text)
            }
            _ => (50_000, String::new()),
        };
        if severity > 18 && !self.session.account().has(ServerRole::Sysadmin) {
            let text = "Error severity levels greater than 18 can only be specified by members of the sysadmin role, \
                        using the WITH LOG option.";
            return Err(Failure::new(2754, text));
        }
        if severity > 10 {
            return Err(Failure::of(number, severity, state, text));
        }
        self.say(number, severity, state, text);
        Ok(())
    }

    pub(super) fn throw(&mut self, parts: Option<&[sql::Expr; 3]>) -> Outcome<()> {
        let Some([number, text, state]) = parts else {
            let caught = self.caught.as_ref().ok_or_else(|| {
                let text = "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW \
                            statement inside a CATCH block, or add error parameters to the THROW statement.";
                Failure::of(10704, 15, 1, text)
            })?;
            let message = &caught.message;
            return Err(
                Failure::of(message.number, message.severity, message.state, message.text.clone()).ending_batch()
            );
        };
        let int = |value: Value| match convert(&value, SqlType::Int, None) {
            Ok(Value::Int(n)) => n,
            _ => 0,
        };
        let number = i32::try_from(int(self.evaluate(number)?.0)).unwrap_or(50_000);
        let state = int(self.evaluate(state)?.0).clamp(0, 255) as u8;
        let text = match self.evaluate(text)?.0 {
            Value::Text(text) => text,
            _ => String::new(),
        };
        Err(Failure::of(number, 16, state, text).ending_batch())
    }

    pub(super) fn wait_for(&mut self, time: &sql::Expr) -> Outcome<()> {
        const LOOK: Duration = Duration::from_millis(20);
        let value = self.evaluate(time)?.0;
        let bad = || Failure::of(148, 15, 1, "Incorrect time syntax in time string used with WAITFOR.").ending_batch();
        let Value::Time(time) = convert(&value, SqlType::Time(7), None).map_err(|_| bad())? else { return Err(bad()) };
        let wait = (time - chrono::NaiveTime::MIN).to_std().map_err(|_| bad())?;
        self.waits_for(Some("WAITFOR"));
        let begun = Instant::now();
        while begun.elapsed() < wait {
            if self.session.interrupted() {
                return Err(Failure::interrupted());
            }
            std::thread::sleep(LOOK.min(wait.saturating_sub(begun.elapsed())));
        }
        self.waits_for(None);
        Ok(())
    }

    fn waits_for(&self, what: Option<&'static str>) {
        if let Some(request) = &mut self.session.seat().visible().request {
            request.wait = what;
        }
    }
}

/// `%s`, `%d`, `%i`, `%u`, `%x` and `%%` of RAISERROR, without widths.
fn formatted(text: &str, values: &[Value]) -> String {
    let mut values = values.iter();
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => out.push('%'),
            Some('s' | 'd' | 'i' | 'u') => match values.next() {
                Some(Value::Text(text)) => out.push_str(text),
                Some(Value::Int(n)) => out.push_str(&n.to_string()),
                _ => out.push_str("(null)"),
            },
            Some('x') => match values.next() {
                Some(Value::Int(n)) => out.push_str(&format!("{n:x}")),
                _ => out.push_str("(null)"),
            },
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_take_their_arguments() {
        let values = [Value::text("x"), Value::Int(7)];
        assert_eq!(formatted("100%% of %s in %d, %s", &values), "100% of x in 7, (null)");
    }
}
