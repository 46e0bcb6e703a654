"""What is wrong with the set-up, and what to type or change: nothing is altered, and no source is asked."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from catalog.archive.archive import Archive
from catalog.archive.runs import RunRecord
from catalog.archive.store import ArchiveError
from catalog.ckan.remote import CkanError, Missing, Refused, Remote
from messages import gettext as _
from messages import ngettext, speak
from messages.formats import without_password
from pipelines.dataset.dataset import DatasetError, load_datasets
from pipelines.nightly.schedule import PATIENCE, call_within, find_schedule, no_answer
from pipelines.nightly.status import read_records
from pipelines.notices.deliver import Never, NotNow
from pipelines.notices.mail import Server
from pipelines.settings import Settings, SettingsError, load_settings

DRIFT = timedelta(minutes=1)
"""By so much may two machines' clocks differ."""
BOUNDS = {"sqlalchemy": (2, 1), "fastapi": (0, 151)}
"""From these versions on, Prefect 3.8 schedules nothing, or refuses what its own client asks."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found there, and where that is wrong (`ok` is false) what to
    type or change."""

    name: str
    ok: bool
    found: str
    next: str | None = None

    @classmethod
    def good(cls, name: str, found: str) -> Check:
        return cls(name, True, found)

    @classmethod
    def bad(cls, name: str, found: str, remedy: str) -> Check:
        return cls(name, False, found, remedy)


def examine() -> dict[str, Any]:
    """What `vereda doctor --json` answers. Settings that cannot be read end it early: nothing else would be
    looked at in the right place."""
    return {"checks": [asdict(check) for check in _examine()]}


def _examine() -> Iterator[Check]:
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Check.bad("settings", str(error), _("correct it, then `vereda doctor` again"))
        yield examine_packages()
        return
    speak(settings.lang)
    yield Check.good("settings", _settings_found(settings))
    yield _examine_declarations(settings)
    yield from _examine_folders(settings)
    if settings.ckan_url:
        yield _examine_ckan(settings)
    if settings.mail_server or settings.mail_from:
        yield _examine_mail(settings)
    yield _examine_prefect()
    yield examine_packages()
    yield _examine_clock(settings)
    yield _examine_address(settings)


def _settings_found(settings: Settings) -> str:
    given = sorted(f"VEREDA_{name.upper()}" for name in settings.model_fields_set)
    if not given:
        return _("none is set: all have their defaults")
    return _("set: {names}", names=", ".join(given))


def _examine_declarations(settings: Settings) -> Check:
    name, found = "declarations", load_datasets(settings.datasets)
    broken = [each for each in found if isinstance(each, DatasetError)]
    if not found:
        return Check.bad(
            name,
            _("{folder} holds no dataset", folder=settings.datasets),
            _("`vereda new ID --from FILE` makes the first; or set VEREDA_DATASETS to where they are"),
        )
    if broken:
        told = "; ".join(str(each) for each in broken[:3])
        more = len(broken) - 3
        if more > 0:
            told += "; " + ngettext("and {n} more", "and {n} more", more)
        return Check.bad(name, told, f"vereda check {shlex.quote(broken[0].dataset)}")
    told = ngettext(
        "{n} dataset in {folder}", "{n} datasets in {folder}", len(found), folder=settings.datasets
    )
    return Check.good(name, told)


def _examine_folders(settings: Settings) -> Iterator[Check]:
    if "://" in settings.archive:
        yield _examine_bucket(settings)
    else:
        yield _examine_folder("archive", "VEREDA_ARCHIVE", Path(settings.archive), settings)
    portal = settings.portal.absolute()
    if (portal / "index.html").is_file() or not os.path.lexists(portal):
        # Each build lies beside the link, so it is the folder around that has to take it.
        built = _("built") if os.path.lexists(portal) else _("not built yet: the first run does")
        yield _examine_folder("portal", "VEREDA_PORTAL", portal.parent, settings, built)
    else:
        yield Check.bad(
            "portal",
            _("{place} is no portal: it has no index.html", place=portal),
            _("move it away or set VEREDA_PORTAL, then `vereda publish --to portal`"),
        )
    yield _examine_folder("inbox", "VEREDA_INBOX", settings.inbox, settings)


