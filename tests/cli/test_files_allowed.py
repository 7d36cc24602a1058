"""The number of sockets that a server may hold is that of the system, not that of a shell."""

import resource
import subprocess
import sys

SHOW = """
import resource
from gql.cli.server import allow_many_files
resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
allow_many_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_a_server_holds_as_many_sockets_as_the_system_allows() -> None:
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, check=True, text=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 65_536 if most == resource.RLIM_INFINITY else min(most, 65_536)
    assert int(shown.stdout) == wanted > 256
