//! Functions of texts.

use super::{ANY, Function, INT, TEXT, int, text};
use crate::failure::Outcome;
use crate::query::Context;
use crate::query::like;
use crate::value::{SqlType, Value, text_of};

/// All of them.
pub const ALL: &[Function] = &[
    Function { name: "LEN", least: 1, most: 1, takes: &[TEXT], ty: |_| INT, null_in_null_out: true, run: len },
    Function {
        name: "DATALENGTH",
        least: 1,
        most: 1,
        takes: &[ANY],
        ty: |_| INT,
        null_in_null_out: true,
        run: data_length,
    },
    of_text("UPPER", |_, values| Ok(Value::Text(text(values, 0).to_uppercase()))),
    of_text("LOWER", |_, values| Ok(Value::Text(text(values, 0).to_lowercase()))),
    of_text("LTRIM", |_, values| Ok(Value::text(text(values, 0).trim_start_matches(' ')))),
    of_text("RTRIM", |_, values| Ok(Value::text(text(values, 0).trim_end_matches(' ')))),
    of_text("TRIM", |_, values| Ok(Value::text(text(values, 0).trim_matches(' ')))),
    of_text("REVERSE", |_, values| Ok(Value::Text(text(values, 0).chars().rev().collect()))),
    Function {
        name: "LEFT",
        least: 2,
        most: 2,
        takes: &[TEXT, INT],
        ty: same_text,
        null_in_null_out: true,
        run: |_, values| Ok(Value::Text(units(text(values, 0), 0, int(values, 1)))),
    },
    Function {
        name: "RIGHT",
        least: 2,
        most: 2,
        takes: &[TEXT, INT],
        ty: same_text,
        null_in_null_out: true,
        run: |_, values| {
            let all = text(values, 0).encode_utf16().count() as i64;
            let wanted = int(values, 1).clamp(0, all);
            Ok(Value::Text(units(text(values, 0), all - wanted, wanted)))
        },
    },
    Function {
        name: "SUBSTRING",
        least: 3,
        most: 3,
        takes: &[TEXT, INT, INT],
        ty: same_text,
        null_in_null_out: true,
        run: |_, values| {
            // A start before 1 takes from the length.
            let (start, length) = (int(values, 1) - 1, int(values, 2));
            let length = if start < 0 { length + start } else { length };
            Ok(Value::Text(units(text(values, 0), start.max(0), length)))
        },
    },
    Function {
        name: "CHARINDEX",
        least: 2,
        most: 3,
        takes: &[TEXT, TEXT, INT],
        ty: |_| INT,
        null_in_null_out: true,
        run: char_index,
    },
    Function {
        name: "PATINDEX",
        least: 2,
        most: 2,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: pattern_index,
    },
    Function {
        name: "REPLACE",
        least: 3,
        most: 3,
        takes: &[TEXT],
        ty: |_| SqlType::NVarChar(Some(4000)),
        null_in_null_out: true,
        run: replace,
    },
    Function {
        name: "STUFF",
        least: 4,
        most: 4,
        takes: &[TEXT, INT, INT, TEXT],
        ty: |_| SqlType::NVarChar(Some(4000)),
        null_in_null_out: true,
        run: stuff,
    },
    Function {
        name: "REPLICATE",
        least: 2,
        most: 2,
        takes: &[TEXT, INT],
        ty: |_| SqlType::NVarChar(Some(4000)),
        null_in_null_out: true,
        run: |_, values| {
            let count = usize::try_from(int(values, 1)).unwrap_or(0).min(4000);
            Ok(Value::Text(text(values, 0).repeat(count)))
        },
    },
    Function {
        name: "SPACE",
        least: 1,
        most: 1,
        takes: &[INT],
        ty: |_| SqlType::VarChar(Some(8000)),
        null_in_null_out: true,
        run: |_, values| Ok(Value::Text(" ".repeat(usize::try_from(int(values, 0)).unwrap_or(0).min(8000)))),
    },
    Function {
        name: "CONCAT",
        least: 2,
        most: 254,
        takes: &[TEXT],
        ty: |_| SqlType::NVarChar(Some(4000)),
        null_in_null_out: false,
        run: |_, values| Ok(Value::Text((0..values.len()).map(|index| text(values, index)).collect())),
    },
    Function {
        name: "CONCAT_WS",
        least: 3,
        most: 254,
        takes: &[TEXT],
        ty: |_| SqlType::NVarChar(Some(4000)),
        null_in_null_out: false,
        run: |_, values| {
            let parts: Vec<&str> =
                (1..values.len()).filter(|&index| !values[index].is_null()).map(|index| text(values, index)).collect();
            Ok(Value::Text(parts.join(text(values, 0))))
        },
    },
    Function {
        name: "QUOTENAME",
        least: 1,
        most: 2,
        takes: &[TEXT],
        ty: |_| SqlType::NVarChar(Some(258)),
        null_in_null_out: true,
        run: quote_name,
    },
    Function {
        name: "PARSENAME",
        least: 2,
        most: 2,
        takes: &[TEXT, INT],
        ty: |_| crate::value::SYSNAME,
        null_in_null_out: true,
        run: |_, values| {
            let part = text(values, 0).rsplit('.').nth(usize::try_from(int(values, 1) - 1).unwrap_or(9));
            Ok(part.map(|part| Value::text(part.trim_matches(['[', ']']))).unwrap_or(Value::Null))
        },
    },
    Function {
        name: "CHAR",
        least: 1,
        most: 1,
        takes: &[INT],
        ty: |_| SqlType::Char(1),
        null_in_null_out: true,
        run: |_, values| {
            let byte = u8::try_from(int(values, 0)).ok();
            Ok(byte.map_or(Value::Null, |byte| Value::Text(crate::tds::codepage::char_of(byte).to_string())))
        },
    },
    Function {
        name: "NCHAR",
        least: 1,
        most: 1,
        takes: &[INT],
        ty: |_| SqlType::NVarChar(Some(2)),
        null_in_null_out: true,
        run: |_, values| {
            let character = u32::try_from(int(values, 0)).ok().and_then(char::from_u32);
            Ok(character.map_or(Value::Null, |c| Value::Text(c.to_string())))
        },
    },
    Function {
        name: "ASCII",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |_, values| {
            let byte = text(values, 0).chars().next().map(crate::tds::codepage::byte_of);
            Ok(byte.map_or(Value::Null, |byte| Value::Int(i64::from(byte))))
        },
    },
    Function {
        name: "UNICODE",
        least: 1,
        most: 1,
        takes: &[TEXT],
        ty: |_| INT,
        null_in_null_out: true,
        run: |_, values| {
            let unit = text(values, 0).encode_utf16().next();
            Ok(unit.map_or(Value::Null, |unit| Value::Int(i64::from(unit))))
        },
    },
    Function {
        name: "STR",
        least: 1,
        most: 3,
        takes: &[SqlType::Float, INT, INT],
        ty: |_| SqlType::VarChar(Some(20)),
        null_in_null_out: true,
        run: |_, values| {
            let Value::Float(n) = values[0] else { return Ok(Value::Null) };
            let width = if values.len() > 1 { int(values, 1).clamp(1, 8000) as usize } else { 10 };
            let places = int(values, 2).clamp(0, 16) as usize;
            Ok(Value::Text(format!("{n:>width$.places$}")))
        },
    },
];

