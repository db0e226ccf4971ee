//! What an instance is told when it opens: its name, version, edition, folders and clock.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

/// The edition, as `SERVERPROPERTY('Edition')` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Developer Edition (64-bit): everything is allowed.
    Developer,
    /// Express Edition (64-bit): no backup compression (error 1844), no SQL Server Agent.
    Express,
}

impl Edition {
    /// `SERVERPROPERTY('Edition')`.
    pub const fn name(self) -> &'static str {
        match self {
            Edition::Developer => "Developer Edition (64-bit)",
            Edition::Express => "Express Edition (64-bit)",
        }
    }

    /// `SERVERPROPERTY('EngineEdition')`.
    pub const fn engine_edition(self) -> i32 {
        match self {
            Edition::Developer => 3,
            Edition::Express => 4,
        }
    }
}

/// A product version, printed as `15.0.4261.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 15 for SQL Server 2019.
    pub major: u8,
    /// 0 since SQL Server 2012.
    pub minor: u8,
    /// The build, stored in media and in `HEADERONLY`.
    pub build: u16,
    /// The revision of the build.
    pub revision: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.major, self.minor, self.build, self.revision)
    }
}

/// The server's clock: the time now, and how far local time is from UTC.
#[derive(Clone)]
pub struct Clock {
    utc_now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    offset_minutes: i32,
}

impl Clock {
    /// The clock of this machine, with the server's local time `offset_minutes` east of UTC
    /// (210 for Iran).
    pub fn system(offset_minutes: i32) -> Clock {
        Clock::from_fn(Utc::now, offset_minutes)
    }

    /// This machine's clock, wrong by `shift`.
    pub fn shifted(shift: Duration, offset_minutes: i32) -> Clock {
        Clock::from_fn(move || Utc::now() + shift, offset_minutes)
    }

    /// A clock that asks `utc_now` each time.
    pub fn from_fn(utc_now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static, offset_minutes: i32) -> Clock {
        Clock { utc_now: Arc::new(utc_now), offset_minutes }
    }

    /// The time in UTC, `GETUTCDATE()`.
    pub fn utc(&self) -> NaiveDateTime {
        (self.utc_now)().naive_utc()
    }

    /// The server's local time, `GETDATE()`.
    pub fn local(&self) -> NaiveDateTime {
        self.utc() + Duration::minutes(i64::from(self.offset_minutes))
    }

    /// Minutes east of UTC.
    pub const fn offset_minutes(&self) -> i32 {
        self.offset_minutes
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("utc", &self.utc()).field("offset_minutes", &self.offset_minutes).finish()
    }
}

/// What an [`Engine`](super::Engine) is opened with. [`EngineOptions::default`] is a SQL Server
/// 2019 Developer named `HOST\PAYAMGOSTAR2` on Iran's time.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// `@@SERVERNAME`: `HOST\INSTANCE`, or `HOST` for the default instance.
    pub server_name: String,
    /// `SERVERPROPERTY('ProductVersion')`.
    pub version: Version,
    /// `SERVERPROPERTY('Edition')`.
    pub edition: Edition,
    /// `SERVERPROPERTY('InstanceDefaultDataPath')`, with a separator at its end.
    pub data_path: String,
    /// `SERVERPROPERTY('InstanceDefaultLogPath')`, with a separator at its end.
    pub log_path: String,
    /// `SERVERPROPERTY('InstanceDefaultBackupPath')`, without a separator at its end.
    pub backup_path: String,
    /// `SERVERPROPERTY('PathSeparator')`: `\` on Windows, `/` on Linux.
    pub path_separator: char,
    /// The account that opens files, `NT Service\MSSQL$PAYAMGOSTAR2`.
    pub service_account: String,
    /// The clock.
    pub clock: Clock,
    /// Physical block size of new media when a backup names none: 512 or 4096.
    pub block_size: u32,
    /// What ends `STOPAT`: only a record of a later time (so dbatools #8719 saw it; a quiet time has none),
    /// or the time of the log backup too.
    pub stops_by_records: bool,
}

impl EngineOptions {
    /// The machine, the part of [`server_name`](EngineOptions::server_name) before `\`.
    pub fn machine_name(&self) -> &str {
        self.server_name.split('\\').next().unwrap_or_default()
    }

    /// The instance, the part of [`server_name`](EngineOptions::server_name) after `\`; `None` for
    /// the default instance.
    pub fn instance_name(&self) -> Option<&str> {
        self.server_name.split_once('\\').map(|(_, instance)| instance)
    }
}

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        let home = r"C:\Program Files\Microsoft SQL Server\MSSQL15.PAYAMGOSTAR2\MSSQL";
        EngineOptions {
            server_name: r"HOST\PAYAMGOSTAR2".to_owned(),
            version: Version { major: 15, minor: 0, build: 4261, revision: 1 },
            edition: Edition::Developer,
            data_path: format!(r"{home}\DATA\"),
            log_path: format!(r"{home}\DATA\"),
            backup_path: format!(r"{home}\Backup"),
            path_separator: '\\',
            service_account: r"NT Service\MSSQL$PAYAMGOSTAR2".to_owned(),
            clock: Clock::system(210),
            block_size: 4096,
            stops_by_records: false,
        }
    }
}