def _examine_folder(name: str, setting: str, folder: Path, settings: Settings, more: str = "") -> Check:
    """Whether a folder is there, can be read and written, and has room for the largest extract."""
    place = folder.absolute()
    if not place.is_dir():
        if os.path.lexists(place):
            found = _("{place} is not a folder", place=place)
            return Check.bad(name, found, _("set {setting} to a folder", setting=setting))
        found = _("{place} is not there", place=place)
        return Check.bad(name, found, f"mkdir -p {shlex.quote(str(place))}")
    try:
        with os.scandir(place) as listed:
            next(listed, None)
        with tempfile.TemporaryFile(dir=place):  # without a name, so that nobody takes it for data
            pass
    except OSError as error:
        found = _("{place} cannot be read and written: {why}", place=place, why=error.strerror)
        return Check.bad(name, found, _remedy_for_rights(place))
    free = shutil.disk_usage(place).free
    told = _("{place}, {free} GB free", place=place, free=f"{free / 1e9:.1f}")
    if free < settings.max_bytes:
        largest = f"{settings.max_bytes / 1e9:.1f}"
        told += ", " + _("less than the largest extract may have ({largest} GB)", largest=largest)
        return Check.bad(
            name, told, _("free room on that disk, or set {setting} to another", setting=setting)
        )
    return Check.good(name, ", ".join(filter(None, (told, more))))


def _remedy_for_rights(place: Path) -> str:
    quoted = shlex.quote(str(place))
    if os.geteuid() == 0:
        return _("mount the disk of {place} for writing: `mount -o remount,rw …`", place=quoted)
    return f"sudo chown -R {os.geteuid()}:{os.getegid()} {quoted}"


def _examine_bucket(settings: Settings) -> Check:
    try:
        runs = call_within(PATIENCE, lambda: Archive.open(settings.archive).run_log.runs())
    except (ArchiveError, TimeoutError, ValueError) as error:
        remedy = _("correct VEREDA_ARCHIVE and the credentials of that storage in the environment")
        return Check.bad("archive", str(error) or no_answer(), remedy)
    told = ngettext("{n} run on record", "{n} runs on record", len(runs))
    return Check.good("archive", _("{place} can be read, {told}", place=settings.archive, told=told))


def _examine_ckan(settings: Settings) -> Check:
    token = settings.ckan_token.get_secret_value() if settings.ckan_token else ""
    remote = Remote(str(settings.ckan_url), token, timeout=PATIENCE, tries=1)
    try:
        about, user, owners = call_within(PATIENCE, partial(_ask_ckan, remote))
    except (CkanError, TimeoutError, ValueError) as error:
        remedy = _("start CKAN, or correct VEREDA_CKAN_URL; then `vereda publish --to ckan`")
        told = _("{url} does not answer as a CKAN: {why}", url=remote.address, why=str(error) or no_answer())
        return Check.bad("ckan", told, remedy)
    told = _("{url}: CKAN {version}", url=remote.address, version=about.get("ckan_version") or "?")
    if not user:
        told += ", " + (_("the token is nobody's") if token else _("no token is set"))
        return Check.bad("ckan", told, _("set VEREDA_CKAN_TOKEN to an API token of that CKAN"))
    told += ", " + _("the token is {user}'s", user=user["name"])
    if user.get("sysadmin"):
        return Check.good("ckan", told + ", " + _("a system administrator"))
    if not owners:
        told += ", " + _("who may write into no organization")
        return Check.bad(
            "ckan", told, _("make {user} an editor of the agencies' organizations in CKAN", user=user["name"])
        )
    names = ", ".join(sorted(owner["name"] for owner in owners))
    return Check.good("ckan", told + ", " + _("who may write into {names}", names=names))


def _ask_ckan(remote: Remote) -> tuple[Mapping[str, Any], Mapping[str, Any], list[Mapping[str, Any]]]:
    """What it says of itself, whose the token is (nothing where nobody's), and where that user may write."""
    about = remote.act("status_show", {})
    if not isinstance(about, Mapping):
        raise ValueError(_("its answer is none of a CKAN's"))
    if not remote.token:
        return about, {}, []
    try:
        user = remote.act("user_show", {})
    except (Refused, Missing):
        return about, {}, []
    return about, user, remote.act("organization_list_for_user", {"permission": "create_dataset"})


