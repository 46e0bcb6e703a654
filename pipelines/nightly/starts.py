"""A dataset's run that Prefect's server is asked to begin: whoever serves its deployments carries it out, as
the runs of the night."""

from __future__ import annotations

import logging
import os
from functools import partial

import httpx

from messages.formats import without_password
from pipelines.nightly.schedule import PATIENCE, call_within, describe_silence, open_prefect

FLOW = "release"
"""The flow of a dataset's deployment."""
log = logging.getLogger(__name__)


def start_at_server(dataset: str) -> bool:
    """Whether the server of PREFECT_API_URL took the run, and somebody serves it; where not, whoever asks
    begins it himself."""
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url:
        return False
    try:
        return call_within(PATIENCE, partial(_start, url, dataset))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        log.warning(
            "%s did not take a run of %s: %s", without_password(url), dataset, describe_silence(error)
        )
        return False


def _start(url: str, dataset: str) -> bool:
    """Raises httpx's errors."""
    with open_prefect() as client:
        found = client.get(f"{url}/deployments/name/{FLOW}/{dataset}")
        if found.status_code == 404:
            return False
        deployment = found.raise_for_status().json()
        if deployment.get("paused") or deployment.get("status") == "NOT_READY":
            return False
        asked = {"parameters": {"dataset": dataset}, "state": {"type": "SCHEDULED"}}
        client.post(f"{url}/deployments/{deployment['id']}/create_flow_run", json=asked).raise_for_status()
    return True
