"""The keeper of the embedded services, a program that ends after all processes that use them.

It stops the servers when the last of these was killed: `python -P config/embedded/__main__.py
FOLDER LOCK`, with the folder of the servers and the number of its open lock file.
"""

import sys
from pathlib import Path
from types import ModuleType

if __name__ == "__main__":
    # The package alone, without `config/__init__.py`: that imports Celery, and the keeper should
    # need little memory.
    package = ModuleType("config")
    package.__path__ = [str(Path(__file__).parents[1])]
    sys.modules["config"] = package

    from config.embedded.services import EmbeddedServices

    EmbeddedServices(Path(sys.argv[1])).keep(int(sys.argv[2]))
