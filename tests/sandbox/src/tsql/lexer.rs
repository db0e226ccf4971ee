//! Tokens of Transact-SQL, with their places in the text.

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A word without quotes: a keyword or a name.
    Word(String),
    /// A name in brackets or double quotes, without them.
    Quoted(String),
    /// `@name` or `@@name`
    Variable(String),
    /// A number as written.
    Number(String),
    /// A text, without its quotes.
    Text(String),
    /// `0x...`
    Hex(String),
    /// Anything else, one character.
    Symbol(char),
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte in the text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Line, from 1.
    pub line: u32,
}

/// Why a text is no Transact-SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// 102, 105, 113, 155, 156 ...
    pub number: i32,
    /// Severity; 15 nearly always.
    pub severity: u8,
    /// What the server says.
    pub text: String,
    /// Line in the batch.
    pub line: u32,
}

/// Cuts a text into tokens; comments and blanks are left out.
///
/// # Errors
/// 105 for a quote that is not closed, 113 for a comment that is not.
pub fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer { text, at: 0, line: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '#'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '#' | '$' | '@' | '\u{200C}')
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
        &self.text[start..self.at]
    }

    fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        loop {
            self.take_while(|c| c.is_whitespace() || c == '\u{FEFF}');
            if self.rest().starts_with("--") {
                self.take_while(|c| c != '\n');
            } else if self.rest().starts_with("/*") {
                self.comment()?;
            } else {
                return Ok(());
            }
        }
    }

    /// Comments nest.
    fn comment(&mut self) -> Result<(), SyntaxError> {
        let mut depth = 0;
        loop {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            } else if self.bump().is_none() {
                let text = "Missing end comment mark '*/'.".to_owned();
                return Err(SyntaxError { number: 113, severity: 15, text, line: self.line });
            }
        }
    }

    fn next(&mut self) -> Result<Option<Token>, SyntaxError> {
        self.skip_blanks()?;
        let (start, line) = (self.at, self.line);
        let Some(first) = self.peek() else { return Ok(None) };
        let kind = match first {
            '\'' => Kind::Text(self.quoted('\'')?),
            'N' | 'n' if self.rest()[1..].starts_with('\'') => {
                self.bump();
                Kind::Text(self.quoted('\'')?)
            }
            '[' => Kind::Quoted(self.quoted(']')?),
            '"' => Kind::Quoted(self.quoted('"')?),
            '@' => Kind::Variable(self.take_while(|c| c == '@' || continues_name(c)).to_owned()),
            '0' if self.rest().starts_with("0x") || self.rest().starts_with("0X") => {
                self.at += 2;
                Kind::Hex(self.take_while(|c| c.is_ascii_hexdigit()).to_owned())
            }
            c if c.is_ascii_digit() || (c == '.' && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit())) => {
                self.number()
            }
            c if starts_name(c) => Kind::Word(self.take_while(continues_name).to_owned()),
            c => {
                self.bump();
                Kind::Symbol(c)
            }
        };
        Ok(Some(Token { kind, start, end: self.at, line }))
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit() || c == '.');
        let exponent = self.rest().trim_start_matches(['e', 'E']);
        let digits = exponent.trim_start_matches(['+', '-']);
        if exponent.len() + 1 == self.rest().len() && digits.starts_with(|c: char| c.is_ascii_digit()) {
            self.bump();
            self.take_while(|c| c == '+' || c == '-');
            self.take_while(|c| c.is_ascii_digit());
        }
        Kind::Number(self.text[start..self.at].to_owned())
    }

    /// Up to the closing mark; a doubled one stands for itself.
    fn quoted(&mut self, close: char) -> Result<String, SyntaxError> {
        let line = self.line;
        self.bump();
        let mut inner = String::new();
        loop {
            match self.bump() {
                Some(c) if c == close && self.peek() == Some(close) => {
                    self.bump();
                    inner.push(close);
                }
                Some(c) if c == close => return Ok(inner),
                Some(c) => inner.push(c),
                None => {
                    let text = format!("Unclosed quotation mark after the character string '{inner}'.");
                    return Err(SyntaxError { number: 105, severity: 15, text, line });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn names_and_texts_lose_their_quotes() {
        assert_eq!(
            kinds("BACKUP [a]]b] = N'it''s' -- end"),
            [Kind::Word("BACKUP".into()), Kind::Quoted("a]b".into()), Kind::Symbol('='), Kind::Text("it's".into())]
        );
    }

    #[test]
    fn comments_nest_and_lines_are_counted() {
        let tokens = tokens("/* a /* b */ \n c */ @x 1.5e3 پیام").unwrap();
        assert_eq!(tokens[0].line, 2);
        assert_eq!(tokens[1].kind, Kind::Number("1.5e3".into()));
        assert_eq!(tokens[2].kind, Kind::Word("پیام".into()));
    }

    #[test]
    fn what_is_not_closed_is_an_error() {
        assert_eq!(tokens("SELECT 'x").unwrap_err().number, 105);
        assert_eq!(tokens("/* x").unwrap_err().number, 113);
    }
}
