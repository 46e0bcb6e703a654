"""What all commands share: the application, its options, and how an error becomes a sentence and an exit
status."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from messages import gettext as _
from messages import speak
from messages.system import describe_os_error
from pipelines.cli.help import HelpGroup
from pipelines.dataset.file_names import printable_name
from pipelines.workroom import enter_workroom

if TYPE_CHECKING:
    from pipelines.settings import Settings


LANGUAGE = os.environ.get("VEREDA_LANG", "es")
speak(LANGUAGE if LANGUAGE in ("es", "en") else "es")
app = typer.Typer(
    cls=HelpGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=_("Open data that people can rely on."),
)


ID = Annotated[str, typer.Argument(metavar="ID", help=_("a dataset"))]
IDS = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help=_("datasets; all where none is named"))
]
JSON = Annotated[bool, typer.Option("--json", help=_("answer as JSON"))]
BUENOS_AIRES = timezone(timedelta(hours=-3))


def now() -> datetime:
    return datetime.now(UTC).astimezone(BUENOS_AIRES)


@contextmanager
def importing() -> Iterator[None]:
    """For the modules that a command imports: nothing of theirs is garbage, and looking for some, again and
    again while there are more, takes as long as a third of the imports."""
    gc.disable()
    try:
        yield
    finally:
        atexit.register(_end_quickly)
        gc.freeze()  # nor is it looked at later, until the end
        gc.enable()


def _end_quickly() -> None:
    """Before the program ends: garbage need not be looked for any more, and some libraries complain of what
    was not taken down."""
    gc.disable()
    gc.unfreeze()


def exit_on_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, ending with a sentence where something outside the program is wrong: exit 2 for commands
    and configuration, 3 for storage."""

    @wraps(command)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            with suppress(OSError):  # where there is no room, whoever needs it says so
                enter_workroom()
            return command(*args, **kwargs)
        except BrokenPipeError:  # nobody reads on; `main` ends quietly
            raise
        except Exception as error:
            status = _status(error)
            if status is None:
                raise
            typer.echo(_describe_error(error), err=True)
            raise typer.Exit(status) from error

    return call


def _describe_error(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        name = printable_name(str(error.filename), 300)
        return _("{file}: {why}", file=name, why=describe_os_error(error))
    if isinstance(error, tuple(_loaded({"catalog.archive.release": "NeverReleased"}))):
        return _describe_never_released(error.dataset) or str(error)  # type: ignore[attr-defined]
    return str(error)


def _describe_never_released(dataset: str) -> str:
    """That there is no dataset of that name, where that is so: the archive knows no declarations."""
    from pipelines.dataset.dataset import describe_unknown
    from pipelines.settings import load_settings

    folder = load_settings().datasets
    return "" if (folder / dataset).is_dir() else describe_unknown(folder, dataset)


def _status(error: Exception) -> int | None:
    """The exit status that an error stands for; None where it is a fault of the program, or no error."""
    if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter):
        return None
    if isinstance(error, (ValueError, *_loaded(WRONG))):
        return 2
    return 3 if isinstance(error, (OSError, *_loaded(OUTSIDE))) else None


WRONG = {
    "pipelines.dataset.dataset": "DatasetError",
    "pipelines.settings": "SettingsError",
    "catalog.archive.release": "UnknownRelease",
}
OUTSIDE = {
    "catalog.archive.archive": "Conflict",
    "catalog.archive.release": "Damaged",
    "catalog.archive.store": "ArchiveError",
    "catalog.ckan.remote": "CkanError",
    "catalog.portal.portal": "PortalError",
    "pipelines.fetch.snapshot": "SourceError",
}
"""Errors by module: what is wrong with the command or the configuration, and with the outside."""


def _loaded(errors: Mapping[str, str]) -> Iterator[type[Exception]]:
    """Of these errors, those whose module is there: no other can have been raised, and importing all takes
    seconds."""
    for module, name in errors.items():
        if module in sys.modules:
            yield getattr(sys.modules[module], name)


def settings_and_archive() -> tuple[Settings, Any]:
    from catalog.archive.archive import Archive
    from pipelines.settings import load_settings

    settings = load_settings()
    speak(settings.lang)
    return settings, Archive.open(settings.archive, settings.secret)


def find_log(archive: Any, id: str) -> bool:
    """Whether the log of a dataset is that of a demonstration, also where it is damaged; raises
    UnknownRelease where there is none."""
    from catalog.archive.archive import find_history

    known = archive.datasets()
    for demo in (False, True):
        if (id, demo) in known:
            return demo
    return find_history(archive, id).demo


def show_json(answer: Any) -> None:
    from pipelines.cli.queries import as_json

    typer.echo(as_json(answer))
