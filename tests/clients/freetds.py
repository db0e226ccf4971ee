"""FreeTDS' tsql: every encryption and TDS version it knows, a backup with its messages, errors, a header."""

import os
import subprocess
import sys

from sandbox import PASSWORD, USER, WINDOWS_USER, Sandbox, check


def tsql(sandbox, batch, version="7.4", encryption="request", ca_file=None, user=USER, password=PASSWORD, more=""):
    """Runs a batch; gives back what tsql prints."""
    conf = os.path.join(sandbox.folder.name, "freetds.conf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write(f"[global]\ntds version = {version}\nencryption = {encryption}\nclient charset = UTF-8\n")
        file.write(f"[box]\nhost = {sandbox.host}\nport = {sandbox.port}\n")
        if ca_file:
            file.write(f"ca file = {ca_file}\ncheck certificate hostname = no\n")
        file.write(more)
    command = ["tsql", "-S", "box", "-U", user, "-P", password, "-o", "q"]
    environment = {**os.environ, "FREETDSCONF": conf, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, input=batch + "\ngo\nexit\n", capture_output=True, text=True, env=environment, timeout=60
    )
    return done.stdout + done.stderr


def windows(program):
    """A backslash in the name makes tsql speak NTLM."""
    who = "SELECT SUSER_SNAME() + N' ' + CONVERT(nvarchar(40), CONNECTIONPROPERTY('auth_scheme'))"
    with Sandbox(program, "--windows-login", f"{WINDOWS_USER}:{PASSWORD}") as sandbox:
        for version in ["7.2", "7.3", "7.4"]:
            for encryption in ["off", "request", "require"]:
                what = f"NTLM, TDS {version}, encryption {encryption}"
                login = {"version": version, "encryption": encryption, "user": WINDOWS_USER}
                text = tsql(sandbox, who, **login)
                check(f"{WINDOWS_USER} NTLM" in text, f"{what}: {text}")
                text = tsql(sandbox, who, **login, password="wrong")
                check("Msg 18452" in text and "NTLM" not in text, f"{what}, wrong password: {text}")
        text = tsql(sandbox, who, user="OTHER\\admin")
        check("Msg 18452" in text, f"another domain: {text}")
        text = tsql(sandbox, who, user=WINDOWS_USER, more="use ntlmv2 = no\n")
        check("Msg 18452" in text, f"NTLM of version 1: {text}")


def main(program):
    query = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID"
    with Sandbox(program) as sandbox:
        for version in ["7.2", "7.3", "7.4"]:
            check("FALSE" in tsql(sandbox, query, version, "off"), f"TDS {version}, no encryption")
            check("FALSE" in tsql(sandbox, query, version, "request"), f"TDS {version}, login only")
            check("TRUE" in tsql(sandbox, query, version, "require"), f"TDS {version}, encrypted")
            text = tsql(sandbox, "SELECT FirstName FROM PayamGostar2.dbo.Customers WHERE CustomerId = 1", version)
            check(any("\u0600" <= c <= "\u06ff" for c in text), f"TDS {version}, Persian text: {text}")
        check("TRUE" in tsql(sandbox, query, "7.4", "require", sandbox.ca_file), "certificate checked")

        text = tsql(sandbox, "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\No\\x.bak'")
        check(text.index("Msg 3201") < text.index("Msg 3013"), f"both errors in order: {text}")
        tsql(sandbox, "EXEC master.dbo.xp_create_subdir N'D:\\Backup'")
        text = tsql(sandbox, "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\x.bak' WITH CHECKSUM, STATS = 25")
        check("50 percent processed." in text, f"progress: {text}")
        check("BACKUP DATABASE successfully processed" in text, f"the end: {text}")
        header = tsql(sandbox, "RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\x.bak'")
        check("PayamGostar2" in header and "BackupSetGUID" in header, f"header: {header}")
        # 5,000 rows in many packets, and every type that a table can have.
        rows = tsql(sandbox, "SELECT TOP 5000 c.* FROM PayamGostar2.dbo.Customers c CROSS JOIN sys.configurations")
        check("(4500 rows affected)" in rows or rows.count("example.ir") == 4500, f"many rows: {rows[-300:]}")
    with Sandbox(program, "--encryption", "required") as sandbox:
        check("TRUE" in tsql(sandbox, query, "7.4", "request"), "encryption forced by the server")
    with Sandbox(program, "--encryption", "off") as sandbox:
        check("FALSE" in tsql(sandbox, query, "7.4", "request"), "a server without TLS")

    windows(program)


main(sys.argv[1])
