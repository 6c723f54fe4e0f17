"""Public IPv4 address of this machine, which `allowedCidrs: [auto]` stands for."""

from __future__ import annotations

import ipaddress
import os

from stacks import commands
from stacks.errors import SettingsError

SERVICE = "https://checkip.amazonaws.com"


class PublicAddressError(SettingsError):
    """The public address could not be found out."""


def look_up(stack: str) -> str:
    """Return the public IPv4 address of this machine, as `SERVICE` sees it.

    `stack` is named in the command of a message. Refused on a CI runner (environment variable CI): its address is not
    that of anyone who wants to enter.
    """
    import urllib.request  # late: `genai --help` must not wait for it

    if os.environ.get("CI"):
        raise PublicAddressError(
            "allowedCidrs holds `auto`, which would let only this CI runner in: set the ranges of those who may enter, "
            f"for example {_set_range(stack, '198.51.100.0/24')}."
        )
    try:
        with urllib.request.urlopen(SERVICE, timeout=10) as answer:
            return str(ipaddress.IPv4Address(answer.read().decode().strip()))
    except (OSError, ValueError) as error:
        raise PublicAddressError(
            f"allowedCidrs holds `auto`, but {SERVICE} did not tell this machine's public IPv4 address ({error}): "
            f"set it yourself, for example {_set_range(stack, '198.51.100.7/32')}."
        ) from error


def _set_range(stack: str, cidr: str) -> str:
    return commands.for_stack(stack, commands.set_config(f'--path "allowedCidrs[0]" {cidr}'))
