//! Statements, as the parser leaves them.

use sqlparser::ast as sql;

use crate::engine::Encryption;
use crate::value::SqlType;

/// A statement and where it stands.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Line in the batch, from 1.
    pub line: u32,
    /// What it is.
    pub body: Body,
}

/// What a statement is.
#[derive(Debug, Clone)]
pub enum Body {
    /// SELECT, INSERT, UPDATE, DELETE, CREATE TABLE, DROP TABLE, TRUNCATE TABLE
    Query(Box<sql::Statement>),
    /// `INSERT INTO t EXEC p`
    InsertExecute(Box<sql::Statement>, Call),
    /// `USE x`
    Use(String),
    /// `DECLARE @a int = 1, @b ...`
    Declare(Vec<Declaration>),
    /// `DECLARE @t TABLE (...)` and `CREATE TABLE #t`, by the name with its mark.
    TemporaryTable(String, Box<sql::Statement>),
    /// `SET @a = ...`
    SetVariable(String, sql::Expr),
    /// `SET NOCOUNT ON`: the option's words.
    SetOption(Vec<String>),
    /// `IF ... ELSE ...`
    If(sql::Expr, Box<Statement>, Option<Box<Statement>>),
    /// `WHILE ...`
    While(sql::Expr, Box<Statement>),
    /// `BEGIN ... END`
    Block(Vec<Statement>),
    /// `BEGIN TRY ... END TRY BEGIN CATCH ... END CATCH`
    Try(Vec<Statement>, Vec<Statement>),
    /// `BREAK`
    Break,
    /// `CONTINUE`
    Continue,
    /// `RETURN`
    Return(Option<sql::Expr>),
    /// `PRINT`
    Print(sql::Expr),
    /// `RAISERROR(text, severity, state, ...)`; the flag is NOWAIT.
    RaiseError(Vec<sql::Expr>),
    /// `THROW`, with number, text and state or again.
    Throw(Option<Box<[sql::Expr; 3]>>),
    /// `WAITFOR DELAY`
    WaitFor(sql::Expr),
    /// `EXEC p ...`
    Execute(Call),
    /// `EXEC (text)`
    ExecuteText(sql::Expr),
    /// `BACKUP ...`
    Backup(Box<Backup>),
    /// `RESTORE ...`
    Restore(Box<Restore>),
    /// `ALTER DATABASE x ...`
    AlterDatabase(String, Change),
    /// `CREATE DATABASE x ...`
    CreateDatabase(CreateDatabase),
    /// `DROP DATABASE [IF EXISTS] x, y`
    DropDatabase(Vec<String>, bool),
    /// `CREATE MASTER KEY ENCRYPTION BY PASSWORD = ...`
    CreateMasterKey,
    /// `CREATE CERTIFICATE x WITH SUBJECT = ...`: name and subject.
    CreateCertificate(String, String),
    /// `ALTER USER x WITH LOGIN = y`
    AlterUser(String, String),
    /// `KILL n`
    Kill(i32),
    /// `DBCC x (...) WITH ...`
    Dbcc(Dbcc),
    /// `CHECKPOINT`
    Checkpoint,
    /// `BEGIN TRANSACTION`
    Begin,
    /// `COMMIT`
    Commit,
    /// `ROLLBACK`
    Rollback,
}

/// A declared variable.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// With its `@`.
    pub name: String,
    /// Its type.
    pub ty: SqlType,
    /// Its first value.
    pub value: Option<sql::Expr>,
}

/// A call of a procedure.
#[derive(Debug, Clone)]
pub struct Call {
    /// Last part of the name, without brackets.
    pub name: String,
    /// Parameters with their names, if given.
    pub arguments: Vec<Argument>,
    /// Variable for the return status.
    pub status: Option<String>,
}

/// A parameter of a call.
#[derive(Debug, Clone)]
pub struct Argument {
    /// With its `@`.
    pub name: Option<String>,
    /// The value.
    pub value: sql::Expr,
    /// `OUTPUT`: the variable to write to.
    pub output: Option<String>,
}

/// A text or a number that a statement may also take from a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// A variable.
    Variable(String),
}

