"""What a night does with its releases: publish them to the catalogues (the portal always, a CKAN where its
address is given), and tell whoever wants to know."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from catalog.ckan.catalogue import Ckan
from catalog.ckan.package import Adoption
from catalog.ckan.remote import CkanError, Remote
from catalog.port import Catalogue, Step
from catalog.portal.bucket import Bucket
from catalog.portal.portal import Portal, PortalError, PortalIncomplete, describe_kept
from catalog.portal.standing_pages import PendingData
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, DatasetError, load_datasets
from pipelines.dataset.pending import DeclaredPending, EntryWords, list_pending
from pipelines.notices.receivers import send_notices
from pipelines.release.outcome import Outcome
from pipelines.settings import Settings, SettingsError

PATIENCE = 3600.0
"""Seconds to wait until another run has published."""


def configured_catalogues(settings: Settings) -> list[str]:
    """The names of the catalogues to which releases go by themselves."""
    return ["portal", "ckan"] if settings.ckan_url else ["portal"]


def catalogue(
    settings: Settings,
    to: str,
    ids: Collection[str] = (),
    *,
    demo: bool = False,
    prune: bool = False,
    declared: Collection[Dataset] | None = None,
    takes_over: bool = True,
) -> Catalogue:
    """The catalogue of this name, for the datasets `ids` or all; `declared` are all that there are, where
    they have been read already. The portal switches as a whole, whichever are named, shows demonstrations
    apart, and keeps nothing that left the archive. A package of others in a CKAN is adopted where
    `takes_over`: where a person, who can see the plan, publishes.

    Raises SettingsError where it is not configured, ValueError for a name that is none.
    """
    if to == "ckan":
        there = ckan(settings, ids, demo=demo, prune=prune, declared=declared)
        return replace(there, takes_over=takes_over)
    if to != "portal":
        raise ValueError(_("{to!r} is no catalogue; use portal or ckan", to=to))
    return configured_portal(settings)


def configured_portal(settings: Settings) -> Portal:
    """The portal of the settings; raises SettingsError for the address of a bucket that is none."""
    try:
        bucket = Bucket(settings.portal_bucket) if settings.portal_bucket else None
    except ValueError as error:
        raise SettingsError(str(error)) from error
    return Portal(
        settings.portal,
        settings.portal_url,
        lambda: datetime.now(UTC),
        settings.portal_publisher,
        bucket,
        settings.portal_form,
        pending_data(settings.datasets, settings.archive),
        settings.portal_api,
    )


def pending_data(folder: Path, place: str | Path) -> tuple[PendingData, ...]:
    """What is to come: of the list beside the declarations in `folder`, and of those that the archive at
    `place` shows to wait for their first file. Nothing where the list is wrong, which `vereda list` tells:
    the datasets go on."""
    try:
        entries = list_pending(folder, Archive.open(place))
    except (DatasetError, ArchiveError) as error:
        logging.getLogger(__name__).warning("%s", error)
        return ()
    return tuple(
        PendingData(
            each.id,
            each.publisher,
            each.source,
            {"es": _spoken_entry(each)} | ({"en": _spoken_entry(each.en)} if each.en else {}),
            each.columns if isinstance(each, DeclaredPending) else 0,
        )
        for each in entries
    )


def _spoken_entry(entry: EntryWords) -> dict[str, str]:
    return entry.model_dump(include={"title", "about", "missing", "ask"})


def missing_addresses(settings: Settings) -> list[str]:
    """What readers of the portal cannot do as it is set up, in sentences."""
    found = []
    if not settings.portal_url:
        found.append(
            _(
                "VEREDA_PORTAL_URL is not set: catalogues, feeds and the lines for programs name a folder of "
                "this machine, and work nowhere else."
            )
        )
    if not settings.portal_form and "@" not in (settings.portal_publisher or ""):
        found.append(
            _(
                "Readers cannot ask or report anything on a static site: set VEREDA_PORTAL_PUBLISHER to "
                "`Name <e-mail>`, or VEREDA_PORTAL_FORM to the address of a form."
            )
        )
    return found


def ckan(
    settings: Settings,
    ids: Collection[str] = (),
    *,
    demo: bool = False,
    prune: bool = False,
    declared: Collection[Dataset] | None = None,
) -> Ckan:
    """The CKAN of the settings, with what the declarations say of packages that it has already."""
    if not settings.ckan_url:
        raise SettingsError(
            _("No CKAN is configured: put its address in VEREDA_CKAN_URL and a token in VEREDA_CKAN_TOKEN.")
        )
    if not settings.ckan_token:
        raise SettingsError(
            _(
                "VEREDA_CKAN_TOKEN is missing: make an API token on your user's page in {url}.",
                url=settings.ckan_url,
            )
        )
    remote = Remote(
        settings.ckan_url, settings.ckan_token.get_secret_value(), settings.timeout, settings.retry_delay
    )
    if declared is None:
        declared = [found for found in load_datasets(settings.datasets) if isinstance(found, Dataset)]
    adopted = {
        dataset.id: Adoption(
            named.package,
            named.organization,
            dict(named.resources),
            dict(named.fields),
            frozenset(named.accept),
        )
        for dataset in declared
        if (named := dataset.pipeline.ckan) is not None
    }
    chosen = frozenset(ids) if ids else None
    database = settings.ckan_datastore_url.get_secret_value() if settings.ckan_datastore_url else None
    profile = frozenset(name.strip() for name in (settings.ckan_profile or "").split(",") if name.strip())
    return Ckan(
        remote, settings.portal_url, settings.ckan_versions, adopted, chosen, demo, prune, database, profile
    )


def publish(
    settings: Settings,
    archive: Archive,
    to: str,
    ids: Collection[str] = (),
    declared: Collection[Dataset] | None = None,
) -> list[Step]:
    """Makes a catalogue look like the archive; gives the steps that this took. No package of others is taken
    over: nobody has seen the plan."""
    there = catalogue(settings, to, ids, declared=declared, takes_over=False)
    steps = there.plan(archive)
    there.apply(archive, steps)
    return steps


def publish_or_report(
    settings: Settings,
    archive: Archive,
    to: str,
    ids: Collection[str] = (),
    declared: Collection[Dataset] | None = None,
) -> list[Outcome]:
    """Publishes the datasets `ids` or all to a catalogue, with the catalogue's own retries and one run at a
    time; gives an outcome only where that failed: of the catalogue, or of the datasets that stay in it as
    they were."""
    try:
        with archive.locks.wait([f"catalogue-{to}"], {"catalogue": to}, PATIENCE) as mine:
            if not mine:
                message = _("another run has been publishing there for an hour; see `vereda status`")
                return [Outcome(to, "failed", message)]
            publish(settings, archive, to, ids if to == "ckan" else (), declared)
    except PortalIncomplete as error:
        return [
            Outcome(
                path.rpartition("/")[2], "failed", describe_kept(path, why), demo=path.startswith("demo/")
            )
            for path, why in error.faults.items()
        ]
    except (CkanError, PortalError, ArchiveError, SettingsError) as error:
        return [Outcome(to, "failed", str(error))]
    return []


def send_or_report(
    settings: Settings, archive: Archive, datasets: Collection[Dataset], now: datetime
) -> list[Outcome]:
    """Sends what is new to those who want to know it; gives an outcome only where that failed. The next run
    tries again."""
    try:
        delivery = send_notices(settings, datasets, archive, now)
    except (ArchiveError, Damaged) as error:
        return [Outcome("notices", "failed", str(error))]
    return [Outcome("notices", "failed", "; ".join(delivery.wrong))] if delivery.wrong else []
