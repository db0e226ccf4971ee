//! `BACKUP` and `RESTORE`, by the grammar in Microsoft's T-SQL reference (SQL Server 2022).

use super::Parser;
use crate::engine::Encryption;
use crate::tsql::ast::{Backup, Body, Device, MediaOption, Operand, Restore, RestoreKind};
use crate::tsql::lexer::{Kind, SyntaxError};

/// What stands behind an option's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// A text or a variable.
    Text,
    /// A number or a variable.
    Number,
    /// A number, or nothing (`STATS`).
    MaybeNumber,
}

const BACKUP_OPTIONS: [(&str, Takes); 35] = [
    ("COPY_ONLY", Takes::Nothing),
    ("DIFFERENTIAL", Takes::Nothing),
    ("FILE_SNAPSHOT", Takes::Nothing),
    ("COMPRESSION", Takes::Nothing),
    ("NO_COMPRESSION", Takes::Nothing),
    ("DESCRIPTION", Takes::Text),
    ("NAME", Takes::Text),
    ("CREDENTIAL", Takes::Text),
    ("EXPIREDATE", Takes::Text),
    ("RETAINDAYS", Takes::Number),
    ("NOINIT", Takes::Nothing),
    ("INIT", Takes::Nothing),
    ("NOSKIP", Takes::Nothing),
    ("SKIP", Takes::Nothing),
    ("NOFORMAT", Takes::Nothing),
    ("FORMAT", Takes::Nothing),
    ("MEDIADESCRIPTION", Takes::Text),
    ("MEDIANAME", Takes::Text),
    ("BLOCKSIZE", Takes::Number),
    ("BUFFERCOUNT", Takes::Number),
    ("MAXTRANSFERSIZE", Takes::Number),
    ("NO_CHECKSUM", Takes::Nothing),
    ("CHECKSUM", Takes::Nothing),
    ("STOP_ON_ERROR", Takes::Nothing),
    ("CONTINUE_AFTER_ERROR", Takes::Nothing),
    ("RESTART", Takes::Nothing),
    ("STATS", Takes::MaybeNumber),
    ("REWIND", Takes::Nothing),
    ("NOREWIND", Takes::Nothing),
    ("LOAD", Takes::Nothing),
    ("UNLOAD", Takes::Nothing),
    ("NOUNLOAD", Takes::Nothing),
    ("NORECOVERY", Takes::Nothing),
    ("STANDBY", Takes::Text),
    ("NO_TRUNCATE", Takes::Nothing),
];

const RESTORE_OPTIONS: [(&str, Takes); 34] = [
    ("RECOVERY", Takes::Nothing),
    ("NORECOVERY", Takes::Nothing),
    ("STANDBY", Takes::Text),
    ("REPLACE", Takes::Nothing),
    ("RESTART", Takes::Nothing),
    ("RESTRICTED_USER", Takes::Nothing),
    ("CREDENTIAL", Takes::Text),
    ("FILE", Takes::Number),
    ("PASSWORD", Takes::Text),
    ("MEDIANAME", Takes::Text),
    ("MEDIAPASSWORD", Takes::Text),
    ("BLOCKSIZE", Takes::Number),
    ("BUFFERCOUNT", Takes::Number),
    ("MAXTRANSFERSIZE", Takes::Number),
    ("CHECKSUM", Takes::Nothing),
    ("NO_CHECKSUM", Takes::Nothing),
    ("STOP_ON_ERROR", Takes::Nothing),
    ("CONTINUE_AFTER_ERROR", Takes::Nothing),
    ("STATS", Takes::MaybeNumber),
    ("REWIND", Takes::Nothing),
    ("NOREWIND", Takes::Nothing),
    ("UNLOAD", Takes::Nothing),
    ("NOUNLOAD", Takes::Nothing),
    ("LOADHISTORY", Takes::Nothing),
    ("PARTIAL", Takes::Nothing),
    ("ENABLE_BROKER", Takes::Nothing),
    ("ERROR_BROKER_CONVERSATIONS", Takes::Nothing),
    ("NEW_BROKER", Takes::Nothing),
    ("KEEP_REPLICATION", Takes::Nothing),
    ("KEEP_CDC", Takes::Nothing),
    ("STOPAT", Takes::Text),
    ("STOPATMARK", Takes::Text),
    ("STOPBEFOREMARK", Takes::Text),
    ("METADATA_ONLY", Takes::Nothing),
];

