"""Loaded by pytest before Django: the tests' own services, and none of the caller's model
settings.
"""

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

for name in [name for name in os.environ if name.startswith("LLM_")]:
    del os.environ[name]
os.environ.setdefault("VAR_DIR", str(Path(__file__).parent.parent / "var" / "test"))
if worker := os.environ.get(
    "PYTEST_XDIST_WORKER"
):  # tests break the services, so each process has its own
    os.environ["VAR_DIR"] += f"-{worker}"
# A hundred processes start in the tests; each would compile Cairn anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["LOG_LEVEL"] = "WARNING"
# Long enough that a busy machine costs no run its lease, and sends no message twice; who waits for
# these says so.
os.environ["LEASE_SECONDS"] = "24"
os.environ["DISPATCH_GRACE_SECONDS"] = "30"
os.environ["MAX_RUNNING_ROADMAPS"] = "0"  # storms make hundreds for one learner
os.environ["STORED_ROADMAPS"] = "0"
os.environ["RATE_PAGES"] = "none"  # one test opens thousands

for written in (Path(__file__).parent.parent / "templates").glob(
    "**/locale/*/LC_MESSAGES/django.po"
):
    compiled, own = written.with_suffix(".mo"), written.with_suffix(f".{os.getpid()}")
    if not compiled.exists() or compiled.stat().st_mtime < written.stat().st_mtime:
        with written.open("rb") as texts, own.open("wb") as file:
            write_mo(file, read_po(texts))
        own.replace(compiled)  # another process of the tests may be reading
