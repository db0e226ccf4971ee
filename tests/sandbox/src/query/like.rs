//! `LIKE`: `%`, `_`, `[a-z]`, `[^a]`, and an escape character.

use crate::value::fold;

enum Part {
    Any,
    One,
    Set(bool, Vec<(char, char)>),
    Char(char),
}

/// Whether a text matches a pattern, without regard to case.
pub fn matches(text: &str, pattern: &str, escape: Option<char>) -> bool {
    let parts = parse(&pattern.to_lowercase(), escape.and_then(|c| c.to_lowercase().next()));
    // Blanks at the end of the text do not count, those of the pattern do.
    let whole: Vec<char> = text.to_lowercase().chars().collect();
    let trimmed: Vec<char> = fold(text).chars().collect();
    fits(&whole, &parts) || fits(&trimmed, &parts)
}

fn parse(pattern: &str, escape: Option<char>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            _ if Some(c) == escape => Part::Char(chars.next().unwrap_or(c)),
            '%' => Part::Any,
            '_' => Part::One,
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while let Some(from) = chars.next().filter(|&c| c != ']' || ranges.is_empty() && Some(c) == escape) {
                    let mut ahead = chars.clone();
                    match (ahead.next(), ahead.next()) {
                        (Some('-'), Some(to)) if to != ']' => {
                            ranges.push((from, to));
                            chars = ahead;
                        }
                        _ => ranges.push((from, from)),
                    }
                }
                Part::Set(negated, ranges)
            }
            c => Part::Char(c),
        });
    }
    parts
}

/// Greedy, with one place to come back to: linear in practice, never exponential.
fn fits(text: &[char], parts: &[Part]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match parts.get(p) {
            Some(Part::Any) => {
                retry = Some((t, p));
                p += 1;
                continue;
            }
            Some(part) if t < text.len() && one(text[t], part) => {
                t += 1;
                p += 1;
                continue;
            }
            None if t == text.len() => return true,
            _ => {}
        }
        match retry {
            Some((from, at)) if from < text.len() => {
                retry = Some((from + 1, at));
                t = from + 1;
                p = at + 1;
            }
            _ => return false,
        }
    }
}

fn one(c: char, part: &Part) -> bool {
    match part {
        Part::Any => false,
        Part::One => true,
        Part::Set(negated, ranges) => ranges.iter().any(|&(from, to)| (from..=to).contains(&c)) != *negated,
        Part::Char(wanted) => c == *wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_the_server_has_them() {
        assert!(matches("PayamGostar2", "payam%", None));
        assert!(matches("a_b", "a!_b", Some('!')));
        assert!(!matches("axb", "a!_b", Some('!')));
        assert!(matches("a%b", "a[%]b", None));
        assert!(matches("file7.bak", "file[0-9].bak", None));
        assert!(!matches("filex.bak", "file[^a-z].bak", None));
        assert!(matches("پیام", "%یا%", None));
        assert!(!matches("abc", "ab", None));
        assert!(matches("abc  ", "abc", None));
    }
}