def _examine_mail(settings: Settings) -> Check:
    """Whether letters have a sender, and their server answers; none is written."""
    if not settings.mail_server:
        told = _("VEREDA_MAIL_FROM is set, and VEREDA_MAIL_SERVER is not: no letter is sent")
        return Check.bad("mail", told, _("VEREDA_MAIL_SERVER=smtp://host:587 in vereda.env"))
    sender = settings.mail_from
    if not sender or "@" not in parseaddr(sender)[1]:
        told = _("no letter is sent: VEREDA_MAIL_FROM names no e-mail address as its sender")
        return Check.bad("mail", told, _("VEREDA_MAIL_FROM=`Name <e-mail>` in vereda.env"))
    secret = settings.mail_server.get_secret_value()
    server = Server(secret, sender, PATIENCE, 0, settings.mail_tls)
    host = server.parts.hostname
    try:
        call_within(PATIENCE, lambda: server.reach().quit())
    except (NotNow, Never, TimeoutError, OSError, SMTPException) as error:
        told = str(error) or _("the mail server {host}: {why}", host=host, why=no_answer())
        return Check.bad("mail", told, _("correct VEREDA_MAIL_SERVER, or see to that server"))
    return Check.good("mail", _("{host} answers; letters come from {sender}", host=host, sender=sender))


def _examine_prefect() -> Check:
    """Runs here need no server: that none is set is no fault."""
    schedule = find_schedule()
    return Check("prefect", not schedule.broken, schedule.found, schedule.remedy if schedule.broken else None)


def examine_packages() -> Check:
    there = {name: _version_of(name) for name in ("prefect", *BOUNDS)}
    wrong = [name for name, bound in BOUNDS.items() if _numbers(there[name]) >= bound]
    told = ", ".join(f"{name} {each}" for name, each in there.items())
    if wrong:
        told += ", " + _("of which Prefect's schedules do not run under: {names}", names=", ".join(wrong))
        bounds = " ".join(f"'{name}<{'.'.join(map(str, BOUNDS[name]))}'" for name in wrong)
        return Check.bad("packages", told, f"pip install {bounds}")
    return Check.good("packages", told)


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _examine_clock(settings: Settings) -> Check:
    now = settings.now
    shown = now.isoformat(sep=" ", timespec="minutes")
    try:
        last = _newest_moment(settings, now)
    except (ArchiveError, ValueError, TimeoutError):
        last = None  # the check of the archive says why
    if last and last > now + DRIFT:
        told = _(
            "it is {now} here, and the archive has a run of {last}",
            now=shown,
            last=last.astimezone(now.tzinfo).isoformat(sep=" ", timespec="minutes"),
        )
        return Check.bad("clock", told, "sudo timedatectl set-ntp true")
    return Check.good("clock", _("it is {now} here ({zone})", now=shown, zone=settings.zone))


def _newest_moment(settings: Settings, now: datetime) -> datetime | None:
    """When the last run began or ended; None where there is none. An archive that is not there stays so."""
    if "://" not in settings.archive and not Path(settings.archive).is_dir():
        return None

    def read() -> list[RunRecord]:
        return list(islice(read_records(Archive.open(settings.archive).run_log), 5))

    moments = [each.ended or each.started for each in call_within(PATIENCE, read)]
    known = [datetime.fromisoformat(each) for each in moments]
    return max(known, default=None)


def _examine_address(settings: Settings) -> Check:
    name, url = "address", settings.portal_url
    if not url:
        return Check.bad(
            name,
            _("VEREDA_PORTAL_URL is not set: feeds, catalogues and messages link to files of this machine"),
            _("VEREDA_PORTAL_URL=https://… in vereda.env: where the public finds the portal"),
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        told = _("VEREDA_PORTAL_URL is no web address")
        return Check.bad(
            name, told, _("VEREDA_PORTAL_URL=https://… in vereda.env: where the public finds the portal")
        )
    return Check.good(name, without_password(url))
