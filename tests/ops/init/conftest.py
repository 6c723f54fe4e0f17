from __future__ import annotations

from tests.loopback import loopback_only as loopback_only
from tests.ops.pulumi_cli import cli as cli
from tests.ops.pulumi_cli import project as project
from tests.ops.pulumi_cli import real_cli as real_cli
