"""Who is at the keyboard, for the record."""

import getpass
import os


def author() -> str:
    """The name of the user on this machine; its number where a container gives it none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