impl Parser<'_> {
    /// `BACKUP { DATABASE | LOG } x TO ... WITH ...`
    pub(super) fn backup(&mut self) -> Result<Body, SyntaxError> {
        self.expect_word("BACKUP")?;
        let log = match self.peek_word().as_deref() {
            Some("DATABASE") => false,
            Some("LOG") => true,
            _ => return Err(self.near()),
        };
        self.advance();
        let database = self.name_or_operand()?;
        let partial = self.part_of_database()?;
        self.expect_word("TO")?;
        let devices = self.devices()?;
        let mut mirrors = Vec::new();
        while self.word("MIRROR") {
            self.expect_word("TO")?;
            mirrors.push(self.devices()?);
        }
        let mut backup = Backup { log, database, partial, devices, mirrors, options: Vec::new(), encryption: None };
        if self.word("WITH") {
            self.list(|parser| {
                if parser.word("ENCRYPTION") {
                    backup.encryption = Some(parser.encryption()?);
                    return Ok(());
                }
                backup.options.push(parser.media_option(&BACKUP_OPTIONS)?);
                Ok(())
            })?;
        }
        Ok(Body::Backup(Box::new(backup)))
    }

    /// `RESTORE ... FROM ... WITH ...`
    pub(super) fn restore(&mut self) -> Result<Body, SyntaxError> {
        self.expect_word("RESTORE")?;
        let kind = match self.peek_word().as_deref() {
            Some("DATABASE") => RestoreKind::Database,
            Some("LOG") => RestoreKind::Log,
            Some("HEADERONLY") => RestoreKind::HeaderOnly,
            Some("FILELISTONLY") => RestoreKind::FileListOnly,
            Some("LABELONLY") => RestoreKind::LabelOnly,
            Some("VERIFYONLY") => RestoreKind::VerifyOnly,
            _ => return Err(self.near()),
        };
        self.advance();
        let has_database = matches!(kind, RestoreKind::Database | RestoreKind::Log);
        let database = if has_database { Some(self.name_or_operand()?) } else { None };
        let partial = if has_database { self.part_of_database()? } else { false };
        let devices = if self.word("FROM") {
            self.devices()?
        } else if has_database {
            Vec::new()
        } else {
            return Err(self.near());
        };
        let mut restore = Restore { kind, database, partial, devices, moves: Vec::new(), options: Vec::new() };
        if self.word("WITH") {
            self.list(|parser| {
                if parser.word("MOVE") {
                    let logical = parser.operand()?;
                    parser.expect_word("TO")?;
                    restore.moves.push((logical, parser.operand()?));
                    return Ok(());
                }
                restore.options.push(parser.media_option(&RESTORE_OPTIONS)?);
                Ok(())
            })?;
        }
        Ok(Body::Restore(Box::new(restore)))
    }

    /// `FILE = 'x', FILEGROUP = 'y', PAGE = 'n:m', READ_WRITE_FILEGROUPS` after the database's name.
    fn part_of_database(&mut self) -> Result<bool, SyntaxError> {
        let mut any = false;
        loop {
            match self.peek_word().as_deref() {
                Some("FILE" | "FILEGROUP" | "PAGE") => {
                    self.advance();
                    self.expect('=')?;
                    self.operand()?;
                }
                Some("READ_WRITE_FILEGROUPS") => self.advance(),
                _ => return Ok(any),
            }
            any = true;
            self.symbol(',');
        }
    }

    fn devices(&mut self) -> Result<Vec<Device>, SyntaxError> {
        let mut devices = Vec::new();
        self.list(|parser| {
            let kind = parser.peek_word().filter(|_| parser.peek_symbol_at(1) == Some('='));
            devices.push(match kind.as_deref() {
                Some("DISK") => {
                    parser.advance();
                    parser.advance();
                    Device::Disk(parser.operand()?)
                }
                Some(kind @ ("TAPE" | "URL" | "VIRTUAL_DEVICE" | "DATABASE_SNAPSHOT" | "PIPE")) => {
                    parser.advance();
                    parser.advance();
                    Device::Other(kind.to_owned(), parser.operand()?)
                }
                Some(_) => return Err(parser.near()),
                None => Device::Logical(parser.name_or_operand()?),
            });
            Ok(())
        })?;
        Ok(devices)
    }

    fn media_option(&mut self, known: &[(&str, Takes)]) -> Result<MediaOption, SyntaxError> {
        let word = self.peek_word().ok_or_else(|| self.near())?;
        let Some((name, takes)) = known.iter().find(|(name, _)| *name == word) else {
            let written = self.peek_name().unwrap_or_default();
            return Err(self.error(155, format!("'{written}' is not a recognized option.")));
        };
        self.advance();
        let value = match takes {
            Takes::Nothing => None,
            Takes::MaybeNumber if self.peek_symbol() != Some('=') => None,
            _ => {
                self.expect('=')?;
                Some(self.option_value(*takes)?)
            }
        };
        if *name == "COMPRESSION" && self.symbol('(') {
            // SQL Server 2022: COMPRESSION (ALGORITHM = MS_XPRESS)
            self.expect_word("ALGORITHM")?;
            self.expect('=')?;
            self.option_word(&["MS_XPRESS", "QAT_DEFLATE", "ZSTD"])?;
            self.expect(')')?;
        }
        if name.ends_with("MARK") && self.word("AFTER") {
            self.operand()?;
        }
        Ok(MediaOption { name: (*name).to_owned(), value })
    }

    fn option_value(&mut self, takes: Takes) -> Result<Operand, SyntaxError> {
        let fits = match self.kind_at(0) {
            Some(Kind::Variable(_)) => true,
            Some(Kind::Text(_)) => takes == Takes::Text,
            Some(Kind::Number(_)) => takes != Takes::Text,
            _ => false,
        };
        if fits { self.operand() } else { Err(self.near()) }
    }

    /// `( ALGORITHM = AES_256, SERVER CERTIFICATE = x )`
    fn encryption(&mut self) -> Result<Encryption, SyntaxError> {
        self.expect('(')?;
        self.expect_word("ALGORITHM")?;
        self.expect('=')?;
        let algorithm = self.option_word(&["AES_128", "AES_192", "AES_256", "TRIPLE_DES_3KEY"])?;
        self.expect(',')?;
        self.expect_word("SERVER")?;
        if self.word("ASYMMETRIC") {
            self.expect_word("KEY")?;
        } else {
            self.expect_word("CERTIFICATE")?;
        }
        self.expect('=')?;
        let certificate = self.name()?;
        self.expect(')')?;
        Ok(Encryption { algorithm, certificate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsql::parse::batch;

    fn error(text: &str) -> i32 {
        batch(text).unwrap_err().number
    }

    #[test]
    fn a_backup_is_read_with_all_its_options() {
        let mut all = batch(
            "BACKUP DATABASE [a]]b] TO DISK = N'D:\\x.bak', DISK = @d WITH NOFORMAT, INIT, NAME = N'n', STATS = 5, \
             STATS, CHECKSUM SELECT 1",
        )
        .unwrap();
        assert_eq!(all.len(), 2, "the statement ends where the next begins");
        let Body::Backup(backup) = all.remove(0).body else { panic!() };
        assert_eq!(backup.database, Operand::Text("a]b".into()));
        assert_eq!(backup.devices.len(), 2);
        assert_eq!(backup.options[3], MediaOption { name: "STATS".into(), value: Some(Operand::Number(5)) });
        assert_eq!(backup.options[4].value, None);
    }

    #[test]
    fn a_restore_has_moves_and_may_have_no_device() {
        let mut all =
            batch("RESTORE DATABASE x FROM DISK='a' WITH FILE=2, MOVE 'x' TO 'D:\\x.mdf', NORECOVERY").unwrap();
        let Body::Restore(restore) = all.remove(0).body else { panic!() };
        assert_eq!(restore.moves.len(), 1);
        assert!(batch("RESTORE DATABASE x WITH RECOVERY").is_ok());
        assert_eq!(error("RESTORE HEADERONLY"), 102);
    }

    #[test]
    fn what_the_grammar_does_not_have_is_refused() {
        assert_eq!(error("BACKUP DATABASE x TO DISK = 'a' WITH CHECKSUMS"), 155);
        assert_eq!(error("BACKUP DATABASE x TO DISK = 'a' WITH"), 102);
        assert_eq!(error("BACKUP DATABASE x"), 102);
        assert_eq!(error("BACKUP DATABASE x TO DISK = 5x"), 102);
        assert_eq!(error("BACKUP DATABASE x TO DISK = 'a' WITH NAME = 5"), 102);
        assert_eq!(error("RESTORE DATABASE x FROM DISK = 'a' WITH DIFFERENTIAL"), 155);
        assert_eq!(error("BACKUP TABLE x TO DISK = 'a'"), 102);
    }
}