const fn of_text(name: &'static str, run: fn(&Context<'_>, &[Value]) -> Outcome<Value>) -> Function {
    Function { name, least: 1, most: 1, takes: &[TEXT], ty: same_text, null_in_null_out: true, run }
}

fn same_text(types: &[SqlType]) -> SqlType {
    match types.first() {
        Some(SqlType::Char(n) | SqlType::VarChar(Some(n))) => SqlType::VarChar(Some(*n)),
        Some(SqlType::VarChar(None)) => SqlType::VarChar(None),
        Some(SqlType::NChar(n) | SqlType::NVarChar(Some(n))) => SqlType::NVarChar(Some(*n)),
        Some(ty) if !ty.is_text() => SqlType::NVarChar(Some(4000)),
        _ => SqlType::NVarChar(None),
    }
}

/// `length` UTF-16 units from place `start`.
fn units(text: &str, start: i64, length: i64) -> String {
    let start = usize::try_from(start).unwrap_or(0);
    let length = usize::try_from(length).unwrap_or(0);
    let units: Vec<u16> = text.encode_utf16().skip(start).take(length).collect();
    String::from_utf16_lossy(&units)
}

fn len(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    Ok(Value::Int(text(values, 0).trim_end_matches(' ').encode_utf16().count() as i64))
}

