//! File name patterns: `*`, `?`, `[a-z]`, `[!a-z]`, and `**` for any folders.

/// One part of a name pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[...]`: ranges, and whether they are excluded.
    Class(Vec<(char, char)>, bool),
}

/// A pattern for the name of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePattern(Vec<Token>);

/// Whether text has any of the characters that make it a pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

impl NamePattern {
    /// Reads a pattern; a backtick takes its special meaning from the character behind it, as in PowerShell.
    pub fn new(text: &str) -> Result<NamePattern, String> {
        let mut tokens = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            tokens.push(match c {
                '*' => Token::Many,
                '?' => Token::One,
                '`' => Token::Literal(rest.next().unwrap_or('`')),
                '[' => {
                    let inside = rest.as_str();
                    // A bracket that closes at once is one of the characters: `[]]`.
                    let negated = inside.starts_with('!');
                    let skip = usize::from(negated);
                    let first = inside[skip..].chars().next().map_or(0, char::len_utf8);
                    let close = inside[skip + first..].find(']').map(|close| skip + first + close);
                    let Some(close) = close else { return Err(format!("`[` is not closed in `{text}`")) };
                    rest = inside[close + 1..].chars();
                    Token::Class(ranges(&inside[skip..close]), negated)
                }
                c => Token::Literal(c),
            });
        }
        Ok(NamePattern(tokens))
    }

    /// Whether a name matches. On Windows, as its file systems, without regard to case.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut token, mut at) = (0, 0);
        // Where to go on when the last `*` has to take one character more.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.0.get(token) {
                Some(Token::Many) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(one) if at < name.len() && one.takes(name[at]) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                None if at == name.len() => return true,
                _ => {}
            }
            match retry {
                Some((after, from)) if from < name.len() => {
                    retry = Some((after, from + 1));
                    (token, at) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        let c = fold(c);
        match self {
            Token::Literal(literal) => fold(*literal) == c,
            Token::One => true,
            Token::Many => false,
            Token::Class(ranges, negated) => {
                ranges.iter().any(|(low, high)| (fold(*low)..=fold(*high)).contains(&c)) != *negated
            }
        }
    }
}

fn fold(c: char) -> char {
    if cfg!(windows) { c.to_lowercase().next().unwrap_or(c) } else { c }
}

fn ranges(inside: &str) -> Vec<(char, char)> {
    let chars: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() {
            ranges.push((chars[at], chars[at + 2]));
            at += 3;
        } else {
            ranges.push((chars[at], chars[at]));
            at += 1;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_match() {
        let cases = [
            ("*.bak", "a.bak", true),
            ("*.bak", "a.trn", false),
            ("*", "", true),
            ("?*", "", false),
            ("a*b*c", "axxbyybzzc", true),
            ("a*b*c", "axxbyybzz", false),
            ("db[0-9].bak", "db7.bak", true),
            ("db[!0-9].bak", "db7.bak", false),
            ("[]]x", "]x", true),
            ("a`[1].bak", "a[1].bak", true),
            ("\u{67e}*.bak", "\u{67e}\u{634}\u{62a}.bak", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                NamePattern::new(pattern).map(|pattern| pattern.matches(name)),
                Ok(expected),
                "{pattern} {name}"
            );
        }
        assert!(NamePattern::new("a[b").is_err());
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_with_stars(name in "[a-z.]{0,12}", at in 0usize..12) {
            let at = at.min(name.len());
            let pattern = format!("{}*{}", &name[..at], &name[at..]);
            prop_assert!(NamePattern::new(&pattern).is_ok_and(|pattern| pattern.matches(&name)));
        }

        #[test]
        fn any_pattern_answers(pattern in ".{0,20}", name in ".{0,20}") {
            if let Ok(pattern) = NamePattern::new(&pattern) {
                let _ = pattern.matches(&name);
            }
        }
    }
}
