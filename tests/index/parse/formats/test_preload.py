"""A process that preloaded opens no file when it reads."""

import subprocess
import sys

CODE = r"""
import sys, warnings
warnings.simplefilter("ignore")
from citespan.index.parse.formats import all_readers, preload_readers
preload_readers()
from importlib import import_module
from citespan.index.parse.request import Request, Unreadable
opened = []
watched = ("open", "socket", "subprocess", "os.exec", "os.posix_spawn", "os.fork")
sys.addaudithook(lambda event, _: opened.append(event) if event.startswith(watched) else None)
files = [
    "a,b\nПривет,x\n".encode("cp1251"),
    b"Subject: =?koi8-r?b?98nUwQ==?=\nContent-Type: text/html; charset=shift_jis\n\n<p>x</p>",
    b"Content-Transfer-Encoding: quoted-printable\n\n=E9",
    b"<meta charset=big5><p>&eacute;</p>",
    rb"{\rtf1\ansi\ansicpg932\pard \'82\'a0\par}",
    b"1\n00:00:01,000 --> 00:00:02,000\n&eacute;\n",
    b"PK\3\4",
]
for name in all_readers():
    if name not in sys.modules:
        continue  # an extra is missing
    for data in files:
        for encoding in (None, "cp1251"):
            try:
                import_module(name).read(
                    data, Request(encoding=encoding, password="x")
                )
            except Unreadable:
                pass
print(opened)
"""


def test_reading_opens_nothing():
    run = [sys.executable, "-c", CODE]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
