//! Moving over the tokens of a batch.

use sqlparser::ast as sql;

use super::is_statement_start;
use crate::tsql::ast::Operand;
use crate::tsql::lexer::{Kind, SyntaxError, Token};

/// A place in the tokens of a batch.
#[derive(Debug)]
pub struct Parser<'a> {
    pub(super) text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

/// Reserved words (those of the language that could be taken for a name here).
const RESERVED: [&str; 24] = [
    "AND", "AS", "BETWEEN", "BY", "CASE", "EXISTS", "FROM", "GROUP", "HAVING", "IN", "IS", "JOIN", "KEY", "LIKE",
    "NOT", "NULL", "ON", "OR", "ORDER", "THEN", "TO", "TOP", "VALUES", "WHERE",
];

impl<'a> Parser<'a> {
    /// At the first token.
    pub fn new(text: &'a str, tokens: &'a [Token]) -> Parser<'a> {
        Parser { text, tokens, at: 0 }
    }

    /// Whether all was read.
    pub fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn kind_at(&self, n: usize) -> Option<&'a Kind> {
        self.tokens.get(self.at + n).map(|token| &token.kind)
    }

    /// Line of the token here, or of the last one.
    pub fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |token| token.line)
    }

    /// The word here, in upper case.
    pub(super) fn peek_word(&self) -> Option<String> {
        match self.kind_at(0) {
            Some(Kind::Word(word)) => Some(word.to_ascii_uppercase()),
            _ => None,
        }
    }

    pub(super) fn peek_symbol(&self) -> Option<char> {
        self.peek_symbol_at(0)
    }

    pub(super) fn peek_symbol_at(&self, n: usize) -> Option<char> {
        match self.kind_at(n) {
            Some(Kind::Symbol(c)) => Some(*c),
            _ => None,
        }
    }

    pub(super) fn peek_variable(&self) -> Option<String> {
        match self.kind_at(0) {
            Some(Kind::Variable(name)) => Some(name.clone()),
            _ => None,
        }
    }

    pub(super) fn peek_text(&self) -> Option<String> {
        match self.kind_at(0) {
            Some(Kind::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    pub(super) fn peek_integer(&self) -> Option<i64> {
        match self.kind_at(0) {
            Some(Kind::Number(number)) => number.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn peek_name(&self) -> Option<&'a str> {
        match self.kind_at(0) {
            Some(Kind::Word(name) | Kind::Quoted(name)) => Some(name),
            _ => None,
        }
    }

    pub(super) fn at_statement_start(&self) -> bool {
        self.peek_word().is_some_and(|word| is_statement_start(&word))
    }

    /// Takes a word, if it is here.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let here = self.peek_word().is_some_and(|found| found == word);
        self.at += usize::from(here);
        here
    }

    /// Takes a character, if it is here.
    pub fn symbol(&mut self, symbol: char) -> bool {
        let here = self.peek_symbol() == Some(symbol);
        self.at += usize::from(here);
        here
    }

    pub(super) fn expect(&mut self, symbol: char) -> Result<(), SyntaxError> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.near()) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), SyntaxError> {
        if self.word(word) { Ok(()) } else { Err(self.near()) }
    }

    /// Any word, in upper case.
    pub(super) fn any_word(&mut self) -> Result<String, SyntaxError> {
        let word = self.peek_word().ok_or_else(|| self.near())?;
        self.advance();
        Ok(word)
    }

    /// One of these words; any other is error 155.
    pub(super) fn option_word(&mut self, known: &[&str]) -> Result<String, SyntaxError> {
        let word = self.peek_word().ok_or_else(|| self.near())?;
        if !known.contains(&word.as_str()) {
            let written = self.peek_name().unwrap_or_default();
            return Err(self.error(155, format!("'{written}' is not a recognized option.")));
        }
        self.advance();
        Ok(word)
    }

    /// A name, in brackets or not.
    pub(super) fn name(&mut self) -> Result<String, SyntaxError> {
        if let Some(Kind::Word(word)) = self.kind_at(0) {
            let upper = word.to_ascii_uppercase();
            if is_statement_start(&upper) || RESERVED.contains(&upper.as_str()) {
                return Err(self.keyword());
            }
        }
        let name = self.peek_name().ok_or_else(|| self.near())?.to_owned();
        self.advance();
        Ok(name)
    }

    /// A variable, with its `@`.
    pub(super) fn variable(&mut self) -> Result<String, SyntaxError> {
        let name = self.peek_variable().ok_or_else(|| self.near())?;
        self.advance();
        Ok(name)
    }

    pub(super) fn integer(&mut self) -> Result<i64, SyntaxError> {
        let number = self.peek_integer().ok_or_else(|| self.near())?;
        self.advance();
        Ok(number)
    }

    /// A text, a number or a variable.
    pub(super) fn operand(&mut self) -> Result<Operand, SyntaxError> {
        let negative = self.symbol('-');
        let operand = match self.kind_at(0) {
            Some(Kind::Number(number)) => {
                let number: i64 = number.parse().map_err(|_| self.near())?;
                Operand::Number(if negative { -number } else { number })
            }
            Some(Kind::Text(text)) if !negative => Operand::Text(text.clone()),
            Some(Kind::Variable(name)) if !negative => Operand::Variable(name.clone()),
            _ => return Err(self.near()),
        };
        self.advance();
        Ok(operand)
    }

    /// As [`Parser::operand`], where a name is possible too.
    pub(super) fn name_or_operand(&mut self) -> Result<Operand, SyntaxError> {
        if self.peek_name().is_some() { self.name().map(Operand::Text) } else { self.operand() }
    }

    /// Things between commas, at least one.
    pub(super) fn list(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<(), SyntaxError>,
    ) -> Result<(), SyntaxError> {
        one(self)?;
        while self.symbol(',') {
            one(self)?;
        }
        Ok(())
    }

    /// "Incorrect syntax near ..."
    pub fn near(&self) -> SyntaxError {
        match self.tokens.get(self.at) {
            Some(Token { kind: Kind::Word(word), .. })
                if is_statement_start(word) || RESERVED.contains(&word.to_ascii_uppercase().as_str()) =>
            {
                self.keyword()
            }
            Some(token) => {
                let near = match &token.kind {
                    Kind::Text(text) => text.as_str(),
                    Kind::Quoted(name) => name.as_str(),
                    _ => &self.text[token.start..token.end],
                };
                self.error(102, format!("Incorrect syntax near '{near}'."))
            }
            None => {
                let near = self.tokens.last().map_or("", |token| &self.text[token.start..token.end]);
                self.error(102, format!("Incorrect syntax near '{near}'."))
            }
        }
    }

    /// "Incorrect syntax near the keyword ..."
    fn keyword(&self) -> SyntaxError {
        let word = self.peek_name().unwrap_or_default();
        self.error(156, format!("Incorrect syntax near the keyword '{word}'."))
    }

    pub(super) fn error(&self, number: i32, text: String) -> SyntaxError {
        let severity = if number < 40_000 { 15 } else { 16 };
        SyntaxError { number, severity, text, line: self.line() }
    }

    /// The text between two tokens' places.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        match (self.tokens.get(from), to.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(first), Some(last)) if from < to => &self.text[first.start..last.end],
            _ => "",
        }
    }

    pub(super) fn expression_between(&self, from: usize, to: usize) -> Result<sql::Expr, SyntaxError> {
        super::query::expression(self.slice(from, to)).ok_or_else(|| {
            let at = from.min(self.tokens.len().saturating_sub(1));
            Parser { text: self.text, tokens: self.tokens, at }.near()
        })
    }
}