/// An option of a `WITH` clause, checked by the parser against what the statement takes.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaOption {
    /// Upper case.
    pub name: String,
    /// After `=`.
    pub value: Option<Operand>,
}

/// A backup device.
#[derive(Debug, Clone, PartialEq)]
pub enum Device {
    /// `DISK = path`
    Disk(Operand),
    /// `URL = ...`, `TAPE = ...`: a kind that this server has not.
    Other(String, Operand),
    /// A logical device.
    Logical(Operand),
}

/// `BACKUP DATABASE` or `BACKUP LOG`.
#[derive(Debug, Clone)]
pub struct Backup {
    /// `LOG`
    pub log: bool,
    /// The database.
    pub database: Operand,
    /// Whether `FILE =` or `FILEGROUP =` chose a part of it.
    pub partial: bool,
    /// `TO`
    pub devices: Vec<Device>,
    /// `MIRROR TO`
    pub mirrors: Vec<Vec<Device>>,
    /// `WITH`
    pub options: Vec<MediaOption>,
    /// `ENCRYPTION (...)`: certificate name.
    pub encryption: Option<Encryption>,
}

/// What a `RESTORE` statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreKind {
    /// `DATABASE`
    Database,
    /// `LOG`
    Log,
    /// `HEADERONLY`
    HeaderOnly,
    /// `FILELISTONLY`
    FileListOnly,
    /// `LABELONLY`
    LabelOnly,
    /// `VERIFYONLY`
    VerifyOnly,
}

impl RestoreKind {
    /// As in "RESTORE x is terminating abnormally."
    pub const fn name(self) -> &'static str {
        match self {
            RestoreKind::Database => "RESTORE DATABASE",
            RestoreKind::Log => "RESTORE LOG",
            RestoreKind::HeaderOnly => "RESTORE HEADERONLY",
            RestoreKind::FileListOnly => "RESTORE FILELIST",
            RestoreKind::LabelOnly => "RESTORE LABELONLY",
            RestoreKind::VerifyOnly => "VERIFY DATABASE",
        }
    }
}

/// A `RESTORE` statement.
#[derive(Debug, Clone)]
pub struct Restore {
    /// What it is about.
    pub kind: RestoreKind,
    /// The database, of DATABASE and LOG.
    pub database: Option<Operand>,
    /// Whether `FILE =`, `FILEGROUP =` or `PAGE =` chose a part of it.
    pub partial: bool,
    /// `FROM`
    pub devices: Vec<Device>,
    /// `MOVE x TO y`
    pub moves: Vec<(Operand, Operand)>,
    /// `WITH`
    pub options: Vec<MediaOption>,
}

/// What `ALTER DATABASE` changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// `SET ...`: the options, upper case, and `WITH ROLLBACK` or `NO_WAIT`.
    Set {
        /// Each option's words: `["RECOVERY", "SIMPLE"]`.
        options: Vec<Vec<String>>,
        /// How others are dealt with.
        termination: Termination,
    },
    /// `MODIFY NAME = x`
    Name(String),
    /// Anything else it can change on a real server: named in the refusal.
    Other(String),
}

/// `WITH` of `ALTER DATABASE ... SET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// Waits for others.
    Wait,
    /// `NO_WAIT`
    NoWait,
    /// `ROLLBACK IMMEDIATE` or `ROLLBACK AFTER n`
    Rollback,
}

/// `CREATE DATABASE`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDatabase {
    /// Its name.
    pub name: String,
    /// `ON`
    pub data: Vec<DatabaseFile>,
    /// `LOG ON`
    pub log: Vec<DatabaseFile>,
}

/// A file of `CREATE DATABASE`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatabaseFile {
    /// `NAME`
    pub name: String,
    /// `FILENAME`
    pub path: String,
    /// `SIZE` in bytes.
    pub size: Option<u64>,
    /// File group; empty for the primary one.
    pub group: String,
}

/// A `DBCC` command.
#[derive(Debug, Clone, PartialEq)]
pub struct Dbcc {
    /// Upper case.
    pub command: String,
    /// First argument, if any.
    pub argument: Option<Operand>,
    /// Options after `WITH`, upper case.
    pub options: Vec<String>,
}
