//! Values as text: `CONVERT(varchar, x, style)`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::{SqlType, Value};

/// The text of a value of type `ty`; `None` for a style that does not exist for it.
pub fn text_of(value: &Value, ty: SqlType, style: Option<i32>) -> Option<String> {
    Some(match value {
        Value::Null => String::new(),
        Value::Int(n) => n.to_string(),
        Value::Decimal { digits, scale: 4 } if ty == SqlType::Money && style.unwrap_or(0) == 0 => {
            decimal((digits + digits.signum() * 50) / 100, 2)
        }
        Value::Decimal { digits, scale } => decimal(*digits, *scale),
        Value::Float(n) => float(*n, ty, style),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => binary(bytes, style),
        Value::Guid(guid) => guid.hyphenated().to_string().to_uppercase(),
        Value::Date(date) => date_text(*date, style)?,
        Value::Time(time) => {
            let scale = if let SqlType::Time(scale) = ty { scale } else { 7 };
            format!("{}{}", time.format("%H:%M:%S"), fraction(*time, scale))
        }
        Value::DateTime(time) => match (ty, style) {
            (SqlType::DateTime2(scale), None | Some(21 | 25 | 121)) => {
                format!("{}{}", time.format("%Y-%m-%d %H:%M:%S"), fraction(time.time(), scale))
            }
            (SqlType::DateTime2(scale), Some(126 | 127)) => {
                format!("{}{}", time.format("%Y-%m-%dT%H:%M:%S"), fraction(time.time(), scale))
            }
            _ => date_time(*time, style.unwrap_or(0))?,
        },
        Value::Offset(time) => {
            let scale = if let SqlType::DateTimeOffset(scale) = ty { scale } else { 7 };
            let local = time.naive_local();
            let (between, zone) = match style {
                Some(126) => ("T", time.format("%:z")),
                Some(127) => {
                    let utc = time.naive_utc();
                    return Some(format!("{}{}Z", utc.format("%Y-%m-%dT%H:%M:%S"), fraction(utc.time(), scale)));
                }
                _ => (" ", time.format(" %:z")),
            };
            let (date, clock) = (local.format("%Y-%m-%d"), local.format("%H:%M:%S"));
            format!("{date}{between}{clock}{}{zone}", fraction(local.time(), scale))
        }
    })
}

/// Digits with the point in its place.
fn decimal(digits: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, rest) = text.split_at(text.len() - scale);
    let sign = if digits < 0 { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Six digits, as `float` is written without a style; all 16 or 17 with style 1 to 3.
fn float(n: f64, ty: SqlType, style: Option<i32>) -> String {
    let exponent = if n == 0.0 { 0 } else { n.abs().log10().floor() as i32 };
    match style {
        Some(1) => format!("{n:.7e}"),
        Some(2) => format!("{n:.15e}"),
        Some(3) => format!("{n:e}"),
        _ if n == 0.0 || (-5..6).contains(&exponent) => {
            let places = usize::try_from(5 - exponent).unwrap_or(0);
            let text = format!("{n:.places$}");
            let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            text.to_owned()
        }
        _ => {
            let digits = if ty == SqlType::Real { 6 } else { 5 };
            let text = format!("{n:.digits$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
            format!("{mantissa}e{sign}{exponent:0>3}")
        }
    }
}

fn binary(bytes: &[u8], style: Option<i32>) -> String {
    let hex = || bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    match style {
        Some(1) => format!("0x{}", hex()),
        Some(2) => hex(),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// `.1234567` cut to `scale` digits; nothing for scale 0.
fn fraction(time: NaiveTime, scale: u8) -> String {
    match scale {
        0 => String::new(),
        scale => format!(".{}", &format!("{:09}", time.nanosecond() % 1_000_000_000)[..usize::from(scale.min(7))]),
    }
}

fn date_text(date: NaiveDate, style: Option<i32>) -> Option<String> {
    match style {
        None | Some(20 | 21 | 23 | 25 | 120 | 121 | 126 | 127) => Some(date.format("%Y-%m-%d").to_string()),
        Some(0 | 100) => Some(date.format("%b %e %Y").to_string()),
        Some(style) => {
            let text = date_time(date.and_time(NaiveTime::MIN), style)?;
            matches!(style, 1..=7 | 10..=12 | 101..=107 | 110..=112).then_some(text)
        }
    }
}

/// The styles of `datetime`.
fn date_time(time: NaiveDateTime, style: i32) -> Option<String> {
    let milliseconds = format!("{:03}", time.nanosecond() % 1_000_000_000 / 1_000_000);
    let pattern = match style {
        0 | 100 => "%b %e %Y %l:%M%p",
        1 => "%m/%d/%y",
        2 => "%y.%m.%d",
        3 => "%d/%m/%y",
        4 => "%d.%m.%y",
        5 => "%d-%m-%y",
        6 => "%d %b %y",
        7 => "%b %d, %y",
        8 | 24 | 108 => "%H:%M:%S",
        9 | 109 => "%b %e %Y %l:%M:%S:{ms}%p",
        10 => "%m-%d-%y",
        11 => "%y/%m/%d",
        12 => "%y%m%d",
        13 | 113 => "%d %b %Y %H:%M:%S:{ms}",
        14 | 114 => "%H:%M:%S:{ms}",
        20 | 120 => "%Y-%m-%d %H:%M:%S",
        21 | 25 | 121 => "%Y-%m-%d %H:%M:%S.{ms}",
        22 => "%m/%d/%y %l:%M:%S %p",
        23 => "%Y-%m-%d",
        101 => "%m/%d/%Y",
        102 => "%Y.%m.%d",
        103 => "%d/%m/%Y",
        104 => "%d.%m.%Y",
        105 => "%d-%m-%Y",
        106 => "%d %b %Y",
        107 => "%b %d, %Y",
        110 => "%m-%d-%Y",
        111 => "%Y/%m/%d",
        112 => "%Y%m%d",
        126 if milliseconds == "000" => "%Y-%m-%dT%H:%M:%S",
        126 => "%Y-%m-%dT%H:%M:%S.{ms}",
        127 if milliseconds == "000" => "%Y-%m-%dT%H:%M:%S",
        127 => "%Y-%m-%dT%H:%M:%S.{ms}",
        _ => return None,
    };
    Some(time.format(&pattern.replace("{ms}", &milliseconds)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_past_two() -> Value {
        Value::DateTime(NaiveDate::from_ymd_opt(2026, 11, 5).unwrap().and_hms_milli_opt(14, 30, 9, 37).unwrap())
    }

    #[test]
    fn dates_have_the_documented_styles() {
        let styled = |style| text_of(&half_past_two(), SqlType::DateTime, style).unwrap();
        assert_eq!(styled(None), "Nov  5 2026  2:30PM");
        assert_eq!(styled(Some(112)), "20261105");
        assert_eq!(styled(Some(121)), "2026-11-05 14:30:09.037");
        assert_eq!(styled(Some(126)), "2026-11-05T14:30:09.037");
        assert_eq!(text_of(&half_past_two(), SqlType::DateTime2(7), None).unwrap(), "2026-11-05 14:30:09.0370000");
        assert_eq!(text_of(&half_past_two(), SqlType::DateTime, Some(99)), None);
    }

    #[test]
    fn numbers_are_written_as_the_server_does() {
        let float = |n| text_of(&Value::Float(n), SqlType::Float, None).unwrap();
        assert_eq!(float(1.5), "1.5");
        assert_eq!(float(123_456_789.0), "1.23457e+008");
        assert_eq!(float(0.0), "0");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(37_000_000_053_600_037, 0), "37000000053600037");
    }
}
