//! Functions of dates and times.

use chrono::{DateTime, Datelike, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::{ANY, Function, INT, TEXT, int, text};
use crate::failure::{Failure, Outcome};
use crate::query::Context;
use crate::value::{SqlType, Value, convert};

const BIG: SqlType = SqlType::BigInt;
const ANY_TIME: SqlType = SqlType::DateTime2(7);

/// All of them.
pub const ALL: &[Function] = &[
    now("GETDATE", |_| SqlType::DateTime, |context, _| in_datetime(context.now)),
    now("CURRENT_TIMESTAMP", |_| SqlType::DateTime, |context, _| in_datetime(context.now)),
    now("GETUTCDATE", |_| SqlType::DateTime, |context, _| in_datetime(utc(context))),
    now("SYSDATETIME", |_| ANY_TIME, |context, _| Ok(Value::DateTime(context.now))),
    now("SYSUTCDATETIME", |_| ANY_TIME, |context, _| Ok(Value::DateTime(utc(context)))),
    now(
        "SYSDATETIMEOFFSET",
        |_| SqlType::DateTimeOffset(7),
        |context, _| {
            let offset = offset(context);
            Ok(Value::Offset(DateTime::from_naive_utc_and_offset(utc(context), offset)))
        },
    ),
    Function {
        name: "DATEADD",
        least: 3,
        most: 3,
        takes: &[TEXT, BIG, ANY],
        ty: |types| match types.get(2) {
            Some(ty) if ty.is_temporal() => *ty,
            _ => SqlType::DateTime,
        },
        null_in_null_out: true,
        run: date_add,
    },
    Function {
        name: "DATEDIFF",
        least: 3,
        most: 3,
        takes: &[TEXT, ANY_TIME, ANY_TIME],
        ty: |_| INT,
        null_in_null_out: true,
        run: |_, values| {
            let difference = difference(values)?;
            convert(&Value::Int(difference), INT, None).map_err(|_| {
                let text = "The datediff function resulted in an overflow. The number of dateparts separating two \
                            date/time instances is too large. Try to use datediff with a less precise datepart.";
                Failure::new(535, text)
            })
        },
    },
    Function {
        name: "DATEDIFF_BIG",
        least: 3,
        most: 3,
        takes: &[TEXT, ANY_TIME, ANY_TIME],
        ty: |_| BIG,
        null_in_null_out: true,
        run: |_, values| difference(values).map(Value::Int),
    },
    Function {
        name: "DATEPART",
        least: 2,
        most: 2,
        takes: &[TEXT, ANY],
        ty: |_| INT,
        null_in_null_out: true,
        run: |context, values| date_part(context, text(values, 0), &values[1]).map(Value::Int),
    },
    Function {
        name: "DATENAME",
        least: 2,
        most: 2,
        takes: &[TEXT, ANY],
        ty: |_| SqlType::NVarChar(Some(30)),
        null_in_null_out: true,
        run: |context, values| {
            let time = time_of(&values[1])?;
            Ok(Value::Text(match part(text(values, 0))? {
                Part::Month => time.format("%B").to_string(),
                Part::WeekDay => time.format("%A").to_string(),
                _ => date_part(context, text(values, 0), &values[1])?.to_string(),
            }))
        },
    },
    one_part("YEAR", "year"),
    one_part("MONTH", "month"),
    one_part("DAY", "day"),
    Function {
        name: "EOMONTH",
        least: 1,
        most: 2,
        takes: &[SqlType::Date, INT],
        ty: |_| SqlType::Date,
        null_in_null_out: true,
        run: |_, values| {
            let Value::Date(date) = values[0] else { return Ok(Value::Null) };
            let moved = add_months(date.and_time(NaiveTime::MIN), int(values, 1));
            let next = moved.and_then(|time| add_months(time.with_day(1)?, 1)).and_then(|time| time.date().pred_opt());
            Ok(next.map_or(Value::Null, Value::Date))
        },
    },
    Function {
        name: "DATEFROMPARTS",
        least: 3,
        most: 3,
        takes: &[INT],
        ty: |_| SqlType::Date,
        null_in_null_out: true,
        run: |_, values| {
            let part = |index| u32::try_from(int(values, index)).unwrap_or(0);
            NaiveDate::from_ymd_opt(int(values, 0) as i32, part(1), part(2)).map(Value::Date).ok_or_else(|| {
                let text = "Cannot construct data type date, some of the arguments have values which are not valid.";
                Failure::new(289, text)
            })
        },
    },
    Function {
        name: "ISDATE",
        least: 1,
        most: 1,
        takes: &[ANY],
        ty: |_| INT,
        null_in_null_out: false,
        run: |_, values| Ok(Value::bit(!values[0].is_null() && convert(&values[0], SqlType::DateTime, None).is_ok())),
    },
    Function {
        name: "TODATETIMEOFFSET",
        least: 2,
        most: 2,
        takes: &[ANY_TIME, ANY],
        ty: |_| SqlType::DateTimeOffset(7),
        null_in_null_out: true,
        run: |_, values| {
            let Value::DateTime(local) = values[0] else { return Ok(Value::Null) };
            let offset = offset_of(&values[1]).ok_or_else(|| bad_offset(&values[1]))?;
            let utc = local - TimeDelta::seconds(i64::from(offset.local_minus_utc()));
            Ok(Value::Offset(DateTime::from_naive_utc_and_offset(utc, offset)))
        },
    },
    Function {
        name: "SWITCHOFFSET",
        least: 2,
        most: 2,
        takes: &[SqlType::DateTimeOffset(7), ANY],
        ty: |_| SqlType::DateTimeOffset(7),
        null_in_null_out: true,
        run: |_, values| {
            let Value::Offset(time) = values[0] else { return Ok(Value::Null) };
            let offset = offset_of(&values[1]).ok_or_else(|| bad_offset(&values[1]))?;
            Ok(Value::Offset(time.with_timezone(&offset)))
        },
    },
    Function {
        name: "AT TIME ZONE",
        least: 2,
        most: 2,
        takes: &[ANY, TEXT],
        ty: |_| SqlType::DateTimeOffset(7),
        null_in_null_out: true,
        run: at_time_zone,
    },
];

const fn now(
    name: &'static str,
    ty: fn(&[SqlType]) -> SqlType,
    run: fn(&Context<'_>, &[Value]) -> Outcome<Value>,
) -> Function {
    Function { name, least: 0, most: 0, takes: &[], ty, null_in_null_out: false, run }
}

const fn one_part(name: &'static str, part: &'static str) -> Function {
    let run: fn(&Context<'_>, &[Value]) -> Outcome<Value> = match part.as_bytes()[0] {
        b'y' => |context, values| date_part(context, "year", &values[0]).map(Value::Int),
        b'm' => |context, values| date_part(context, "month", &values[0]).map(Value::Int),
        _ => |context, values| date_part(context, "day", &values[0]).map(Value::Int),
    };
    Function { name, least: 1, most: 1, takes: &[ANY], ty: |_| INT, null_in_null_out: true, run }
}

fn offset(context: &Context<'_>) -> FixedOffset {
    let minutes = context.session.server().engine.options().clock.offset_minutes();
    FixedOffset::east_opt(minutes * 60).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc))
}