fn data_length(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let value = &values[0];
    let bytes = match value {
        Value::Text(text) => text.encode_utf16().count() * 2,
        Value::Bytes(bytes) => bytes.len(),
        Value::Guid(_) => 16,
        other => text_of(other, other.natural_type(), None).map_or(0, |text| text.len().min(8)),
    };
    Ok(Value::Int(bytes as i64))
}

/// Place of one text in another without regard to case, in UTF-16 units from 1; 0 for none.
fn char_index(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let (wanted, all) = (text(values, 0).to_lowercase(), text(values, 1).to_lowercase());
    let skip = usize::try_from(int(values, 2) - 1).unwrap_or(0);
    let from = all.char_indices().map(|(at, _)| at).nth(skip).unwrap_or(if skip == 0 { 0 } else { all.len() });
    if wanted.is_empty() {
        return Ok(Value::Int(0));
    }
    let place = all[from..].find(&wanted).map_or(0, |at| all[..from + at].encode_utf16().count() + 1);
    Ok(Value::Int(place as i64))
}

fn pattern_index(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let (pattern, all) = (text(values, 0), text(values, 1));
    let open = pattern.starts_with('%');
    let rest = pattern.strip_prefix('%').unwrap_or(pattern);
    let starts = all.char_indices().map(|(at, _)| at).take(if open { usize::MAX } else { 1 });
    let found = starts.into_iter().find(|&at| like::matches(&all[at..], rest, None));
    Ok(Value::Int(found.map_or(0, |at| all[..at].encode_utf16().count() as i64 + 1)))
}

/// Every occurrence, without regard to case.
fn replace(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let (all, wanted, new) = (text(values, 0), text(values, 1).to_lowercase(), text(values, 2));
    if wanted.is_empty() {
        return Ok(Value::text(all));
    }
    let wanted: Vec<char> = wanted.chars().collect();
    let chars: Vec<char> = all.chars().collect();
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let here = chars[at..].iter().zip(&wanted).filter(|(c, wanted)| lower(**c) == **wanted).count();
        if here == wanted.len() {
            out.push_str(new);
            at += wanted.len();
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    Ok(Value::Text(out))
}

fn stuff(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let (all, start, length) = (text(values, 0), int(values, 1), int(values, 2));
    let count = all.encode_utf16().count() as i64;
    if start < 1 || start > count || length < 0 {
        return Ok(Value::Null);
    }
    let head = units(all, 0, start - 1);
    let tail = units(all, start - 1 + length, count);
    Ok(Value::Text(format!("{head}{}{tail}", text(values, 3))))
}

fn quote_name(_: &Context<'_>, values: &[Value]) -> Outcome<Value> {
    let name = text(values, 0);
    if name.encode_utf16().count() > 128 {
        return Ok(Value::Null);
    }
    let (open, close) = match values.get(1) {
        None => ('[', ']'),
        Some(_) => match text(values, 1).chars().next() {
            Some('[' | ']') => ('[', ']'),
            Some('\'') => ('\'', '\''),
            Some('"') => ('"', '"'),
            Some('(' | ')') => ('(', ')'),
            _ => return Ok(Value::Null),
        },
    };
    let doubled = name.replace(close, &format!("{close}{close}"));
    Ok(Value::Text(format!("{open}{doubled}{close}")))
}
