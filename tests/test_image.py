"""The image, built and run without a container engine's daemon: at night, with TEST_CYCLES=100.

buildah runs the Dockerfile's steps in a plain root file system that debootstrap makes in place of
the base image. Then the server runs in what came out: as user 10001, with a read-only root, /data
and /tmp of its own, no capabilities, and no network but the loopback.

The base is Debian's Python instead of the official image, which comes from a registry.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_NEEDS = ("buildah", "debootstrap", "unshare", "setpriv")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

pytestmark = [
    pytest.mark.skipif(
        "TEST_CYCLES" not in os.environ, reason="minutes: at night, with TEST_CYCLES=100"
    ),
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, _NEEDS)),
        reason=f"needs root and {', '.join(_NEEDS)}",
    ),
]

# In the image: nothing can be written, the server starts, answers, and stops.
_INSIDE = """
set -e
touch /opt/citespan/written 2>/dev/null && { echo 'the root can be written'; exit 1; }
citespan serve --port 8000 --host 127.0.0.1 2>/tmp/serve.log &
server=$!
python - <<'END' || { cat /tmp/serve.log; exit 1; }
import json, os, time, urllib.request as u

def ask():
    body = json.dumps({"question": "Which think tank does Song Junying work for?"}).encode()
    request = u.Request("http://127.0.0.1:8000/v1/ask", body, {"Content-Type": "application/json"})
    return json.load(u.urlopen(request, timeout=60))

for _ in range(600):
    try:
        u.urlopen("http://127.0.0.1:8000/health/ready", timeout=5)
        break
    except OSError:
        time.sleep(0.2)
answer = ask()
status = open("/proc/self/status").read()
print(json.dumps({"quotes": [one["quote"] for one in answer["citations"]], "uid": os.getuid(),
                  "capabilities": status.split("CapEff:")[1].split()[0]}))
END
kill $server
wait $server
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The root file system of the image."""
    folder = tmp_path_factory.mktemp("image")
    store = ["--root", str(folder / "store"), "--runroot", str(folder / "run")]
    buildah = ["buildah", *store, "--storage-driver", "vfs"]

    def run(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout.strip()

    base = folder / "base"
    packages = "python3,python3-venv,python3-pip,ca-certificates"
    run("debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(base))
    (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    if _CERTIFICATES.exists():  # of this machine, which may be behind a proxy
        shutil.copy(_CERTIFICATES, base / "etc/ssl/certs/ca-certificates.crt")
        (base / "etc/pip.conf").write_text(f"[global]\ncert = {_CERTIFICATES}\n")
    made = run(*buildah, "from", "scratch")
    run(*buildah, "add", "--quiet", made, str(base), "/")
    run(*buildah, "commit", "--quiet", made, "localhost/base")
    run(*buildah, "rm", made)
    shutil.rmtree(base)
    build = ["bud", "--isolation", "chroot", "--format", "docker", "--build-arg"]
    run(*buildah, *build, "BASE=localhost/base", "--tag", "citespan", str(ROOT))
    container = run(*buildah, "from", "--pull-never", "localhost/citespan")
    yield Path(run(*buildah, "mount", container))
    run(*buildah, "rm", "--all")
    run(*buildah, "rmi", "--all", "--force")


def test_the_server_answers_in_it_as_nobody_on_a_read_only_root(root: Path) -> None:
    environ = dict(
        re.findall(r"(?:ENV |^    )(\w+)=(\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    )
    assert environ["TMPDIR"] == "/data"
    environ["PATH"] = environ["PATH"].replace("$PATH", "/usr/bin:/bin")
    given = " ".join(f"{name}={value}" for name, value in environ.items())
    loopback = f"import sys; sys.path.insert(0, '{ROOT}/tests/support'); import secluded"
    limits = "--reuid 10001 --regid 10001 --clear-groups --bounding-set=-all --no-new-privs"
    script = f"""
        set -e
        {sys.executable} -c "{loopback}; secluded.raise_loopback()"
        mount --bind {root} {root}
        cd {root}
        mount -t tmpfs -o mode=1777 tmpfs tmp
        mount -t tmpfs -o uid=10001,mode=700 tmpfs data
        mount -t proc proc proc
        mount -o remount,ro,bind {root}
        exec chroot . setpriv {limits} env -i {given} sh -c "$INSIDE"
    """
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", script]
    done = subprocess.run(
        command, env=os.environ | {"INSIDE": _INSIDE}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert "China Institute of International Studies" in said["quotes"][0]
    assert (said["uid"], int(said["capabilities"], 16)) == (10001, 0)


def test_there_is_no_torch_in_it_and_it_is_small(root: Path) -> None:
    installed = {
        one.name.split("-")[0] for one in root.glob("opt/citespan/lib/python3*/site-packages/*")
    }
    assert {"onnxruntime", "citespan", "faiss"} <= installed
    assert not installed & {"torch", "transformers", "sentence_transformers", "pip"}
    size = sum(
        one.lstat().st_size for one in (root / "opt/citespan").rglob("*") if not one.is_dir()
    )
    assert size < 700e6
