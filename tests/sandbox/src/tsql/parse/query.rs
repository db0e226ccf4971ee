//! Queries and expressions: where they end, and their trees from `sqlparser`.

use sqlparser::ast as sql;
use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::Parser as QueryParser;

use super::{Parser, is_statement_start};
use crate::tsql::ast::Body;
use crate::tsql::lexer::{Kind, SyntaxError};

/// The tree of an expression; `None` when it is none.
pub fn expression(text: &str) -> Option<sql::Expr> {
    if text.trim().is_empty() {
        return None;
    }
    let mut parser = QueryParser::new(&MsSqlDialect {}).try_with_sql(text).ok()?;
    let expression = parser.parse_expr().ok()?;
    (parser.peek_token().token == sqlparser::tokenizer::Token::EOF).then_some(expression)
}

impl Parser<'_> {
    /// An expression that ends where the next statement begins.
    pub(super) fn expression_until_statement(&mut self) -> Result<sql::Expr, SyntaxError> {
        let start = self.position();
        self.skip_expression(false);
        self.expression_between(start, self.position())
    }

    /// An expression that ends at a comma or where the next statement begins.
    pub(super) fn expression_until_comma(&mut self) -> Result<sql::Expr, SyntaxError> {
        let start = self.position();
        self.skip_expression(true);
        self.expression_between(start, self.position())
    }

    /// Several of them, between commas.
    pub(super) fn expressions_until_statement(&mut self) -> Result<Vec<sql::Expr>, SyntaxError> {
        let mut all = Vec::new();
        self.list(|parser| {
            all.push(parser.expression_until_comma()?);
            Ok(())
        })?;
        Ok(all)
    }

    /// `(a, b, c)`
    pub(super) fn argument_list(&mut self) -> Result<Vec<sql::Expr>, SyntaxError> {
        self.expect('(')?;
        let all = self.expressions_until_statement()?;
        self.expect(')')?;
        Ok(all)
    }

    fn skip_expression(&mut self, stop_at_comma: bool) {
        let (mut depth, mut cases) = (0u32, 0u32);
        while let Some(kind) = self.kind_at(0) {
            match kind {
                Kind::Symbol('(') => depth += 1,
                Kind::Symbol(')') if depth == 0 => return,
                Kind::Symbol(')') => depth -= 1,
                Kind::Symbol(';') if depth == 0 => return,
                Kind::Symbol(',') if depth == 0 && cases == 0 && stop_at_comma => return,
                Kind::Word(word) if word.eq_ignore_ascii_case("CASE") => cases += 1,
                Kind::Word(word) if word.eq_ignore_ascii_case("END") && cases > 0 => cases -= 1,
                Kind::Word(word) if word.eq_ignore_ascii_case("ELSE") && cases > 0 => {}
                Kind::Word(word) if depth == 0 && is_statement_start(word) => return,
                _ => {}
            }
            self.advance();
        }
    }

    /// SELECT, INSERT, UPDATE, DELETE, CREATE TABLE, DROP TABLE, TRUNCATE TABLE.
    pub(super) fn query(&mut self) -> Result<Body, SyntaxError> {
        let start = self.position();
        let mut verb = self.any_word()?;
        let first = verb.clone();
        let (mut depth, mut cases) = (0u32, 0u32);
        let (mut has_body, mut has_set) = (verb == "SELECT", false);
        let mut options_from = None;
        while let Some(kind) = self.kind_at(0) {
            match kind {
                Kind::Symbol('(') => depth += 1,
                Kind::Symbol(')') if depth == 0 => break,
                Kind::Symbol(')') => depth -= 1,
                Kind::Symbol(';') if depth == 0 => break,
                Kind::Word(word) if depth == 0 => {
                    let word = word.to_ascii_uppercase();
                    match word.as_str() {
                        "CASE" => cases += 1,
                        "END" if cases > 0 => cases -= 1,
                        "ELSE" if cases > 0 => {}
                        "OPTION" => options_from = Some(self.position()),
                        "VALUES" => has_body = true,
                        "SELECT" if self.continues_union() => {}
                        "SELECT" if verb == "INSERT" && !has_body => has_body = true,
                        "EXEC" | "EXECUTE" if verb == "INSERT" && !has_body => {
                            return self.insert_execute(start);
                        }
                        "SET" if verb == "UPDATE" && !has_set => has_set = true,
                        "SELECT" | "INSERT" | "UPDATE" | "DELETE" if verb == "WITH" => {
                            has_body = word == "SELECT";
                            verb = word;
                        }
                        // Table hints, and `TOP (n) WITH TIES`.
                        "WITH" if self.peek_symbol_at(1) == Some('(') || self.next_is("TIES") => {}
                        _ if is_statement_start(&word) => break,
                        _ => {}
                    }
                }
                _ => {}
            }
            self.advance();
        }
        let end = options_from.unwrap_or(self.position());
        self.check_first(&first, start)?;
        self.parse_query(self.slice(start, end), start).map(|query| Body::Query(Box::new(query)))
    }

    fn next_is(&self, word: &str) -> bool {
        matches!(self.kind_at(1), Some(Kind::Word(next)) if next.eq_ignore_ascii_case(word))
    }

    /// Whether a set operator stands before the SELECT here.
    fn continues_union(&self) -> bool {
        let before = self.position().checked_sub(1).map(|at| self.slice(at, at + 1).to_ascii_uppercase());
        matches!(before.as_deref(), Some("UNION" | "ALL" | "EXCEPT" | "INTERSECT"))
    }

    /// `TRUNCATE` and `DROP` and `CREATE` are for tables only.
    fn check_first(&self, first: &str, start: usize) -> Result<(), SyntaxError> {
        let needs_table = matches!(first, "TRUNCATE" | "DROP" | "CREATE");
        let text = self.slice(start, start + 2).to_ascii_uppercase();
        if needs_table && !text.ends_with("TABLE") { Err(self.near()) } else { Ok(()) }
    }

    fn parse_query(&self, text: &str, start: usize) -> Result<sql::Statement, SyntaxError> {
        let refused = |why: String| {
            let near = self.slice(start, start + 1);
            self.error(102, format!("Incorrect syntax near '{near}'. ({why})"))
        };
        let mut statements =
            QueryParser::parse_sql(&MsSqlDialect {}, text).map_err(|error| refused(error.to_string()))?;
        match (statements.pop(), statements.pop()) {
            (Some(statement), None) => Ok(statement),
            _ => Err(refused("not one statement".to_owned())),
        }
    }

    fn insert_execute(&mut self, start: usize) -> Result<Body, SyntaxError> {
        let target = format!("{} SELECT 1", self.slice(start, self.position()));
        let insert = self.parse_query(&target, start)?;
        self.advance();
        Ok(Body::InsertExecute(Box::new(insert), self.call(None)?))
    }

    /// `DECLARE @t TABLE (...)`
    pub(super) fn table_variable(&mut self) -> Result<Body, SyntaxError> {
        let name = self.variable()?;
        self.word("AS");
        self.expect_word("TABLE")?;
        let start = self.position();
        self.expect('(')?;
        let mut depth = 1;
        while depth > 0 {
            match self.kind_at(0).ok_or_else(|| self.near())? {
                Kind::Symbol('(') => depth += 1,
                Kind::Symbol(')') => depth -= 1,
                _ => {}
            }
            self.advance();
        }
        let text = format!("CREATE TABLE [{name}] {}", self.slice(start, self.position()));
        let create = self.parse_query(&text, start)?;
        Ok(Body::TemporaryTable(name, Box::new(create)))
    }
}
