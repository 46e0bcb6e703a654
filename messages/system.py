"""What the operating system refused, in words: no English and no number of an error in a Spanish sentence."""

from __future__ import annotations

import errno
import socket

from messages import gettext as _


class FileRefusal(OSError):
    """We, not the operating system, refuse a file: its text is a sentence for people."""


def describe_os_error(error: OSError) -> str:
    """Why a file could not be read or written."""
    if isinstance(error, FileRefusal):
        return str(error.strerror)
    known = {
        errno.ENOENT: _("it does not exist"),
        errno.EACCES: _("there is no permission"),
        errno.EPERM: _("there is no permission"),
        errno.ENOSPC: _("there is no room left"),
        errno.EDQUOT: _("there is no room left"),
        errno.EISDIR: _("it is a folder"),
        errno.ENOTDIR: _("a part of its path is no folder"),
        errno.EROFS: _("the disk can only be read"),
        errno.ENAMETOOLONG: _("the name is too long"),
        errno.EIO: _("the disk cannot be read"),
    }
    return known.get(error.errno or 0, _("the system refuses it"))


def describe_network_error(error: OSError) -> str:
    """Why there was no connection; in the system's own words where we have none."""
    if isinstance(error, socket.gaierror):
        return _("its name is not known in the network")
    known = {
        errno.ECONNREFUSED: _("nothing listens there"),
        errno.ECONNRESET: _("it was broken off"),
        errno.EPIPE: _("it was broken off"),
        errno.EHOSTUNREACH: _("no way leads there"),
        errno.ENETUNREACH: _("no way leads there"),
        errno.ETIMEDOUT: _("nothing answers there"),
    }
    return known.get(error.errno or 0, str(error))
