//! Order and equality, as the server's collation (`..._CI_AS`) has them.

use std::cmp::Ordering;

use super::Value;

/// A text as comparisons see it: without case, and without spaces at its end.
pub fn fold(text: &str) -> String {
    text.trim_end_matches(' ').to_lowercase()
}

/// Whether two names mean the same thing.
pub fn same_name(a: &str, b: &str) -> bool {
    fold(a) == fold(b)
}

/// Whether two values are equal; a `NULL` equals nothing.
pub fn equal(a: &Value, b: &Value) -> bool {
    compare(a, b) == Some(Ordering::Equal)
}

/// The order of two values of one family; `None` with a `NULL`, or when they cannot be compared.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Float(a), b) => a.partial_cmp(&as_float(b)?),
        (a, Value::Float(b)) => as_float(a)?.partial_cmp(b),
        (Value::Int(_) | Value::Decimal { .. }, Value::Int(_) | Value::Decimal { .. }) => compare_decimals(a, b),
        (Value::Text(a), Value::Text(b)) => Some(fold(a).cmp(&fold(b))),
        (Value::Bytes(a), Value::Bytes(b)) => Some(trim_zeros(a).cmp(trim_zeros(b))),
        (Value::Guid(a), Value::Guid(b)) => {
            // The groups count from the last to the first.
            const PLACES: [usize; 16] = [10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3];
            let (a, b) = (a.to_bytes_le(), b.to_bytes_le());
            PLACES.iter().map(|&i| a[i].cmp(&b[i])).find(|order| order.is_ne()).or(Some(Ordering::Equal))
        }
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::Offset(a), Value::Offset(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn trim_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Decimal { digits, scale } => Some(*digits as f64 / 10f64.powi(i32::from(*scale))),
        _ => None,
    }
}

fn compare_decimals(a: &Value, b: &Value) -> Option<Ordering> {
    let parts = |value: &Value| match value {
        Value::Int(n) => Some((i128::from(*n), 0)),
        Value::Decimal { digits, scale } => Some((*digits, *scale)),
        _ => None,
    };
    let ((a, a_scale), (b, b_scale)) = (parts(a)?, parts(b)?);
    let scale = a_scale.max(b_scale);
    let raise = |digits: i128, from: u8| digits.checked_mul(10i128.pow(u32::from(scale - from)));
    match (raise(a, a_scale), raise(b, b_scale)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        // What is too long to be raised is the larger one.
        (None, _) => Some(if a < 0 { Ordering::Less } else { Ordering::Greater }),
        (_, None) => Some(if b < 0 { Ordering::Greater } else { Ordering::Less }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_without_case_in_any_script() {
        assert!(same_name("PayamGostar2", "PAYAMGOSTAR2"));
        assert!(same_name("پیام", "پیام"));
        assert!(!same_name("پیام", "پيام"), "Arabic yeh is another letter in an accent-sensitive collation");
    }

    #[test]
    fn numbers_of_other_scales_compare_by_worth() {
        let short = Value::Decimal { digits: 15, scale: 1 };
        assert_eq!(compare(&short, &Value::Decimal { digits: 150, scale: 2 }), Some(Ordering::Equal));
        assert_eq!(compare(&Value::Int(2), &short), Some(Ordering::Greater));
        assert_eq!(compare(&Value::Null, &Value::Null), None);
    }
}
