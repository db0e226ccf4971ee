# Replies that the stand-in library gives in several tests, and helpers around them; dot-sourced after Common.ps1.

$set = '{"BackupName":null,"BackupType":5,"Compressed":0,"Position":3,"ServerName":"S","DatabaseName":"2026-11-20T14:30:00","BackupSize":3145728,' +
'"FirstLSN":"4294967295000015300037","LastLSN":"21000000015300037","BackupStartDate":"2026-11-20T14:29:59.997","BackupFinishDate":"2026-11-20T14:30:00",' +
'"HasBackupChecksums":true,"BackupSetGUID":"6f9619ff-8b86-d011-b42d-00c04fc964ff","SomethingNew":7,' +
'"BackupFile":"D:\\B\\x.bak","BackupTypeName":"differential","BackupFinishDatePersian":"1405/08/29 14:30:00"}'
$lost = '{"BackupFile":"D:\\B\\n.bak","error":{"v":1,"status":22,"code":"server.backup_device","message":"`D:\\B\\n.bak` cannot be opened","hint":"check the path","target":null,' +
'"retryable":false,"causes":["first","second"],"server":[{"number":3201,"severity":16,"state":2,"line":1,"procedure":null,"message":"Cannot open backup device"},' +
'{"number":3013,"severity":16,"state":1,"line":1,"procedure":null,"message":"terminating abnormally"}]}}'
$backup = '{"v":1,"kind":"backup","server":"h","database":"a]b","requested_type":"differential","type":"full","promoted":{"code":"no_base","reason":"no base"},' +
'"copy_only":false,"archive":true,"files":["D:\\B\\a.bak"],"mirror":[],"compressed":false,"replaced_archive":null,"position":1,"media_set_id":"6f9619ff-8b86-d011-b42d-00c04fc964ff",' +
'"backup_set_guid":"7f9619ff-8b86-d011-b42d-00c04fc964ff","first_lsn":"21000000015300037","last_lsn":"21000000015300038","checkpoint_lsn":"1","database_backup_lsn":"0",' +
'"differential_base_guid":null,"differential_base_lsn":null,"started_at":"2026-11-20T11:00:00Z","finished_at":"2026-11-20T11:00:01.5Z",' +
'"started_at_persian":"1405/08/29 14:30:00","finished_at_persian":"1405/08/29 14:30:01","backup_size":3145728,"compressed_backup_size":null,"pages":330,"duration_ms":1500,' +
'"mb_per_sec":2.5,"has_backup_checksums":true,"verified":null,"retries":[{"reason":"busy","number":3041}],"messages":[{"number":3014,"severity":0,"text":"done"}],"statements":["BACKUP"]}'
$script = '{"v":1,"kind":"script","server":"h","database":"a","statements":["BACKUP"],"script":"BACKUP DATABASE [a];"}'
$running = '{"v":1,"state":"running","phase":"Writing","percent":41.5,"bytes_done":5242880,"bytes_total":12582912,"rate_bytes_per_sec":1572864,"eta_ms":8200,"elapsed_ms":500,' +
'"messages":[{"seq":1,"level":"warning","number":null,"text":"careful"},{"seq":2,"level":"info","number":3014,"text":"story"},{"seq":3,"level":"debug","number":null,"text":"BACKUP DATABASE"}],' +
'"last_seq":3,"dropped":0}'
$quiet = '{"v":1,"state":"running","phase":"","percent":null,"bytes_done":0,"bytes_total":null,"rate_bytes_per_sec":null,"eta_ms":null,"elapsed_ms":900,"messages":[],"last_seq":3,"dropped":0}'
$database = { param($name, $state = 'ONLINE') '{"name":"' + $name + '","database_id":5,"state":"' + $state + '","user_access":"MULTI_USER","recovery_model":"SIMPLE","compatibility_level":150,' +
    '"owner":"sa","created_at":"2026-01-02T03:04:05","size_bytes":8388608,"log_size_bytes":1048576,"is_read_only":false,"is_in_standby":false,"last_full_at":"2026-11-20T14:30:00",' +
    '"last_differential_at":null,"last_log_at":null}' }
$databases = { param([string[]] $rows) 'page {"v":1,"items":[' + ($rows -join ',') + '],"done":true}' }

# Runs a script in a runspace of its own, as Ctrl+C and progress need one; gives the shell.
$start = {
    param([string] $text, [scriptblock] $prepare)
    $shell = [powershell]::Create()
    $null = $shell.AddScript('param($module, $library) $env:PGB_LIBRARY = $library; Import-Module $module; ' + $text).AddArgument($ModuleFolder).AddArgument($env:PGB_TEST_STUB)
    $shell
}
$waitForCall = {
    param([string] $name)
    for ($n = 0; $n -lt 200 -and -not (Get-StubCall | Where-Object Name -eq $name); $n++) { Start-Sleep -Milliseconds 50 }
}
