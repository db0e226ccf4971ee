//! Identifiers and literals: the one way by which a name or path gets into T-SQL text.

/// A name as a bracketed identifier.
pub fn identifier(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// Text as a Unicode literal.
pub fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(identifier("a]b; DROP DATABASE x--"), "[a]]b; DROP DATABASE x--]");
        assert_eq!(literal(r"D:\it's.bak"), r"N'D:\it''s.bak'");
    }
}
