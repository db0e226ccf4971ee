"""Starts the sandbox's program for a client, and ends it with it."""

import json
import subprocess
import tempfile

USER = "sa"
WINDOWS_USER = "PAYAM\\admin"
PASSWORD = "Secret!1 \u067e\u0646\u0647\u0627\u0646"


class Sandbox:
    """A server with PayamGostar2 in a folder of its own."""

    def __init__(self, program, *arguments):
        self.folder = tempfile.TemporaryDirectory()
        command = [program, "--root", self.folder.name, "--login", f"{USER}:{PASSWORD}", "--rows", "500"]
        self.process = subprocess.Popen(
            [*command, *arguments, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        ready = json.loads(self.process.stdout.readline())
        self.host, port = ready["address"].rsplit(":", 1)
        self.port = int(port)
        self.ca_file = ready["ca_file"]
        self.certificate = ready["certificate"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.folder.cleanup()


def check(condition, what):
    """An assertion that is there under python -O, too."""
    if not condition:
        raise AssertionError(what)
