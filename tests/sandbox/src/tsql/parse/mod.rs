//! Batches into statements. The backup family has a grammar of our own, exact to its options;
//! queries are cut out by their keywords and go to `sqlparser`.

mod cursor;
mod database;
mod media;
mod query;
mod types;

use cursor::Parser;
pub use types::{data_type, declarations};

use sqlparser::ast as sql;

use super::ast::{Argument, Body, Call, Dbcc, Declaration, Statement};
use super::lexer::{Kind, SyntaxError, tokens};

/// Cuts a batch into statements.
///
/// # Errors
/// The first mistake; then nothing of the batch runs.
pub fn batch(text: &str) -> Result<Vec<Statement>, SyntaxError> {
    let tokens = tokens(text)?;
    let mut parser = Parser::new(text, &tokens);
    let mut statements = Vec::new();
    loop {
        while parser.symbol(';') {}
        if parser.at_end() {
            return Ok(statements);
        }
        // A procedure at the start of a batch needs no EXEC.
        let bare_call = statements.is_empty() && parser.peek_word().is_some_and(|word| !is_statement_start(&word));
        let line = parser.line();
        let body = if bare_call { Body::Execute(parser.call(None)?) } else { parser.body()? };
        statements.push(Statement { line, body });
    }
}

/// Keywords that begin a statement wherever they stand.
pub(super) fn is_statement_start(word: &str) -> bool {
    const STARTS: [&str; 36] = [
        "ALTER",
        "BACKUP",
        "BEGIN",
        "BREAK",
        "CHECKPOINT",
        "COMMIT",
        "CONTINUE",
        "CREATE",
        "DBCC",
        "DECLARE",
        "DELETE",
        "DENY",
        "DROP",
        "ELSE",
        "END",
        "EXEC",
        "EXECUTE",
        "GOTO",
        "GRANT",
        "IF",
        "INSERT",
        "KILL",
        "MERGE",
        "PRINT",
        "RAISERROR",
        "RECONFIGURE",
        "RESTORE",
        "RETURN",
        "REVOKE",
        "ROLLBACK",
        "SELECT",
        "SET",
        "TRUNCATE",
        "UPDATE",
        "USE",
        "WHILE",
    ];
    let word = word.to_ascii_uppercase();
    STARTS.contains(&word.as_str()) || matches!(word.as_str(), "WAITFOR" | "THROW" | "WITH" | "SAVE" | "SHUTDOWN")
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, SyntaxError> {
        while self.symbol(';') {}
        let line = self.line();
        Ok(Statement { line, body: self.body()? })
    }

    fn body(&mut self) -> Result<Body, SyntaxError> {
        let Some(word) = self.peek_word() else { return Err(self.near()) };
        match word.as_str() {
            "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "WITH" | "TRUNCATE" => self.query(),
            "CREATE" if self.follows(1, "DATABASE") => self.create_database(),
            "CREATE" if self.follows(1, "TABLE") => self.query(),
            "CREATE" if self.follows(1, "MASTER") => self.create_master_key(),
            "CREATE" if self.follows(1, "CERTIFICATE") => self.create_certificate(),
            "DROP" if self.follows(1, "DATABASE") => self.drop_database(),
            "DROP" if self.follows(1, "TABLE") => self.query(),
            "ALTER" if self.follows(1, "DATABASE") => self.alter_database(),
            "ALTER" if self.follows(1, "USER") => self.alter_user(),
            "BACKUP" => self.backup(),
            "RESTORE" => self.restore(),
            "USE" => {
                self.advance();
                Ok(Body::Use(self.name()?))
            }
            "DECLARE" => self.declare(),
            "SET" => self.set(),
            "IF" => self.condition(),
            "WHILE" => {
                self.advance();
                let condition = self.expression_until_statement()?;
                Ok(Body::While(condition, Box::new(self.statement()?)))
            }
            "BEGIN" => self.begin(),
            "BREAK" => self.single(Body::Break),
            "CONTINUE" => self.single(Body::Continue),
            "RETURN" => {
                self.advance();
                let ended = self.at_end() || self.peek_symbol() == Some(';') || self.at_statement_start();
                Ok(Body::Return(if ended { None } else { Some(self.expression_until_statement()?) }))
            }
            "PRINT" => {
                self.advance();
                Ok(Body::Print(self.expression_until_statement()?))
            }
            "RAISERROR" => {
                self.advance();
                let arguments = self.argument_list()?;
                if self.word("WITH") {
                    self.list(|parser| parser.option_word(&["NOWAIT", "LOG", "SETERROR"]).map(|_| ()))?;
                }
                Ok(Body::RaiseError(arguments))
            }
            "THROW" => {
                self.advance();
                if self.at_end() || self.peek_symbol() == Some(';') || self.at_statement_start() {
                    return Ok(Body::Throw(None));
                }
                let mut parts = self.expressions_until_statement()?;
                match (parts.pop(), parts.pop(), parts.pop(), parts.pop()) {
                    (Some(state), Some(text), Some(number), None) => {
                        Ok(Body::Throw(Some(Box::new([number, text, state]))))
                    }
                    _ => Err(self.near()),
                }
            }
            "WAITFOR" => {
                self.advance();
                if !self.word("DELAY") {
                    return Err(self.near());
                }
                Ok(Body::WaitFor(self.expression_until_statement()?))
            }
            "EXEC" | "EXECUTE" => self.execute(),
            "KILL" => {
                self.advance();
                let session = self.integer()?;
                if self.word("WITH") {
                    self.option_word(&["STATUSONLY"])?;
                }
                i32::try_from(session).map(Body::Kill).map_err(|_| self.near())
            }
            "DBCC" => self.dbcc(),
            "CHECKPOINT" => self.single(Body::Checkpoint),
            "COMMIT" | "ROLLBACK" => {
                self.advance();
                if self.word("TRANSACTION") || self.word("TRAN") {
                    self.transaction_name();
                } else {
                    self.word("WORK");
                }
                Ok(if word == "COMMIT" { Body::Commit } else { Body::Rollback })
            }
            _ if is_statement_start(&word) => {
                // Known to the language, unknown here: said, never passed over.
                Err(self.error(40000, format!("The sandbox does not know the statement '{word}'.")))
            }
            _ => Err(self.near()),
        }
    }

    fn single(&mut self, body: Body) -> Result<Body, SyntaxError> {
        self.advance();
        Ok(body)
    }

    fn transaction_name(&mut self) {
        if !self.at_statement_start() && (self.peek_name().is_some() || self.peek_variable().is_some()) {
            self.advance();
        }
    }

    fn begin(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        if self.word("TRANSACTION") || self.word("TRAN") {
            self.transaction_name();
            return Ok(Body::Begin);
        }
        if self.word("TRY") {
            let tried = self.statements_until_end("TRY")?;
            while self.symbol(';') {}
            if !(self.word("BEGIN") && self.word("CATCH")) {
                return Err(self.near());
            }
            return Ok(Body::Try(tried, self.statements_until_end("CATCH")?));
        }
        Ok(Body::Block(self.statements_until_end("")?))
    }

    fn statements_until_end(&mut self, what: &str) -> Result<Vec<Statement>, SyntaxError> {
        let mut statements = Vec::new();
        loop {
            while self.symbol(';') {}
            if self.word("END") {
                return if what.is_empty() || self.word(what) { Ok(statements) } else { Err(self.near()) };
            }
            statements.push(self.statement()?);
        }
    }

    fn condition(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        let condition = self.expression_until_statement()?;
        let then = Box::new(self.statement()?);
        let before = self.position();
        while self.symbol(';') {}
        if self.word("ELSE") {
            return Ok(Body::If(condition, then, Some(Box::new(self.statement()?))));
        }
        self.back_to(before);
        Ok(Body::If(condition, then, None))
    }

    fn declare(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        if self.peek_variable().is_some() && (self.follows(1, "TABLE") || self.follows(2, "TABLE")) {
            return self.table_variable();
        }
        let mut all = Vec::new();
        self.list(|parser| {
            let name = parser.variable()?;
            parser.word("AS");
            let ty = parser.data_type()?;
            let value = if parser.symbol('=') { Some(parser.expression_until_comma()?) } else { None };
            all.push(Declaration { name, ty, value });
            Ok(())
        })?;
        Ok(Body::Declare(all))
    }

    fn set(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        if self.peek_variable().is_some() {
            let name = self.variable()?;
            let operator = ['+', '-', '*', '/'].into_iter().find(|&c| self.symbol(c));
            if !self.symbol('=') {
                return Err(self.near());
            }
            let value = self.expression_until_statement()?;
            let value = match operator {
                None => value,
                Some(c) => sql::Expr::BinaryOp {
                    left: Box::new(sql::Expr::Identifier(sql::Ident::new(name.clone()))),
                    op: match c {
                        '+' => sql::BinaryOperator::Plus,
                        '-' => sql::BinaryOperator::Minus,
                        '*' => sql::BinaryOperator::Multiply,
                        _ => sql::BinaryOperator::Divide,
                    },
                    right: Box::new(sql::Expr::Nested(Box::new(value))),
                },
            };
            return Ok(Body::SetVariable(name, value));
        }
        self.set_option()
    }

    /// Session settings: `SET NOCOUNT ON`, `SET LANGUAGE us_english`, `SET TRANSACTION ISOLATION LEVEL ...`.
    fn set_option(&mut self) -> Result<Body, SyntaxError> {
        let mut words = Vec::new();
        while !self.at_end() && self.peek_symbol() != Some(';') && !self.at_statement_start() {
            if let Some(number) = self.peek_integer() {
                words.push(number.to_string());
                self.advance();
            } else if self.peek_symbol() == Some('-') || self.peek_symbol() == Some(',') {
                let sign = self.peek_symbol().map(String::from).unwrap_or_default();
                words.push(sign);
                self.advance();
            } else if let Some(text) = self.peek_text() {
                words.push(text);
                self.advance();
            } else if self.peek_variable().is_some() {
                words.push(self.variable()?);
            } else {
                // ON is a reserved word, and the value of most settings.
                words.push(self.peek_name().ok_or_else(|| self.near())?.to_owned());
                self.advance();
            }
        }
        if words.len() < 2 { Err(self.near()) } else { Ok(Body::SetOption(words)) }
    }

    fn alter_user(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        self.advance();
        let user = self.name()?;
        if !(self.word("WITH") && self.word("LOGIN") && self.symbol('=')) {
            return Err(self.near());
        }
        Ok(Body::AlterUser(user, self.name()?))
    }

    fn execute(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        if self.peek_symbol() == Some('(') {
            let text = self.argument_list()?;
            return match <[sql::Expr; 1]>::try_from(text) {
                Ok([text]) => Ok(Body::ExecuteText(text)),
                Err(_) => Err(self.near()),
            };
        }
        let status = if self.peek_variable().is_some() && self.peek_symbol_at(1) == Some('=') {
            let name = self.variable()?;
            self.advance();
            Some(name)
        } else {
            None
        };
        Ok(Body::Execute(self.call(status)?))
    }

    fn call(&mut self, status: Option<String>) -> Result<Call, SyntaxError> {
        let mut name = self.name()?;
        while self.symbol('.') {
            while self.symbol('.') {}
            name = self.name()?;
        }
        let mut arguments = Vec::new();
        let ended = self.at_end() || self.peek_symbol() == Some(';') || self.at_statement_start();
        if !ended {
            self.list(|parser| {
                let named = parser.peek_variable().is_some() && parser.peek_symbol_at(1) == Some('=');
                let name = if named { Some(parser.variable()?) } else { None };
                if named {
                    parser.advance();
                }
                let variable = parser.peek_variable();
                let value = parser.call_argument()?;
                let output = parser.word("OUTPUT") || parser.word("OUT");
                let output = if output { variable } else { None };
                arguments.push(Argument { name, value, output });
                Ok(())
            })?;
        }
        Ok(Call { name, arguments, status })
    }

    /// A constant, a variable, or a bare word, which is a text here.
    fn call_argument(&mut self) -> Result<sql::Expr, SyntaxError> {
        let bare = |word: &String| !matches!(word.as_str(), "NULL" | "DEFAULT") && !is_statement_start(word);
        if self.peek_word().as_ref().is_some_and(bare) {
            let text = self.name()?;
            return Ok(sql::Expr::value(sql::Value::SingleQuotedString(text)));
        }
        if self.word("DEFAULT") {
            return Ok(sql::Expr::value(sql::Value::Null));
        }
        let start = self.position();
        self.symbol('-');
        self.advance();
        self.expression_between(start, self.position())
    }

    fn dbcc(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        let command = self.any_word()?;
        let mut argument = None;
        if self.symbol('(') {
            if self.peek_symbol() != Some(')') {
                argument = Some(self.name_or_operand()?);
            }
            while self.symbol(',') {
                self.name_or_operand()?;
            }
            self.expect(')')?;
        }
        let mut options = Vec::new();
        if self.word("WITH") {
            self.list(|parser| {
                options.push(parser.any_word()?);
                Ok(())
            })?;
        }
        Ok(Body::Dbcc(Dbcc { command, argument, options }))
    }

    /// Whether the token `n` places on is this word.
    fn follows(&self, n: usize, word: &str) -> bool {
        matches!(self.kind_at(n), Some(Kind::Word(found)) if found.eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_need_no_semicolons() {
        let text = "SET NOCOUNT ON SET ANSI_NULLS, QUOTED_IDENTIFIER ON DECLARE @a int = 1, @b nvarchar(max) SELECT @a \
                    IF @a = 1 SELECT CASE WHEN 1 = 1 THEN 2 ELSE 3 END ELSE BEGIN PRINT 'x' PRINT 'y' END \
                    set transaction isolation level read committed set textsize 2147483647 EXEC sp_who";
        let all = batch(text).unwrap();
        let kinds: Vec<_> = all.iter().map(|statement| std::mem::discriminant(&statement.body)).collect();
        assert_eq!(kinds.len(), 8, "{all:?}");
        assert!(matches!(all[4].body, Body::If(_, _, Some(_))));
    }

    #[test]
    fn a_union_and_an_insert_are_one_statement_each() {
        let text = "INSERT INTO #t (a) SELECT 1 UNION ALL SELECT 2 UPDATE #t SET a = 3 WHERE a = 1 DELETE FROM #t \
                    WITH x AS (SELECT 1 AS n) SELECT n FROM x WITH (NOLOCK) OPTION (RECOMPILE)";
        // A WITH that begins a statement needs a semicolon before it in truth; here it is told by its place.
        assert_eq!(batch(text).unwrap().len(), 4);
        assert_eq!(batch("SELECT 1 FROM").unwrap_err().number, 102);
        assert_eq!(batch("IF 1 = 1").unwrap_err().number, 102);
        assert_eq!(batch("BEGIN SELECT 1").unwrap_err().number, 102);
    }

    #[test]
    fn no_text_makes_the_parser_panic() {
        let words =
            ["BACKUP", "DATABASE", "x", "TO", "DISK", "=", "'a'", "WITH", "(", ")", ",", "@v", "5", "SELECT", ";"];
        // Every sequence of four of them.
        for a in words {
            for b in words {
                for c in words {
                    for d in words {
                        let _ = batch(&format!("{a} {b} {c} {d}"));
                    }
                }
            }
        }
    }
}
