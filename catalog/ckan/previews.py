"""The preview on a latest CSV's page: its DataStore table, to look through, sort and search."""

from __future__ import annotations

from catalog.ckan.remote import Invalid, Remote
from messages import gettext as _
from messages import speaking

KIND = "datatables_view"  # the one that CKAN brings


def ensure(remote: Remote, resource: str) -> None:
    """Makes the preview of a resource unless it has one, whatever others made of it. A CKAN whose plugins bring none goes without."""
    if any(view["view_type"] == KIND for view in remote.ask("resource_view_list", id=resource)):
        return
    with speaking("es"):
        told = {"title": _("Preview"), "description": _("The current version, row by row: look through it, sort it, search it.")}
    try:
        remote.act("resource_view_create", {"resource_id": resource, "view_type": KIND, **told})
    except Invalid as error:
        if "view_type" not in error.errors:
            raise
