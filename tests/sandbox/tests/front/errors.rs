//! Every message that the backup family is known by: raised, as clients get it. Numbers, severities and texts
//! are those of `sys.messages`; information has severity 10 there and reaches clients with 0.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pgbackup_sandbox::engine::{Edition, OsError, Version};
use pgbackup_sandbox::{Account, Builder, DatabaseRole, Sandbox};

use crate::client::{PASSWORD, USER};
use crate::wire::{Said, Wire};

/// Number, severity, words that its text holds.
const MESSAGES: &[(i32, u8, &str)] = &[
    (229, 14, "The EXECUTE permission was denied on the object 'xp_create_subdir'"),
    (262, 14, "BACKUP DATABASE permission denied in database 'PayamGostar2'."),
    (911, 16, "Database 'Nobody' does not exist. Make sure that the name is entered correctly."),
    (924, 14, "Database 'PayamGostar2' is already open and can only have one user at a time."),
    (927, 14, "Database 'PayamGostar2' cannot be opened. It is in the middle of a restore."),
    (942, 14, "Database 'PayamGostar2' cannot be opened because it is offline."),
    (952, 16, "Database 'PayamGostar2' is in transition. Try the statement later."),
    (1844, 16, "BACKUP DATABASE WITH COMPRESSION is not supported on Express Edition (64-bit)."),
    (3013, 16, "BACKUP DATABASE is terminating abnormally."),
    (3014, 0, "BACKUP DATABASE successfully processed "),
    (3021, 16, "Cannot perform a backup or restore operation within a transaction."),
    (3023, 16, "encryption changes on a database must be serialized. Reissue the statement after"),
    (3035, 16, "Cannot perform a differential backup for database \"PayamGostar2\", because a current database backup"),
    (3041, 16, "BACKUP failed to complete the command BACKUP DATABASE Nobody. Check the backup application log"),
    (
        3057,
        16,
        "Invalid device name. The length of the device name provided exceeds supported limit (maximum length is:259)",
    ),
    (3098, 16, "The backup cannot be performed because 'COMPRESSION' was requested after the media was formatted with"),
    (3101, 16, "Exclusive access could not be obtained because the database is in use."),
    (3102, 16, "RESTORE cannot process database 'PayamGostar2' because it is in use by this session."),
    (3110, 14, "User does not have permission to RESTORE database 'PayamGostar2'."),
    (3117, 16, "The log or differential backup cannot be restored because no files are ready to rollforward."),
    (
        3118,
        16,
        "The database \"New\" does not exist. RESTORE can only create a database when restoring either a full backup",
    ),
    (3119, 16, "Problems were identified while planning for the RESTORE statement. Previous messages provide details."),
    (3132, 16, "The media set has 2 media families but only 1 are provided. All members must be provided."),
    (3136, 16, "This differential backup cannot be restored because the database has not been restored to the correct"),
    (
        3142,
        16,
        "cannot be restored over the existing \"D:\\Data\\there.mdf\". Reissue the RESTORE statement using WITH REPLACE",
    ),
    (3154, 16, "The backup set holds a backup of a database other than the existing 'Other' database."),
    (3156, 16, "cannot be restored to 'D:\\No\\x.mdf'. Use WITH MOVE to identify a valid location for the file."),
    (
        3159,
        16,
        "The tail of the log for the database \"PayamGostar2\" has not been backed up. Use BACKUP LOG WITH NORECOVERY",
    ),
    (3169, 16, "The database was backed up on a server running version 15.00."),
    (3183, 16, "RESTORE detected an error on page ("),
    (
        3187,
        16,
        "RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information.",
    ),
    (
        3201,
        16,
        "Cannot open backup device 'D:\\No\\x.bak'. Operating system error 3(The system cannot find the path specified.).",
    ),
    (3202, 16, "Write on \"D:\\Backup\\full.bak\" failed: 112(There is not enough space on the disk.)"),
    (3203, 16, "Read on \"D:\\Backup\\a.bak\" failed: 23(Data error (cyclic redundancy check).)"),
    (3204, 16, "The backup or restore was aborted."),
    (
        3206,
        16,
        "Backup device 'tape1' does not exist. To view existing backup devices, use the sys.backup_devices catalog view.",
    ),
    (3211, 0, "50 percent processed."),
    (3227, 16, "is part of media family 1 which has already been processed on"),
    (
        3231,
        16,
        "is formatted to support 1 media families, but 2 media families are expected according to the backup device",
    ),
    (
        3234,
        16,
        "Logical file 'nope' is not part of database 'PayamGostar2'. Use RESTORE FILELISTONLY to list the logical",
    ),
    (3241, 16, "is incorrectly formed. SQL Server cannot process this media family."),
    (3242, 16, "The file on device 'D:\\Backup\\text.bak' is not a valid Microsoft Tape Format backup set."),
    (
        3256,
        16,
        "was terminated while it was being created and is incomplete. RESTORE sequence is terminated abnormally.",
    ),
    (3257, 16, "There is insufficient free space on disk volume"),
    (3262, 0, "The backup set on file 1 is valid."),
    (3266, 16, "The backup data at the end of \"D:\\Backup\\full.bak\" is incorrectly formatted."),
    (4035, 0, " pages for database 'PayamGostar2', file 'PayamGostar2' on file 1."),
    (4038, 16, "Cannot find file ID 9 on device 'D:\\Backup\\a.bak'."),
    (4060, 11, "Cannot open database \"Nobody\" requested by the login. The login failed."),
    (4208, 16, "The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or"),
    (4214, 16, "BACKUP LOG cannot be performed because there is no current database backup."),
    (4305, 16, "which is too recent to apply to the database. An earlier log backup that includes LSN "),
    (4319, 16, "A previous restore operation was interrupted and did not complete processing on file 'PayamGostar2'."),
    (4322, 0, "This backup set contains records that were logged before the designated point in time."),
    (4326, 16, "which is too early to apply to the database. A more recent log backup that includes LSN "),
    (
        4335,
        16,
        "The specified STOPAT time is too early. All or part of the database is already rolled forward beyond that point.",
    ),
    (18456, 14, "Login failed for user 'sa'."),
];

