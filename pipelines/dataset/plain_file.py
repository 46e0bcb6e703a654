"""Files that end: a pipe, a socket or a device in a file's place would be waited for, or read, for ever."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from messages import gettext as _
from messages.system import FileRefusal


def open_plain(path: Path) -> BinaryIO:
    """The file, to be read; raises OSError with a sentence where it is no plain file."""
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileRefusal(errno.EINVAL, _("it is no file but a pipe, a socket or a device"), str(path))
    return file


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of a file; raises OSError where it is no plain file, or has more than `most` bytes."""
    with open_plain(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise FileRefusal(errno.EFBIG, _("it has more than {most} bytes", most=most), str(path))
    return content
