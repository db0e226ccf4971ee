//! `CREATE`, `ALTER` and `DROP DATABASE`.

use super::Parser;
use crate::tsql::ast::{Body, Change, CreateDatabase, DatabaseFile, Operand, Termination};
use crate::tsql::lexer::SyntaxError;

impl Parser<'_> {
    /// `ALTER DATABASE x { SET ... | MODIFY NAME = y }`
    pub(super) fn alter_database(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        self.advance();
        let name = if self.word("CURRENT") { String::new() } else { self.name()? };
        if self.word("SET") {
            let mut options = Vec::new();
            self.list(|parser| {
                options.push(parser.set_words()?);
                Ok(())
            })?;
            let termination = if self.word("WITH") { self.termination()? } else { Termination::Wait };
            return Ok(Body::AlterDatabase(name, Change::Set { options, termination }));
        }
        if self.word("MODIFY") {
            if self.word("NAME") {
                self.expect('=')?;
                return Ok(Body::AlterDatabase(name, Change::Name(self.name()?)));
            }
            let what = self.option_word(&["FILE", "FILEGROUP"])?;
            self.skip_to_statement();
            return Ok(Body::AlterDatabase(name, Change::Other(format!("MODIFY {what}"))));
        }
        let what = match self.peek_word().as_deref() {
            Some(word @ ("ADD" | "REMOVE" | "COLLATE")) => word.to_owned(),
            _ => return Err(self.near()),
        };
        self.skip_to_statement();
        Ok(Body::AlterDatabase(name, Change::Other(what)))
    }

    fn skip_to_statement(&mut self) {
        while !self.at_end() && self.peek_symbol() != Some(';') && !self.at_statement_start() {
            self.advance();
        }
    }

    /// `RECOVERY SIMPLE`, `SINGLE_USER`, `COMPATIBILITY_LEVEL = 150`
    fn set_words(&mut self) -> Result<Vec<String>, SyntaxError> {
        let mut words = vec![self.any_word()?];
        let ends = |parser: &Self| parser.at_end() || matches!(parser.peek_symbol(), Some(',' | ';'));
        while !ends(self) && !self.at_statement_start() {
            if self.symbol('=') {
                continue;
            }
            match self.peek_integer() {
                Some(number) => {
                    words.push(number.to_string());
                    self.advance();
                }
                None => words.push(self.any_word()?),
            }
        }
        Ok(words)
    }

    fn termination(&mut self) -> Result<Termination, SyntaxError> {
        match self.option_word(&["NO_WAIT", "ROLLBACK"])?.as_str() {
            "NO_WAIT" => Ok(Termination::NoWait),
            _ => {
                if self.word("AFTER") {
                    self.integer()?;
                    self.word("SECONDS");
                } else {
                    self.expect_word("IMMEDIATE")?;
                }
                Ok(Termination::Rollback)
            }
        }
    }

    /// `CREATE DATABASE x [ON (...)] [LOG ON (...)]`
    pub(super) fn create_database(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        self.advance();
        let mut create = CreateDatabase { name: self.name()?, ..CreateDatabase::default() };
        if self.word("ON") {
            self.word("PRIMARY");
            let mut group = String::new();
            self.list(|parser| {
                if parser.word("FILEGROUP") {
                    group = parser.name()?;
                }
                create.data.push(parser.database_file(&group)?);
                Ok(())
            })?;
        }
        if self.word("LOG") {
            self.expect_word("ON")?;
            self.list(|parser| {
                create.log.push(parser.database_file("")?);
                Ok(())
            })?;
        }
        if self.word("COLLATE") {
            self.name()?;
        }
        Ok(Body::CreateDatabase(create))
    }

    /// `CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'x'`
    pub(super) fn create_master_key(&mut self) -> Result<Body, SyntaxError> {
        for word in ["CREATE", "MASTER", "KEY", "ENCRYPTION", "BY", "PASSWORD"] {
            self.expect_word(word)?;
        }
        self.expect('=')?;
        self.operand()?;
        Ok(Body::CreateMasterKey)
    }

    /// `CREATE CERTIFICATE x WITH SUBJECT = 'y'`
    pub(super) fn create_certificate(&mut self) -> Result<Body, SyntaxError> {
        self.expect_word("CREATE")?;
        self.expect_word("CERTIFICATE")?;
        let name = self.name()?;
        self.expect_word("WITH")?;
        self.expect_word("SUBJECT")?;
        self.expect('=')?;
        match self.operand()? {
            Operand::Text(subject) => Ok(Body::CreateCertificate(name, subject)),
            _ => Err(self.near()),
        }
    }

    fn database_file(&mut self, group: &str) -> Result<DatabaseFile, SyntaxError> {
        let mut file = DatabaseFile { group: group.to_owned(), ..DatabaseFile::default() };
        self.expect('(')?;
        self.list(|parser| {
            let option = parser.option_word(&["NAME", "FILENAME", "SIZE", "MAXSIZE", "FILEGROWTH"])?;
            parser.expect('=')?;
            match (option.as_str(), parser.name_or_operand()?) {
                ("NAME", Operand::Text(name)) => file.name = name,
                ("FILENAME", Operand::Text(path)) => file.path = path,
                ("SIZE", Operand::Number(size)) => file.size = Some(parser.size(size)?),
                ("MAXSIZE" | "FILEGROWTH", Operand::Number(size)) => {
                    if !parser.symbol('%') {
                        parser.size(size)?;
                    }
                }
                ("MAXSIZE", Operand::Text(text)) if text.eq_ignore_ascii_case("UNLIMITED") => {}
                _ => return Err(parser.near()),
            }
            Ok(())
        })?;
        self.expect(')')?;
        Ok(file)
    }

    /// A size with its unit; megabytes without.
    fn size(&mut self, number: i64) -> Result<u64, SyntaxError> {
        let shift = match self.peek_word().as_deref() {
            Some("KB") => 10,
            Some("GB") => 30,
            Some("TB") => 40,
            _ => 20,
        };
        if matches!(self.peek_word().as_deref(), Some("KB" | "MB" | "GB" | "TB")) {
            self.advance();
        }
        u64::try_from(number).ok().and_then(|number| number.checked_mul(1 << shift)).ok_or_else(|| self.near())
    }

    /// `DROP DATABASE [IF EXISTS] x, y`
    pub(super) fn drop_database(&mut self) -> Result<Body, SyntaxError> {
        self.advance();
        self.advance();
        let if_exists = self.word("IF");
        if if_exists {
            self.expect_word("EXISTS")?;
        }
        let mut names = Vec::new();
        self.list(|parser| {
            names.push(parser.name()?);
            Ok(())
        })?;
        Ok(Body::DropDatabase(names, if_exists))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsql::parse::batch;

    #[test]
    fn access_of_a_database_is_set_with_rollback() {
        let mut all = batch("ALTER DATABASE [x] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; USE master").unwrap();
        let Body::AlterDatabase(name, Change::Set { options, termination }) = all.remove(0).body else { panic!() };
        assert_eq!(name, "x");
        assert_eq!(options, [["SINGLE_USER"]]);
        assert_eq!(termination, Termination::Rollback);
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn files_of_a_new_database_have_units() {
        let text = "CREATE DATABASE x ON (NAME = x, FILENAME = 'D:\\x.mdf', SIZE = 8MB, FILEGROWTH = 10%) \
                    LOG ON (NAME = l, FILENAME = 'D:\\x.ldf')";
        let mut all = batch(text).unwrap();
        let Body::CreateDatabase(create) = all.remove(0).body else { panic!() };
        assert_eq!(create.data[0].size, Some(8 << 20));
        assert_eq!(create.log[0].path, "D:\\x.ldf");
    }
}