/// A server with `PayamGostar2`, folders, and what it said so far.
struct Stage {
    sandbox: Sandbox,
    wire: Wire,
    heard: BTreeMap<i32, Said>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(set_up: impl FnOnce(Builder) -> Builder) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let database = "PayamGostar2";
        let builder = Sandbox::builder()
            .root(folder.path())
            .login(USER, PASSWORD)
            .account(Account::new("nothing", "x").database_role(database, DatabaseRole::DataReader))
            .payamgostar(300);
        let sandbox = set_up(builder).start_blocking().unwrap();
        let (wire, said) = Wire::connect(sandbox.addr(), USER, PASSWORD, "master");
        assert!(said.iter().all(|message| !message.is_error), "{said:?}");
        let mut stage = Stage { sandbox, wire, heard: BTreeMap::new(), _folder: folder };
        for folder in ["D:\\Backup", "D:\\Data", "E:\\Log"] {
            stage.run(&format!("EXEC master.dbo.xp_create_subdir N'{folder}'"));
        }
        stage
    }

    fn hear(&mut self, said: Vec<Said>) -> Vec<i32> {
        let numbers = said.iter().map(|message| message.number).collect();
        for message in said {
            self.heard.entry(message.number).or_insert(message);
        }
        numbers
    }

    fn run(&mut self, batch: &str) -> Vec<i32> {
        let said = self.wire.run(batch);
        self.hear(said)
    }

    /// The numbers of the errors of a batch, which must be these.
    fn refused(&mut self, batch: &str, numbers: &[i32]) {
        let said = self.wire.run(batch);
        let errors: Vec<i32> = said.iter().filter(|message| message.is_error).map(|message| message.number).collect();
        assert_eq!(errors, numbers, "{batch}: {said:?}");
        self.hear(said);
    }

    fn as_nobody(&mut self, batch: &str) {
        let (mut wire, _) = Wire::connect(self.sandbox.addr(), "nothing", "x", "master");
        let said = wire.run(batch);
        self.hear(said);
    }

    /// Waits until a slow statement has made its file.
    fn wait_for(&self, path: &str) {
        let file = self.sandbox.host_path(path).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !file.exists() {
            assert!(Instant::now() < deadline, "it does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn other(&self) -> Wire {
        Wire::connect(self.sandbox.addr(), USER, PASSWORD, "master").0
    }
}

fn to(file: &str) -> String {
    format!("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\{file}'")
}

fn from(database: &str, file: &str, more: &str) -> String {
    let moves = "MOVE N'PayamGostar2' TO N'D:\\Data\\{}.mdf', MOVE N'PayamGostar2_log' TO N'E:\\Log\\{}.ldf'";
    let moves = moves.replace("{}", database);
    format!("RESTORE DATABASE [{database}] FROM DISK = N'D:\\Backup\\{file}' WITH {moves}{more}")
}

fn log(database: &str, file: &str, more: &str) -> String {
    format!("RESTORE LOG [{database}] FROM DISK = N'D:\\Backup\\{file}' WITH NORECOVERY{more}")
}

fn logins(stage: &mut Stage) {
    let (_, said) = Wire::connect(stage.sandbox.addr(), USER, "wrong", "master");
    assert_eq!(stage.hear(said), [18456]);
    let (_, said) = Wire::connect(stage.sandbox.addr(), USER, PASSWORD, "Nobody");
    assert_eq!(stage.hear(said), [4060, 18456]);
    stage.as_nobody(&to("x.bak"));
    stage.as_nobody("EXEC master.dbo.xp_create_subdir N'D:\\x'");
    stage.as_nobody(&from("PayamGostar2", "x.bak", ""));
}

fn backups(stage: &mut Stage) {
    stage.refused("BACKUP DATABASE Nobody TO DISK = N'D:\\Backup\\x.bak'", &[911, 3013]);
    assert!(stage.sandbox.error_log().iter().any(|line| line.contains("3041, Severity: 16, State: 1")));
    let text = stage.sandbox.error_log().into_iter().rfind(|line| line.starts_with("BACKUP failed")).unwrap();
    // The one message here that is for the error log alone.
    stage.hear(vec![Said { number: 3041, severity: 16, state: 1, line: 1, text, is_error: true }]);
    stage.refused("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\No\\x.bak'", &[3201, 3013]);
    stage.refused("BACKUP DATABASE PayamGostar2 TO tape1", &[3206, 3013]);
    stage.refused(&to(&format!("{}.bak", "x".repeat(260))), &[3057, 3013]);
    stage.refused(&format!("BEGIN TRANSACTION; {}", to("x.bak")), &[3021, 3013]);
    stage.run("ROLLBACK");
    stage.refused(&format!("{} WITH DIFFERENTIAL", to("x.bak")), &[3035, 3013]);
    stage.refused("BACKUP LOG PayamGostar2 TO DISK = N'D:\\Backup\\x.trn'", &[4214, 3013]);
    stage.refused(&format!("{} WITH STATS = 50", to("plain.bak")), &[]);
    stage.refused(&format!("{} WITH COMPRESSION", to("plain.bak")), &[3098, 3013]);
    stage.refused(&format!("{} WITH CHECKSUM", to("a.bak")), &[]);
    let striped = "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\s1.bak', DISK = N'D:\\Backup\\s2.bak'";
    stage.refused(striped, &[]);
    let wider = "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\a.bak', DISK = N'D:\\Backup\\new.bak'";
    stage.refused(wider, &[3231, 3013]);
    stage.sandbox.engine().faults().fail_media_write(300_000, OsError::DiskFull);
    stage.refused(&to("full.bak"), &[3202, 3013]);
    stage.refused(&to("full.bak"), &[3266, 3013]);
}

fn states(stage: &mut Stage) {
    let alter = "ALTER DATABASE PayamGostar2 SET";
    stage.run(&format!("{alter} OFFLINE"));
    stage.refused(&to("x.bak"), &[942, 3013]);
    stage.run(&format!("{alter} ONLINE"));
    stage.sandbox.engine().faults().hold_in_transition("PayamGostar2", true);
    stage.refused("USE PayamGostar2", &[952]);
    stage.refused(&to("x.bak"), &[952, 3013]);
    stage.sandbox.engine().faults().hold_in_transition("PayamGostar2", false);
    stage.run(&format!("{alter} SINGLE_USER WITH ROLLBACK IMMEDIATE; USE PayamGostar2"));
    let said = stage.other().run("USE PayamGostar2");
    assert_eq!(stage.hear(said), [924]);
    stage.refused("RESTORE DATABASE PayamGostar2 FROM DISK = N'D:\\Backup\\a.bak' WITH REPLACE", &[3102, 3013]);
    stage.run(&format!("USE master; {alter} MULTI_USER"));
    let mut inside = stage.other();
    inside.run("USE PayamGostar2");
    stage.refused("RESTORE DATABASE PayamGostar2 FROM DISK = N'D:\\Backup\\a.bak' WITH REPLACE", &[3101, 3013]);
    inside.run("USE master");
    stage.run(&format!("{alter} RECOVERY SIMPLE"));
    stage.refused("BACKUP LOG PayamGostar2 TO DISK = N'D:\\Backup\\x.trn'", &[4208, 3013]);
    stage.run(&format!("{alter} RECOVERY FULL"));
}

fn media(stage: &mut Stage) {
    let backup = |name: &str| stage.sandbox.host_path(&format!("D:\\Backup\\{name}")).unwrap();
    std::fs::write(backup("text.bak"), "plain text, no tape").unwrap();
    std::fs::write(backup("torn.bak"), b"TAPE and then nothing").unwrap();
    let mut bad = std::fs::read(backup("a.bak")).unwrap();
    let page =
        bad.windows(2).enumerate().position(|(at, two)| at % 1024 == 0 && at > 200_000 && two == [1, 1]).unwrap();
    bad[page + 4000] ^= 0x10;
    std::fs::write(backup("bad.bak"), bad).unwrap();
    let verify = |file: &str| format!("RESTORE VERIFYONLY FROM DISK = N'D:\\Backup\\{file}'");
    stage.refused(&verify("a.bak"), &[]);
    stage.refused(&verify("text.bak"), &[3242, 3013]);
    stage.refused(&verify("torn.bak"), &[3241, 3013]);
    stage.refused(&verify("full.bak"), &[3256, 3013]);
    stage.refused(&verify("bad.bak"), &[3183, 3013]);
    stage.refused(&format!("{} WITH CHECKSUM", verify("plain.bak")), &[3187, 3013]);
    stage.refused(&format!("{} WITH FILE = 9", verify("a.bak")), &[4038, 3013]);
    stage.refused(&verify("s1.bak"), &[3132, 3013]);
    stage.refused(&format!("{}, DISK = N'D:\\Backup\\s1.bak'", verify("s1.bak")), &[3227, 3013]);
    stage.sandbox.engine().faults().fail_media_read(200_000, OsError::Crc);
    stage.refused(&verify("a.bak"), &[3203, 3013]);
}

fn restores(stage: &mut Stage) {
    // The change of the recovery model ended the chain; this begins one.
    stage.refused(&to("again.bak"), &[]);
    stage.refused("RESTORE DATABASE PayamGostar2 FROM DISK = N'D:\\Backup\\a.bak'", &[3159, 3013]);
    stage.run("CREATE DATABASE Other");
    stage.refused("RESTORE DATABASE Other FROM DISK = N'D:\\Backup\\a.bak'", &[3154, 3013]);
    stage.refused(&from("New", "a.bak", ", MOVE N'nope' TO N'D:\\Data\\n.ndf'"), &[3234, 3013]);
    let nowhere = "RESTORE DATABASE New FROM DISK = N'D:\\Backup\\a.bak' WITH MOVE N'PayamGostar2' TO N'D:\\No\\x.mdf', \
                   MOVE N'PayamGostar2_log' TO N'E:\\Log\\x.ldf'";
    stage.refused(nowhere, &[5133, 3156, 3119, 3013]);
    std::fs::write(stage.sandbox.host_path("D:\\Data\\there.mdf").unwrap(), "something").unwrap();
    stage.refused(&from("there", "a.bak", ""), &[3142, 3013]);
    stage.sandbox.engine().faults().set_free_space("D:", Some(1 << 20));
    stage.refused(&from("New", "a.bak", ""), &[3257, 3119, 3013]);
    stage.sandbox.engine().faults().set_free_space("D:", None);
}

fn chains(stage: &mut Stage) {
    let backup_log = |n: u32| format!("BACKUP LOG PayamGostar2 TO DISK = N'D:\\Backup\\{n}.trn'");
    let change = "UPDATE PayamGostar2.dbo.Customers SET City = N'x' WHERE CustomerId = 1";
    stage.refused(&to("base.bak"), &[]);
    for n in 1..=3 {
        stage.run(change);
        stage.refused(&backup_log(n), &[]);
    }
    stage.run(change);
    stage.refused(&format!("{} WITH DIFFERENTIAL", to("d.dif")), &[]);
    stage.refused(&log("New", "1.trn", ""), &[3118, 3013]);
    stage.refused(&log("PayamGostar2", "1.trn", ""), &[3117, 3013]);
    stage.refused(&from("Chain", "a.bak", ", NORECOVERY"), &[]);
    stage.refused("USE Chain", &[927]);
    let differential = "RESTORE DATABASE Chain FROM DISK = N'D:\\Backup\\d.dif' WITH NORECOVERY";
    stage.refused(differential, &[3136, 3013]);
    stage.refused(&from("Chain", "base.bak", ", NORECOVERY, REPLACE"), &[]);
    stage.refused(&log("Chain", "2.trn", ""), &[4305, 3013]);
    stage.refused(&log("Chain", "1.trn", ", STOPAT = N'2001-01-01T00:00:00'"), &[4335, 3013]);
    let said = stage.run(&log("Chain", "1.trn", ", STOPAT = N'2101-01-01T00:00:00'"));
    assert!(said.contains(&4322), "{said:?}");
    stage.refused(&log("Chain", "2.trn", ""), &[]);
    stage.refused(&log("Chain", "1.trn", ""), &[4326, 3013]);
    // A restore that breaks off leaves nothing to go on from.
    stage.sandbox.engine().faults().pause_per_extent(Duration::from_secs(5));
    let mut slow = stage.other();
    slow.start(&from("Broken", "base.bak", ", NORECOVERY"));
    stage.wait_for("D:\\Data\\Broken.mdf");
    drop(slow);
    stage.sandbox.engine().faults().pause_per_extent(Duration::ZERO);
    let deadline = Instant::now() + Duration::from_secs(20);
    while stage.run(&log("Broken", "1.trn", "")) != [4319, 3013] {
        assert!(Instant::now() < deadline, "the restore goes on without its client");
    }
    stage.refused("RESTORE DATABASE Broken WITH RECOVERY", &[4333, 3013]);
    // The one that broke off lets go a moment after it is seen to have ended.
    while stage.run(&from("Broken", "base.bak", ", REPLACE")).contains(&3023) {
        assert!(Instant::now() < deadline, "the restore holds the database without its client");
    }
    stage.refused(&from("Broken", "base.bak", ", REPLACE"), &[]);
    // The text of 927 is expected of the database that everybody knows.
    stage.heard.remove(&927);
    stage.refused("BACKUP LOG PayamGostar2 TO DISK = N'D:\\Backup\\tail.trn' WITH NORECOVERY", &[]);
    stage.refused(&to("x.bak"), &[927, 3013]);
}

/// A backup that runs while another is asked for, and one that breaks off.
fn beside(stage: &mut Stage) {
    stage.sandbox.engine().faults().pause_per_extent(Duration::from_secs(5));
    let mut slow = stage.other();
    slow.start(&to("slow.bak"));
    stage.wait_for("D:\\Backup\\slow.bak");
    stage.refused(&to("beside.bak"), &[3023, 3013]);
    drop(slow);
    stage.sandbox.engine().faults().pause_per_extent(Duration::ZERO);
    let deadline = Instant::now() + Duration::from_secs(20);
    while stage.run(&to("after.bak")).contains(&3023) {
        assert!(Instant::now() < deadline, "the backup goes on without its client");
    }
    // A power cut is seen by nobody but the one that waited.
    stage.sandbox.engine().faults().crash_media_write(100_000);
    stage.refused(&to("cut.bak"), &[3204, 3013]);
}

#[test]
fn every_message_is_raised_as_the_server_raises_it() {
    let mut stage = Stage::new(|builder| builder);
    logins(&mut stage);
    backups(&mut stage);
    states(&mut stage);
    media(&mut stage);
    restores(&mut stage);
    beside(&mut stage);
    chains(&mut stage);
    let mut express = Stage::new(|builder| builder.edition(Edition::Express));
    express.refused(&format!("{} WITH COMPRESSION", to("x.bak")), &[1844, 3013]);
    let mut old = Stage::new(|builder| builder.version(Version { major: 14, minor: 0, build: 3456, revision: 2 }));
    let newer = stage.sandbox.host_path("D:\\Backup\\base.bak").unwrap();
    std::fs::copy(newer, old.sandbox.host_path("D:\\Backup\\newer.bak").unwrap()).unwrap();
    old.refused(&from("New", "newer.bak", ""), &[3169, 3013]);
    stage.heard.extend([(1844, express.heard[&1844].clone()), (3169, old.heard[&3169].clone())]);
    let wrong: Vec<String> = MESSAGES
        .iter()
        .filter_map(|(number, severity, words)| match stage.heard.get(number) {
            None => Some(format!("{number} was not raised")),
            Some(said) if said.severity != *severity || !said.text.contains(words) => Some(format!("{said:?}")),
            Some(said) if said.is_error != (*severity > 10) => Some(format!("{said:?}")),
            Some(said) if said.line != 1 && *number != 18456 => Some(format!("{said:?}")),
            Some(_) => None,
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The list is the one that was asked for.
#[test]
fn the_list_is_complete() {
    let wanted = [
        911, 924, 927, 942, 952, 229, 262, 1844, 3013, 3014, 3021, 3023, 3035, 3041, 3057, 3098, 3101, 3102, 3110,
        3117, 3118, 3119, 3132, 3136, 3142, 3154, 3156, 3159, 3169, 3183, 3187, 3201, 3202, 3203, 3204, 3206, 3211,
        3227, 3231, 3234, 3241, 3242, 3256, 3257, 3262, 3266, 4035, 4038, 4060, 4208, 4214, 4305, 4319, 4322, 4326,
        4335, 18456,
    ];
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    let listed: Vec<i32> = MESSAGES.iter().map(|(number, ..)| *number).collect();
    assert_eq!(listed, wanted);
}
