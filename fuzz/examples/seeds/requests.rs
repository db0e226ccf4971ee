//! Requests as callers write them: each field at least once. The tests have most of them, too.

/// The reader of `pgbackup_fuzz::request`, and a text for it.
pub const REQUESTS: &[(u8, &str)] = &[
    (
        0,
        r#"{"v":1,"database":"PayamGostar2","type":"differential","destination":"D:\\Backup","archive":true,"rollover":{"differentials":6,"days":7,"bytes":10737418240},"on_foreign_base":"stop","stripes":4,"mirror":"E:\\M","copy_only":false,"checksum":true,"compression":"on","encryption":{"certificate":"C","algorithm":"aes_256"},"name":"n","description":"d","expires":"2026-12-31","max_transfer_size":4194304,"buffer_count":64,"verify":true,"remove":{"rules":{"older_than_days":30},"grace_days":3},"connected_clients":"disconnect","dry_run":true}"#,
    ),
    (0, r#"{"v":1,"database":"x","type":"log","backup_file":["a","b"]}"#),
    (
        0,
        r#"{"v":1,"database":"x","type":"full","backup_file":"f","remove":{"path":"b","rules":{"keep_last":1},"grace_days":0}}"#,
    ),
    (0, r#"{"v":1,"database":"x","type":"full","destination":"a","file_name":"{database}_{date}.bak"}"#),
    (
        1,
        r#"{"v":1,"database":"x","sources":[{"file":"a","position":3,"backup_set_guid":"6f9619ff-8b86-d011-b42d-00cf4fc964ff"},{"file":"b"}],"replace":true,"allow_other_database":true,"point_in_time":"2026-11-20T14:30:00","relocate":{"PayamGostar2":"D:\\Data\\Copy.mdf"},"data_directory":"D:\\Data","log_directory":"E:\\Log","recovery":"standby","standby_file":"D:\\undo.tuf","safety_copy":"rename","safety_directory":"D:\\Safe","check":true,"map_users":true,"stop_services":["Host","Agent"],"journal_directory":"/j","dry_run":true}"#,
    ),
    (
        1,
        r#"{"v":1,"database":"x","sources":[{"file":"a"},{"file":"b"}],"position":3,"point_in_time":"2026-11-20T14:30:00+03:30"}"#,
    ),
    (2, r#"{"v":1,"database":"x","wish":"take_back"}"#),
    (3, r#"{"v":1,"kind":"backup_sets","files":["a/**/*.bak"],"recurse":true,"allow_none":true,"digest":true}"#),
    (3, r#"{"v":1,"kind":"file_list","file":"a","position":1}"#),
    (3, r#"{"v":1,"kind":"database_states","names":["x"],"journal_directory":"/j"}"#),
    (
        3,
        r#"{"v":1,"kind":"history","names":["x"],"types":["full","differential","log"],"last":5,"after":"2026-11-20T00:00:00","before":"2026-11-21 10:00"}"#,
    ),
    (4, r#"{"v":1,"sources":[{"file":"a","position":2},{"file":"b"}],"quick":true}"#),
    (
        5,
        r#"{"v":1,"kind":"removal","paths":["/b"],"verify":false,"older_than_days":30,"full_older_than_days":60,"differential_older_than_days":20,"log_older_than_days":5,"keep_last":1,"keep_daily":7,"keep_weekly":4,"keep_monthly":12,"keep_yearly":2,"recovery_window_days":3,"minimum_fulls":1,"calendar":"persian","week_start":"saturday","database":"x","server":"S"}"#,
    ),
    (
        5,
        r#"{"v":1,"kind":"restore","now":"2026-11-20T14:30:00+03:30","point_in_time":"2026-11-20T14:30:00","time_zone":"Asia/Tehran","family_guid":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","recovery_fork":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","backup_set_guid":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","sets":[{"BackupFile":"a","Position":1,"BackupType":1,"DatabaseName":"x","ServerName":"S","FirstLSN":"34000000012800037","LastLSN":"34000000014400001","CheckpointLSN":"34000000012800037","DatabaseBackupLSN":"0","BackupStartDate":"2026-11-20T14:00:00","BackupFinishDate":"2026-11-20T14:00:01","BackupSetGUID":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","FamilyGUID":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","IsCopyOnly":false,"HasBackupChecksums":true,"BackupSize":4096}]}"#,
    ),
    (5, r#"{"v":1,"kind":"recovery_points","paths":["/b"],"database":"x"}"#),
    (
        6,
        r#"{"v":1,"kind":"apply","plan":"{\"v\":1,\"made_at\":\"2026-11-20T14:30:00Z\",\"machine\":\"m\",\"folders\":[],\"units\":[],\"digest\":\"\"}","grace_days":3,"force":true}"#,
    ),
    (6, r#"{"v":1,"kind":"undo","paths":["/b"],"files":["x.bak"]}"#),
    (6, r#"{"v":1,"kind":"empty","paths":["/b"],"all":true}"#),
    (6, r#"{"v":1,"kind":"pin","sources":[{"file":"x","position":1}],"reason":"before update"}"#),
    (
        7,
        r#"{"v":1,"database":"x","sources":[{"file":"a"}],"point_in_time":"2026-11-20T14:30:00","data_directory":"d","log_directory":"l","proof_folder":"p","journal_directory":"j","dry_run":true}"#,
    ),
    (
        8,
        r#"{"v":1,"action":"restart","names":["Host","MSSQL$PAYAMGOSTAR2"],"timeout_ms":60000,"database":"x","dry_run":true}"#,
    ),
    (
        9,
        r#"{"v":1,"server":".\\PAYAMGOSTAR2,1433","auth":"sql","user":"sa","encrypt":"strict","trust_server_certificate":true,"ca_file":"/c.pem","host_name_in_certificate":"h","connect_timeout_ms":1500,"app_name":"a"}"#,
    ),
    (9, r#"{"v":1,"connection_string":"Server=np:\\\\.\\pipe\\sql\\query;User ID=sa","app_name":"a"}"#),
    (9, r#"{"v":1,"secret_is":"connection_string"}"#),
    (
        10,
        r#"{"v":1,"kind":"next","count":4,"now":"2026-11-20T11:00:00Z","schedule":{"zone":"Asia/Tehran","lines":[{"type":"full","when":{"kind":"weekly","days":["Saturday"],"at":["02:30"]}},{"type":"differential","when":{"kind":"every","minutes":240,"from":"02:30"}}]},"backups":[{"type":"full","at":"2026-11-20T23:00:00Z"}]}"#,
    ),
    (
        10,
        r#"{"v":1,"kind":"due","now":"2026-11-20T11:00:00Z","since":"2026-11-01T00:00:00Z","window":"22:00-06:00","grace_minutes":15,"failures":[{"type":"log","at":"2026-11-20T10:00:00Z"}],"schedule":{"zone":"Iran Standard Time","differentials":2,"when":{"kind":"daily","at":["02:30","14:30"]}}}"#,
    ),
    (
        10,
        r#"{"v":1,"kind":"missed","from":"2026-03-27T23:00:00Z","now":"2026-11-28T12:00:00Z","count":20,"schedule":{"zone":"Europe/Berlin","lines":[{"type":"full","when":{"kind":"monthly","days":[1,"Last","First Friday"],"calendar":"persian","at":["23:00"]}},{"type":"log","when":{"kind":"every","minutes":15,"window":"08:00-18:00"}}]}}"#,
    ),
    (
        10,
        r#"{"v":1,"kind":"next","count":3,"now":"2026-11-20T11:00:00Z","schedule":{"zone":"UTC","lines":[{"type":"full","when":{"kind":"cron","cron":"30 2 * * SAT#L"}},{"type":"log","when":{"kind":"none"}}]}}"#,
    ),
    (
        10,
        r#"{"v":1,"kind":"describe","schedule":{"zone":"UTC","lines":[{"type":"full","when":{"kind":"cron","cron":"*/5 0-6 1,15 JAN-JUN MON"}}]}}"#,
    ),
    (
        11,
        r#"{"v":1,"kind":"save","folder":"/p","replace":true,"plan":{"version":1,"name":"Night","server":{"server":".\\PAYAMGOSTAR2","user":"backup"},"password_from":{"file":"/etc/pgbackup/crm.secret"},"database":"x","destination":"D:\\B","archive":true,"file_name":"f","compression":"off","verify":true,"window":"22:00-06:00","grace_minutes":15,"remove":{"rules":{"keep_last":3}},"copy_to":["/mnt/copies"],"before":{"command":["stop","Agent"],"time_limit_seconds":300},"after":{"command":["start"]},"on_failure":{"command":["mail"]},"heartbeat":"/h","report":{"file":"/r.html","language":"persian"},"schedule":{"zone":"Asia/Tehran","lines":[{"type":"full","when":{"kind":"daily","at":["02:30"]}}]}}}"#,
    ),
    (
        11,
        r#"{"v":1,"kind":"register","folder":"/p","name":"Night","command":["pwsh","-c","x"],"account":"crm","wake":true,"now":"2026-11-20T11:00:00Z"}"#,
    ),
    (11, r#"{"v":1,"kind":"history","folder":"/p","name":"Night","count":20}"#),
    (
        12,
        r#"{"v":1,"name":"Night","folder":"/p","force":true,"decide_only":true,"wait_ms":600000,"now":"2026-11-20T11:00:00Z"}"#,
    ),
    (13, r#"{"v":1,"folder":"/p","plans":["Night"],"language":"persian","now":"2026-11-20T11:00:00Z"}"#),
    (
        14,
        r#"{"$schema":"s","version":1,"name":"Night","created_at":"2026-11-01T00:00:00Z","server":{"server":"."},"database":"x","destination":"D:\\B","schedule":{"zone":"UTC","when":{"kind":"every","minutes":60},"differentials":6}}"#,
    ),
    (
        15,
        r#"{"v":1,"pins":[{"backup_set_guid":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","reason":"r","at":"2026-11-20T11:00:00Z","file":"f"}]}"#,
    ),
    (
        15,
        r#"{"v":1,"files":{"x.bak":{"mark":{"size":7,"modified_ns":8,"ends":"00"},"at":"2026-11-20T11:00:00Z","sets":[{"position":1,"backup_set_guid":null,"sound":true}]}}}"#,
    ),
    (
        15,
        r#"{"v":1,"made_at":"2026-11-20T14:30:00Z","machine":"m","folders":["/b"],"units":[{"files":[{"file":"/b/x.bak","size":7,"modified_ns":8,"database":"Crm","sets":[[1,null]],"reason":"old"}]}],"digest":""}"#,
    ),
    (
        15,
        r#"{"v":1,"began":"2026-11-20T14:30:00Z","by":"p","server":"S","database":"x","shape":"beside","stage":"prepared","access":"multi","read_only":false,"created":null,"files":[],"copy":null,"copying":null,"tail":null,"side":"x_restored_1","kept":null,"steps":[{"kind":"L","files":["/a"],"position":3,"checksum":true,"moves":[["a","b"]],"stop_at":null,"replace":false,"set":null}],"leaves_online":true,"standby":null,"services":[],"ended":false,"noted":false}"#,
    ),
    (
        15,
        "{\"act\":\"removed\",\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\"}\n{\"act\":\"undo\",\"at\":\"2026-11-20T11:00:00Z\",\"kept_as\":\"k\"}\n{\"act\":\"remove\",\"id\":\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\",\"at\":\"2026-11-20T11:00:00Z\",\"keep_until\":\"2026-11-23T11:00:00Z\",\"unit\":[\"/b/x\"],\"files\":[{\"name\":\"x\",\"kept_as\":\"k\",\"size\":7,\"database\":\"d\",\"sets\":[],\"reason\":\"r\"}]}\n",
    ),
    (
        15,
        r#"{"v":1,"finished_at":"2026-11-20T11:00:00Z","outcome":"done","failed":["log"],"made":[{"type":"full","backup":{"verified":true,"backup_set_guid":"6f9619ff-8b86-d011-b42d-00cf4fc964ff"}}],"steps":[{"step":"s","message":"m","error":{"message":"e"}}]}"#,
    ),
];

/// What stands before and around the password, of `pgbackup_fuzz::connection_string`.
pub const CONNECTION_STRINGS: &[&str] = &[
    "Data Source=tcp:crm\\PAYAMGOSTAR2,1500; Initial Catalog=x;User ID=sa;Trust Server Certificate=True;Connect Timeout=5\0",
    "Server=.;uid=sa\0a\0;b=c\0Encrypt=strict;Application Name=x",
    "address=np:\\\\.\\pipe\\sql\\query;User='s''a';net=dbnmpntw;Server Certificate=/c;Host Name In Certificate=\"h\"\0=\0=\0",
    "Server=.;Trusted_Connection=yes;Authentication=Sql Password;Pooling=false\0\"\0\"\0;",
];
