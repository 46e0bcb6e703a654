"""Where the parts of a CKAN are on this machine, and the secret they share."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.ckan import programs


@dataclass(frozen=True)
class Where:
    """Ports on 127.0.0.1; `secret` is the password of all roles, loopback being open to whoever has an
    account on this machine."""

    postgres: int
    redis: int
    solr: int
    ckan: int
    secret: str

    @classmethod
    def known(cls, folder: Path) -> Where | None:
        file = folder / "where.json"
        return cls(**json.loads(file.read_text())) if file.exists() else None

    @classmethod
    def chosen(cls, folder: Path, running: Collection[str]) -> Where:
        """The ports of last time where they are free or ours, else free ones. CKAN_PORT chooses CKAN's."""
        before = cls.known(folder)
        values = asdict(before) if before else {"secret": secrets.token_hex(16)}
        for name in ("postgres", "redis", "solr", "ckan"):
            if name not in running:
                asked = os.environ.get("CKAN_PORT") if name == "ckan" else None
                values[name] = int(asked) if asked else _free(values.get(name, 0))
        file = folder / "where.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(values))
        return cls(**values)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ckan}"

    @property
    def solr_url(self) -> str:
        return f"http://127.0.0.1:{self.solr}/solr/ckan"

    def database(self, role: str, name: str = "") -> str:
        return f"postgresql://{role}:{self.secret}@127.0.0.1:{self.postgres}/{name}"

    def ini(self, folder: Path, plugins: Sequence[str], token: str) -> str:
        """CKAN's configuration."""
        settings = {
            "SECRET_KEY": self.secret,
            "ckan.site_id": "vereda",
            "ckan.site_url": self.url,
            "ckan.plugins": " ".join(plugins),
            "ckan.storage_path": folder / "storage",
            "ckan.max_resource_size": 2048,  # MB; CKAN's own default is 10
            "ckan.views.default_views": "",
            "ckan.redis.url": f"redis://:{self.secret}@127.0.0.1:{self.redis}/0",
            "solr_url": self.solr_url,
            "sqlalchemy.url": self.database("ckan", "ckan"),
            "ckan.datastore.write_url": self.database("ckan", "datastore"),
            "ckan.datastore.read_url": self.database("reader", "datastore"),
            "ckan.datastore.sqlsearch.enabled": "true",
            # xloader works with this token only; without a database it uses one that all of this machine's
            # would share.
            "ckanext.xloader.api_token": token or "none yet",
            "ckanext.xloader.jobs_db.uri": self.database("ckan", "ckan"),
            # only heard where their extensions are switched on: ckanext-dcat's own schema of datasets
            "scheming.dataset_schemas": "ckanext.dcat.schemas:dcat_ap_full.yaml",
            # nothing answers there: a loader that always fails
            "ckan.datapusher.url": "http://127.0.0.1:9",
            "ckan.datapusher.api_token": token or "none yet",
            "scheming.presets": "ckanext.scheming:presets.json ckanext.dcat.schemas:presets.yaml",
        }
        if programs.RELEASE:  # before 2.11 this was the secret of sessions
            settings["beaker.session.secret"] = self.secret
        scheming = "scheming_datasets" in plugins
        profiles = ["euro_dcat_ap_3", *(["euro_dcat_ap_scheming"] if scheming else [])]
        settings["ckanext.dcat.rdf.profiles"] = " ".join(profiles)
        return "[app:main]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def _free(port: int) -> int:
    """This port if nobody has it, else one that nobody has."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: a port whose last connections linger is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return _free(0)
        return probe.getsockname()[1]