fn utc(context: &Context<'_>) -> NaiveDateTime {
    context.now - TimeDelta::seconds(i64::from(offset(context).local_minus_utc()))
}

fn in_datetime(time: NaiveDateTime) -> Outcome<Value> {
    Ok(convert(&Value::DateTime(time), SqlType::DateTime, None)?)
}

fn bad_offset(value: &Value) -> Failure {
    Failure::new(9812, format!("The timezone provided to builtin function is invalid: {value:?}."))
}

fn offset_of(value: &Value) -> Option<FixedOffset> {
    match value {
        Value::Int(minutes) => FixedOffset::east_opt(i32::try_from(*minutes).ok()?.checked_mul(60)?),
        Value::Text(text) => {
            let (hours, minutes) = text.trim_start_matches(['+', '-']).split_once(':')?;
            let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
            FixedOffset::east_opt(if text.starts_with('-') { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Zones of Windows that a server in Iran meets; the sandbox keeps no table of all.
fn at_time_zone(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let minutes = match text(values, 1).to_lowercase().as_str() {
        "utc" => 0,
        "iran standard time" => 210,
        other => {
            let text = format!("The time zone parameter '{other}' provided to AT TIME ZONE clause is invalid.");
            return Err(Failure::new(9820, text));
        }
    };
    let zone = FixedOffset::east_opt(minutes * 60).ok_or_else(|| bad_offset(&values[1]))?;
    Ok(match &values[0] {
        Value::Offset(time) => Value::Offset(time.with_timezone(&zone)),
        other => {
            let utc = time_of(other)? - TimeDelta::minutes(i64::from(minutes));
            Value::Offset(DateTime::from_naive_utc_and_offset(utc, zone))
        }
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Quarter,
    Month,
    DayOfYear,
    Day,
    Week,
    WeekDay,
    IsoWeek,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Offset,
}

fn part(name: &str) -> Outcome<Part> {
    Ok(match name.to_lowercase().as_str() {
        "year" | "yy" | "yyyy" => Part::Year,
        "quarter" | "qq" | "q" => Part::Quarter,
        "month" | "mm" | "m" => Part::Month,
        "dayofyear" | "dy" | "y" => Part::DayOfYear,
        "day" | "dd" | "d" => Part::Day,
        "week" | "wk" | "ww" => Part::Week,
        "weekday" | "dw" | "w" => Part::WeekDay,
        "iso_week" | "isowk" | "isoww" => Part::IsoWeek,
        "hour" | "hh" => Part::Hour,
        "minute" | "mi" | "n" => Part::Minute,
        "second" | "ss" | "s" => Part::Second,
        "millisecond" | "ms" => Part::Millisecond,
        "microsecond" | "mcs" => Part::Microsecond,
        "nanosecond" | "ns" => Part::Nanosecond,
        "tzoffset" | "tz" => Part::Offset,
        other => {
            let text = format!("'{other}' is not a recognized datepart option.");
            return Err(Failure::of(155, 15, 1, text).ending_batch());
        }
    })
}

fn time_of(value: &Value) -> Outcome<NaiveDateTime> {
    match convert(value, ANY_TIME, None)? {
        Value::DateTime(time) => Ok(time),
        _ => Ok(NaiveDateTime::default()),
    }
}

fn add_months(time: NaiveDateTime, months: i64) -> Option<NaiveDateTime> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { time.checked_sub_months(count) } else { time.checked_add_months(count) }
}

fn date_add(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let (part, count) = (part(text(values, 0))?, int(values, 1));
    let value = match &values[2] {
        text @ Value::Text(_) => convert(text, SqlType::DateTime, None)?,
        other => other.clone(),
    };
    let span = |unit: fn(i64) -> Option<TimeDelta>, n: i64| n.checked_mul(count).and_then(unit);
    let add = |time: NaiveDateTime| -> Option<NaiveDateTime> {
        let span = match part {
            Part::Year => return add_months(time, count.checked_mul(12)?),
            Part::Quarter => return add_months(time, count.checked_mul(3)?),
            Part::Month => return add_months(time, count),
            Part::Week | Part::IsoWeek => span(TimeDelta::try_days, 7),
            Part::Day | Part::DayOfYear | Part::WeekDay => span(TimeDelta::try_days, 1),
            Part::Hour => span(TimeDelta::try_hours, 1),
            Part::Minute | Part::Offset => span(TimeDelta::try_minutes, 1),
            Part::Second => span(TimeDelta::try_seconds, 1),
            Part::Millisecond => span(TimeDelta::try_milliseconds, 1),
            Part::Microsecond => Some(TimeDelta::microseconds(count)),
            Part::Nanosecond => Some(TimeDelta::nanoseconds(count)),
        };
        time.checked_add_signed(span?)
    };
    let overflow = || Failure::new(517, "Adding a value to a 'datetime' column caused an overflow.");
    Ok(match value {
        Value::Date(date) => Value::Date(add(date.and_time(NaiveTime::MIN)).ok_or_else(overflow)?.date()),
        Value::Time(time) => Value::Time(add(NaiveDate::default().and_time(time)).ok_or_else(overflow)?.time()),
        Value::DateTime(time) => Value::DateTime(add(time).ok_or_else(overflow)?),
        Value::Offset(time) => {
            let local = add(time.naive_local()).ok_or_else(overflow)?;
            let utc = local - TimeDelta::seconds(i64::from(time.offset().local_minus_utc()));
            Value::Offset(DateTime::from_naive_utc_and_offset(utc, *time.offset()))
        }
        other => Value::DateTime(add(time_of(&other)?).ok_or_else(overflow)?),
    })
}

/// Boundaries crossed from the second argument to the third.
fn difference(values: &[Value]) -> Outcome<i64> {
    let (Value::DateTime(from), Value::DateTime(to)) = (&values[1], &values[2]) else { return Ok(0) };
    let months = |time: &NaiveDateTime| i64::from(time.year()) * 12 + i64::from(time.month0());
    let days = |time: &NaiveDateTime| i64::from(time.num_days_from_ce());
    let seconds = |time: &NaiveDateTime| days(time) * 86_400 + i64::from(time.num_seconds_from_midnight());
    let nanos = |time: &NaiveDateTime| i128::from(seconds(time)) * 1_000_000_000 + i128::from(time.nanosecond());
    let small = |unit: i128| (nanos(to).div_euclid(unit) - nanos(from).div_euclid(unit)) as i64;
    Ok(match part(text(values, 0))? {
        Part::Year => i64::from(to.year() - from.year()),
        Part::Quarter => months(to) / 3 - months(from) / 3,
        Part::Month => months(to) - months(from),
        // Weeks begin on Sunday here, whatever DATEFIRST says; day 0 of the common era's count is a Sunday.
        Part::Week | Part::IsoWeek => days(to).div_euclid(7) - days(from).div_euclid(7),
        Part::Day | Part::DayOfYear | Part::WeekDay => days(to) - days(from),
        Part::Hour => seconds(to) / 3600 - seconds(from) / 3600,
        Part::Minute => seconds(to) / 60 - seconds(from) / 60,
        Part::Second => seconds(to) - seconds(from),
        Part::Millisecond => small(1_000_000),
        Part::Microsecond => small(1000),
        Part::Nanosecond => small(1),
        Part::Offset => 0,
    })
}

fn date_part(_: &Context<'_>, name: &str, value: &Value) -> Outcome<i64> {
    let time = time_of(value)?;
    Ok(match part(name)? {
        Part::Year => i64::from(time.year()),
        Part::Quarter => i64::from(time.month0() / 3 + 1),
        Part::Month => i64::from(time.month()),
        Part::DayOfYear => i64::from(time.ordinal()),
        Part::Day => i64::from(time.day()),
        Part::Week => {
            let first = time.date().with_ordinal(1).map_or(0, |day| day.weekday().num_days_from_sunday());
            i64::from((time.ordinal0() + first) / 7 + 1)
        }
        // DATEFIRST 7: Sunday is 1.
        Part::WeekDay => i64::from(time.weekday().num_days_from_sunday() + 1),
        Part::IsoWeek => i64::from(time.iso_week().week()),
        Part::Hour => i64::from(time.hour()),
        Part::Minute => i64::from(time.minute()),
        Part::Second => i64::from(time.second()),
        Part::Millisecond => i64::from(time.nanosecond() / 1_000_000),
        Part::Microsecond => i64::from(time.nanosecond() / 1000),
        Part::Nanosecond => i64::from(time.nanosecond()),
        Part::Offset => match value {
            Value::Offset(time) => i64::from(time.offset().local_minus_utc() / 60),
            _ => 0,
        },
    })
}
