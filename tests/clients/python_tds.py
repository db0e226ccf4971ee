"""python-tds: messages as they come, all errors, types, parameters, cancel."""

import datetime
import decimal
import os
import sys
import time
import uuid

import pytds
from pytds.login import SpnegoAuth

from sandbox import PASSWORD, USER, WINDOWS_USER, Sandbox, check


def connect(sandbox, **more):
    return pytds.connect(
        dsn=sandbox.host, port=sandbox.port, user=USER, password=PASSWORD, autocommit=True, timeout=60, **more
    )


def encryption(sandbox, **more):
    with connect(sandbox, **more) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID")
        return cursor.fetchone()[0]


def numbers(cursor):
    return [message[1].number for message in cursor.messages]


def windows(program):
    """NTLM by pyspnego, which sends a MIC."""
    def who(sandbox, auth, **more):
        with pytds.connect(dsn=sandbox.host, port=sandbox.port, auth=auth, autocommit=True, timeout=60, **more) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT SUSER_SNAME(), ORIGINAL_LOGIN(), CONNECTIONPROPERTY('auth_scheme')")
                return cursor.fetchone()

    def spnego(password, protocol="ntlm", user=WINDOWS_USER):
        return SpnegoAuth(user, password, hostname="127.0.0.1", service="MSSQLSvc", protocol=protocol)

    persian = "PAYAM\\\u0631\u0636\u0627"
    logins = ["--windows-login", f"{WINDOWS_USER}:{PASSWORD}", "--windows-login", f"{persian}:{PASSWORD}"]
    with Sandbox(program, *logins) as sandbox:
        tls = {"cafile": sandbox.ca_file, "validate_host": False}
        for encryption in [{}, {"enc_login_only": True, **tls}, tls]:
            found = who(sandbox, spnego(PASSWORD), **encryption)
            check(found == (WINDOWS_USER, WINDOWS_USER, "NTLM"), f"NTLM {sorted(encryption)}: {found}")
            refused(lambda: who(sandbox, spnego("wrong"), **encryption), f"NTLM {sorted(encryption)}, wrong password")
        found = who(sandbox, spnego(PASSWORD, user=persian))
        check(found == (persian, persian, "NTLM"), f"a Persian name: {found}")
        os.environ["LM_COMPAT_LEVEL"] = "1"
        refused(lambda: who(sandbox, spnego(PASSWORD)), "NTLM of version 1")
        del os.environ["LM_COMPAT_LEVEL"]
        # A real server takes this one.
        refused(lambda: who(sandbox, spnego(PASSWORD, "negotiate")), "SPNEGO")


def refused(connect, what):
    try:
        connect()
    except pytds.Error as error:
        check("untrusted domain" in str(error), f"{what}: {error}")
        return
    raise AssertionError(f"{what}: leads in")


def main(program):
    with Sandbox(program) as sandbox:
        check(encryption(sandbox) == "FALSE", "no encryption")
        tls = {"cafile": sandbox.ca_file, "validate_host": False}
        check(encryption(sandbox, enc_login_only=True, **tls) == "FALSE", "login only")
        check(encryption(sandbox, **tls) == "TRUE", "encrypted")
        try:
            pytds.connect(dsn=sandbox.host, port=sandbox.port, user=USER, password="wrong")
            raise AssertionError("a wrong password leads in")
        except pytds.Error as error:
            check("Login failed for user 'sa'." in str(error), f"wrong password: {error}")

        connection = connect(sandbox)
        cursor = connection.cursor()
        cursor.execute("EXEC master.dbo.xp_create_subdir N'D:\\Backup'")
        cursor.execute("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\x.bak' WITH CHECKSUM, STATS = 20")
        said = numbers(cursor)
        check(said.count(3211) == 5 and said[-1] == 3014 and 4035 in said, f"messages: {said}")
        try:
            cursor.execute("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\No\\x.bak'")
            raise AssertionError("a path that is not there was written")
        except pytds.OperationalError:
            check(numbers(cursor) == [3201, 3013], f"errors: {numbers(cursor)}")

        cursor.execute("RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\x.bak'")
        names = [column[0] for column in cursor.description]
        header = dict(zip(names, cursor.fetchone()))
        check(names[0] == "BackupName" and names[-1] == "EncryptorType" and len(names) == 56, f"columns: {names}")
        kinds = {
            "BackupType": int, "Position": int, "DatabaseName": str, "FirstLSN": decimal.Decimal,
            "BackupSize": decimal.Decimal, "BackupStartDate": datetime.datetime, "BackupSetGUID": uuid.UUID,
            "HasBackupChecksums": bool, "Flags": int,
        }
        for name, kind in kinds.items():
            check(isinstance(header[name], kind), f"{name} is {header[name]!r}")

        values = (1, "\u067e\u06cc\u0627\u0645", decimal.Decimal("12.50"), uuid.UUID(int=7), pytds.Binary(b"\1\2"), True, None,
                  datetime.datetime(2026, 11, 20, 14, 30), 2**40, 1.5)
        cursor.execute("SELECT " + ", ".join(["%s"] * len(values)), values)
        row = tuple(cursor.fetchone())
        check(row == values, f"parameters: {row}")
        cursor.execute("SELECT c.CustomerId FROM PayamGostar2.dbo.Customers c CROSS JOIN sys.configurations")
        check(len(cursor.fetchall()) == 4500, "many rows")
        cursor.execute("SELECT SERVERPROPERTY('EngineEdition'), SERVERPROPERTY('Edition')")
        check(cursor.fetchone() == (3, "Developer Edition (64-bit)"), "sql_variant")
        cursor.execute("SELECT 1 AS a; SELECT 2 AS b")
        check(cursor.fetchall() == [(1,)] and cursor.nextset() and cursor.fetchall() == [(2,)], "two results")

    with Sandbox(program) as sandbox:
        cursor = connect(sandbox).cursor()
        begun = time.monotonic()
        # NOWAIT sends the first result on its way, so that there is something to cancel in.
        cursor.execute("SELECT 1; RAISERROR('started', 0, 1) WITH NOWAIT; WAITFOR DELAY '00:00:30'")
        cursor.cancel()
        check(time.monotonic() - begun < 5, "cancel")
        cursor.execute("SELECT 1")
        check(cursor.fetchone() == (1,), "the connection is good after a cancel")

    windows(program)


main(sys.argv[1])
