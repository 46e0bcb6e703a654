"""What is wrong with a command as it was typed, in the reader's language: the library says it in English."""

from __future__ import annotations

import re

from typer._click.exceptions import BadParameter, MissingParameter, NoSuchOption, UsageError

from messages import gettext as _


def describe_usage_error(error: UsageError) -> str:
    """What is wrong and where the command's own help is."""
    path = error.ctx.command_path if error.ctx else "vereda"
    return _("{wrong}; `{command} --help` says how it is written", wrong=_wrong(error), command=path)


def _wrong(error: UsageError) -> str:
    param = getattr(error, "param", None)
    name = (
        (param.metavar or max(param.opts, key=len)) if param and param.param_type_name == "argument" else ""
    )
    name = name or (max(param.opts, key=len) if param else getattr(error, "option_name", ""))
    if isinstance(error, MissingParameter):
        return _("{name} is missing", name=name)
    if isinstance(error, NoSuchOption):
        return _("there is no option {name}", name=name)
    if isinstance(error, BadParameter):
        return _("“{value}”, which was given for {name}, cannot be read", value=_typed(error), name=name)
    if extra := re.search(r"unexpected extra argument\S* \((.*)\)", error.message):
        return _("it has more words than the command takes: {words}", words=extra[1])
    return _("the command cannot be understood as it was typed: {value}", value=_typed(error))


def _typed(error: UsageError) -> str:
    """What the library quotes of what was typed."""
    quoted = re.search(r"'([^']*)'", error.message)
    return quoted[1] if quoted else ""
