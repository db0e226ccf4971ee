"""mssql-python, which has Microsoft's ODBC driver inside: every encryption, types, parameters, cancel."""

import datetime
import decimal
import sys
import threading
import time
import uuid

import mssql_python

from sandbox import PASSWORD, USER, Sandbox, check


def connect(sandbox, more):
    text = f"Server={sandbox.host},{sandbox.port};UID={USER};PWD={{{PASSWORD}}};{more}"
    return mssql_python.connect(text, autocommit=True)


def encryption(sandbox, more):
    connection = connect(sandbox, more)
    cursor = connection.cursor()
    cursor.execute("SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID")
    found = cursor.fetchone()[0]
    connection.close()
    return found


def error_of(cursor, statement):
    try:
        cursor.execute(statement)
        while cursor.nextset():
            pass
    except mssql_python.Error as error:
        return str(error)
    raise AssertionError(f"no error from {statement}")


def main(program):
    with Sandbox(program) as sandbox:
        check(encryption(sandbox, "Encrypt=no") == "FALSE", "login only")
        check(encryption(sandbox, "Encrypt=yes;TrustServerCertificate=yes") == "TRUE", "encrypted")
        strict = f"Encrypt=strict;ServerCertificate={sandbox.certificate}"
        check(encryption(sandbox, strict) == "TRUE", "strict, TDS 8")

        connection = connect(sandbox, "Encrypt=yes;TrustServerCertificate=yes")
        cursor = connection.cursor()
        cursor.execute("EXEC master.dbo.xp_create_subdir N'D:\\Backup'")
        cursor.execute("BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\Backup\\x.bak' WITH CHECKSUM, STATS = 25")
        said = list(cursor.messages)
        while cursor.nextset():
            said += cursor.messages
        told = " ".join(str(message) for message in said)
        check("50 percent processed." in told or "successfully processed" in told, f"messages: {said}")
        check("Operating system error 3" in error_of(cursor, "BACKUP DATABASE PayamGostar2 TO DISK = N'D:\\No\\x'"),
              "the cause of a failed backup")

        cursor.execute("RESTORE HEADERONLY FROM DISK = N'D:\\Backup\\x.bak'")
        header = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        check(header["BackupType"] == 1 and header["Position"] == 1, "numbers of a header")
        check(isinstance(header["FirstLSN"], decimal.Decimal) and header["FirstLSN"] > 0, "an LSN")
        check(isinstance(header["BackupStartDate"], datetime.datetime), "a date")
        check(header["HasBackupChecksums"] in (True, 1), "a flag")

        values = (1, "\u067e\u06cc\u0627\u0645", decimal.Decimal("12.50"), True, b"\1\2", 2**40, 1.5,
                  datetime.datetime(2026, 11, 20, 14, 30), uuid.UUID(int=7))
        cursor.execute("SELECT " + ", ".join(["?"] * len(values)), values)
        row = tuple(cursor.fetchone())
        check(row[:8] == values[:8] and uuid.UUID(str(row[8])) == values[8], f"parameters: {row}")
        cursor.execute("SELECT COUNT(*) FROM PayamGostar2.dbo.Customers WHERE City = ? OR CustomerId > ?", ("x", 0))
        check(cursor.fetchone()[0] == 500, "a prepared statement")
        cursor.execute("SELECT c.* FROM PayamGostar2.dbo.Customers c CROSS JOIN sys.configurations")
        check(len(cursor.fetchall()) == 4500, "many rows")

        connection.autocommit = False
        cursor.execute("SELECT @@TRANCOUNT")
        check(cursor.fetchone()[0] == 1, "a transaction of the driver")
        connection.rollback()
        connection.autocommit = True

        begun = time.monotonic()
        threading.Timer(0.5, cursor.cancel).start() if hasattr(cursor, "cancel") else None
        if hasattr(cursor, "cancel"):
            error_of(cursor, "WAITFOR DELAY '00:00:30'")
            check(time.monotonic() - begun < 5, "cancel")
    with Sandbox(program, "--encryption", "strict") as sandbox:
        strict = f"Encrypt=strict;ServerCertificate={sandbox.certificate}"
        check(encryption(sandbox, strict) == "TRUE", "a server that has only TDS 8")


main(sys.argv[1])
