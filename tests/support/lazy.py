"""Libraries that take long to import: here they are imported when something of them is first asked for, so
that collecting the tests does not wait for them: `from tests.support.lazy import pandas as pd`."""

from __future__ import annotations

import importlib
from typing import Any


class Lazy:
    """Stands for the module of this name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):  # pytest, which looks at everything in a test module
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)


axe_playwright = Lazy("axe_playwright_python.sync_playwright")
ckan_catalogue = Lazy("catalog.ckan.catalogue")
ckan_package = Lazy("catalog.ckan.package")
ckan_remote = Lazy("catalog.ckan.remote")
ckan_restoration = Lazy("catalog.ckan.restoration")
flows = Lazy("flows")
frictionless = Lazy("frictionless")
graphql = Lazy("graphql")
jsonschema = Lazy("jsonschema")
nightly_deployments = Lazy("pipelines.nightly.deployments")
nightly_outage = Lazy("pipelines.nightly.outage")
openpyxl = Lazy("openpyxl")
pandas = Lazy("pandas")
polars = Lazy("polars")
prefect_api = Lazy("pipelines.nightly.prefect_api")
prefect_client = Lazy("prefect.client.orchestration")
prefect_filters = Lazy("prefect.client.schemas.filters")
prefect_recorder = Lazy("prefect.server.services.task_run_recorder")
prefect_settings = Lazy("prefect.settings")
prefect_states = Lazy("prefect.states")
prefect_sorting = Lazy("prefect.client.schemas.sorting")
pyshacl = Lazy("pyshacl")
rdflib = Lazy("rdflib")
requests = Lazy("requests")
rdflib_compare = Lazy("rdflib.compare")
